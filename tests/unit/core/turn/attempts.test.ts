/** One turn against the upstream, without a room: what follows each failure, and what must be stopped afterwards (U1, U2, U7). */
import { describe, expect, test } from "vitest";
import { NO_LIMITER } from "../../../../party/core/limiter/limiter-port.ts";
import { DEFAULT_POLICY, type RoomPolicy } from "../../../../party/core/policy.ts";
import { UpstreamFailure } from "../../../../party/core/ports.ts";
import { sleep } from "../../../../party/core/turn/attempts/abortable-sleep.ts";
import type { RunEnd, TurnRun, TurnRunSink } from "../../../../party/core/turn/attempts/attempt-contract.ts";
import { runTurn } from "../../../../party/core/turn/attempts/attempts.ts";
import { FakeClock, settled } from "../../../support/core/fake-clock.ts";
import { ScriptedUpstream } from "../../../support/core/scripted-upstream.ts";

function started(more: Partial<TurnRun> = {}, policy: Partial<RoomPolicy> = {}, resumable = false) {
  const clock = new FakeClock();
  const upstream = new ScriptedUpstream();
  const { signal } = new AbortController();
  const waits: number[] = [];
  const sink = {
    attempts: 0,
    resumes: 0,
    hasContent: false,
    lastEventId: "7",
    get resumable() {
      return resumable;
    },
    attempting: async (resume: boolean) => {
      if (resume) sink.resumes += 1;
      else sink.attempts += 1;
    },
    batch: ({ parts }: { parts: readonly unknown[] }) => {
      sink.hasContent ||= parts.length > 0;
    },
    failed: () => undefined,
    wait: (ms: number) => {
      waits.push(ms);
      return sleep(clock, ms, signal);
    },
    uncount: () => undefined,
  };
  const run: TurnRun = {
    request: { generationId: "g", messages: [] },
    deadlineAt: clock.now() + 600_000,
    resuming: false,
    hasWaited: false,
    mayGenerate: false,
    ...more,
  };
  const ports = { limiter: NO_LIMITER, upstream, clock, random: () => 0.5 };
  let end: RunEnd | undefined;
  void runTurn(run, sink satisfies TurnRunSink, ports, { ...DEFAULT_POLICY, ...policy }, signal).then((ended) => {
    end = ended;
  });
  return { clock, upstream, waits, end: () => end };
}

const unreachable = (retryAfterMs?: number) =>
  new UpstreamFailure("upstream-unreachable", true, retryAfterMs === undefined ? {} : { retryAfterMs });

describe("[U2] a failed attempt", () => {
  test("has its body closed before the next begins", async () => {
    const { clock, upstream } = started();
    await settled();
    upstream.call.emit({ end: { kind: "error", code: "upstream-unavailable", retryable: true } });
    await settled();
    expect(upstream.call.isAborted).toBe(true);
    await clock.advance(20_000);
    expect(upstream.calls).toHaveLength(2);
  });

  test("is the end after content where the upstream itself says that it failed, also when it may be retried", async () => {
    const { clock, upstream, end } = started({}, {}, true);
    await settled();
    upstream.call.text("Hello");
    upstream.call.emit({ end: { kind: "error", code: "upstream-unavailable", retryable: true } });
    await clock.advance(60_000);
    expect(end()).toMatchObject({ ending: { outcome: "failed" }, mustStop: false });
    expect(upstream.calls).toHaveLength(1);
  });

  test("is not repeated where the wait would pass the turn's deadline", async () => {
    const { clock, upstream, waits, end } = started();
    await settled();
    upstream.call.fail(unreachable(700_000));
    await clock.advance(0);
    expect(end()).toMatchObject({ ending: { outcome: "failed", error: { code: "upstream-unreachable" } } });
    expect(waits).toEqual([]);
  });
});

describe("[U7] a resume", () => {
  const wake = { resuming: true, mayGenerate: true };

  test("that fails before any content is followed by another resume, never by a new generation", async () => {
    const { clock, upstream } = started(wake, {}, true);
    await settled();
    upstream.call.fail(unreachable());
    await clock.advance(20_000);
    expect(upstream.calls.map(({ request }) => request.lastEventId)).toEqual(["7", "7"]);
  });

  test("that is refused ends the turn as interrupted, and there is nothing to stop", async () => {
    const { clock, upstream, end } = started(wake, {}, true);
    await settled();
    upstream.call.fail(new UpstreamFailure("upstream-rejected", false, { byUpstream: true }));
    await clock.advance(0);
    expect(end()).toEqual({
      ending: { outcome: "interrupted", error: expect.objectContaining({ code: "upstream-truncated" }) },
      mustStop: false,
    });
  });

  test("that is put off beyond the deadline leaves a generation that must be stopped", async () => {
    const { clock, upstream, end } = started(wake, {}, true);
    await settled();
    upstream.call.fail(new UpstreamFailure("upstream-unavailable", true, { byUpstream: true, retryAfterMs: 700_000 }));
    await clock.advance(0);
    expect(end()).toMatchObject({ ending: { outcome: "interrupted" }, mustStop: true });
  });
});

describe("[U7] what must be stopped after a failure", () => {
  test.each([
    ["nothing where the connection failed", "upstream-unreachable", false, false],
    ["nothing where the upstream refused the call", "upstream-rejected", true, false],
    ["the generation where a call timed out", "upstream-headers-timeout", false, true],
    ["the generation where an event couldn't be read", "upstream-malformed", false, true],
  ] as const)("is %s", async (_what, code, byUpstream, mustStop) => {
    const { clock, upstream, end } = started({}, { maxAttempts: 1 });
    await settled();
    upstream.call.fail(new UpstreamFailure(code, false, { byUpstream }));
    await clock.advance(0);
    expect(end()).toMatchObject({ ending: { outcome: "failed" }, mustStop });
  });
});

test("[U1] a comment before the first token doesn't begin the silence timeout", async () => {
  const { clock, upstream, end } = started({}, { silenceTimeoutMs: 5_000, firstTokenTimeoutMs: 30_000 });
  await settled();
  upstream.call.emit({});
  await clock.advance(29_000);
  expect(end()).toBeUndefined();
  await clock.advance(1_000);
  expect(end()).toMatchObject({ ending: { error: { code: "upstream-first-token-timeout" } }, mustStop: true });
});

test("[U5] an answer that isn't understood by the time of the first token says so, and its generation is stopped", async () => {
  const { clock, upstream, end } = started({}, { firstTokenTimeoutMs: 30_000 });
  await settled();
  upstream.call.whenAborted = new UpstreamFailure("upstream-unrecognized", false);
  upstream.call.emit({});
  await clock.advance(30_000);
  expect(end()).toMatchObject({
    ending: { outcome: "failed", error: { code: "upstream-unrecognized" } },
    mustStop: true,
  });
});
