/** One question without a room, where a test decides what the backend sends and when the reader takes it. */
import { describe, expect, test } from "vitest";
import { AnswerRun, type FirstWord } from "../../../party/bridge/answer-run.ts";
import { NO_LIMITER } from "../../../party/core/limiter/limiter-port.ts";
import { DEFAULT_POLICY, type RoomPolicy } from "../../../party/core/policy.ts";
import { type UpstreamBatch, UpstreamFailure } from "../../../party/core/ports.ts";
import { FakeClock, settled } from "../../support/core/fake-clock.ts";

const question = { messages: [{ role: "user", content: "hello" } as const] };

type Batches = (signal: AbortSignal) => AsyncIterable<UpstreamBatch>;

function build(batches: Batches, policy: Partial<RoomPolicy> = {}) {
  const clock = new FakeClock();
  const leaving = new AbortController();
  const stops: string[] = [];
  const run = new AnswerRun(question, {
    upstream: {
      open: async (_, signal) => batches(signal),
      stop: async (generationId) => {
        stops.push(generationId);
        return "confirmed";
      },
    },
    user: "anonymous",
    limiter: NO_LIMITER,
    onGeneration: () => undefined,
    policy: { ...DEFAULT_POLICY, ...policy },
    clock,
    random: () => 0,
    maxWaitMs: () => 60_000,
    left: leaving.signal,
    traceparent: undefined,
    report: () => undefined,
  });
  const words: FirstWord[] = [];
  return { run, clock, leaving, stops, words, done: run.start((word) => words.push(word)) };
}

/** All that the reader gets. */
async function read(run: AnswerRun): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (let chunk = await run.outbox.take(); chunk !== undefined; chunk = await run.outbox.take()) {
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

const text = (length: number): UpstreamBatch => ({ parts: [{ type: "text-delta", delta: "x".repeat(length) }] });

describe("[E1] a reader who takes nothing", () => {
  test("holds the backend back: a bounded amount is read ahead", async () => {
    let read = 0;
    const { run, leaving, done } = build(async function* (signal) {
      while (!signal.aborted) {
        read += 1;
        yield text(1_024);
      }
    });
    // Read as far as it goes without a reader: the loop of microtasks ends where it waits for room.
    await settled();
    expect(read).toBeGreaterThan(10);
    expect(read).toBeLessThan(80);
    await run.outbox.take();
    await settled();
    expect(read).toBeGreaterThan(80);
    leaving.abort();
    await done;
  });

  test.each([
    ["and the backend keeps the generation for who may come back", true, 0],
    ["and the backend is stopped where nobody can come back", false, 1],
  ])("and leaves ends the run, however full it is, %s", async (_, resumable, stopped) => {
    const { run, leaving, stops, words, done } = build(async function* (signal) {
      yield { ...text(1), start: { resumable }, eventId: "1" };
      while (!signal.aborted) yield text(65_536);
    });
    await settled();
    leaving.abort();
    await done;
    expect(await run.outbox.take()).toBeUndefined();
    expect(stops).toHaveLength(stopped);
    expect(words.at(-1)).toEqual({ kind: "left" });
  });

  test("for longer than the backend may be silent gets the rest all the same: nobody was silent", async () => {
    const { run, clock, stops, done } = build(async function* () {
      yield text(65_536);
      yield text(1);
      yield { parts: [], end: { kind: "done" } };
    });
    await clock.advance(3 * DEFAULT_POLICY.silenceTimeoutMs);
    const answer = await read(run);
    await done;
    expect(answer).toContain('"type":"complete"');
    expect(answer).not.toContain('"type":"error"');
    expect(stops).toEqual([]);
  });

  test("and then reads on finds the backend held to its silence from there", async () => {
    const { run, clock, done } = build(async function* (signal) {
      yield text(65_536);
      yield { parts: [] };
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    await clock.advance(DEFAULT_POLICY.silenceTimeoutMs);
    const reading = read(run);
    await clock.advance(DEFAULT_POLICY.silenceTimeoutMs - 1);
    expect(clock.pending).toBeGreaterThan(0);
    await clock.advance(1);
    expect(await reading).toContain('"code":"upstream-silence"');
    await done;
  });

  test("until the turn's time is up is not waited for any longer, and the backend is stopped", async () => {
    const { run, clock, stops, done } = build(async function* (signal) {
      while (!signal.aborted) yield text(65_536);
    });
    await clock.advance(DEFAULT_POLICY.turnTimeoutMs);
    await done;
    expect(await read(run)).toContain('"code":"upstream-deadline"');
    expect(stops).toHaveLength(1);
  });
});

test("[E1] an error tells of no wait but its own", async () => {
  let calls = 0;
  const { run, clock, done } = build(
    async function* (signal) {
      calls += 1;
      if (calls === 1) throw new UpstreamFailure("upstream-rate-limited", true, { retryAfterMs: 10_000 });
      while (!signal.aborted) yield text(100);
    },
    { maxTurnLength: 1_000 },
  );
  const reading = read(run);
  await clock.advance(10_000);
  await done;
  const [, told = ""] = /data: (\{"type":"error".+)/.exec(await reading) ?? [];
  expect(JSON.parse(told)).toEqual({
    type: "error",
    code: "turn-too-long",
    message: expect.any(String),
    retryable: false,
  });
});

test("[E1] an answer without end is cut off, told, and stopped at the backend", async () => {
  const { run, stops, done } = build(
    async function* (signal) {
      while (!signal.aborted) yield text(100);
    },
    { maxTurnLength: 1_000 },
  );
  const answer = await read(run);
  await done;
  expect(answer.match(/"type":"delta"/g)).toHaveLength(10);
  expect(answer).toContain('"code":"turn-too-long"');
  expect(stops).toHaveLength(1);
});

test("[E5] the first event of an answer that cannot be continued says so, whatever came before it", async () => {
  const { run, done } = build(async function* () {
    // A comment: a sign of life, and no event that an id could go with.
    yield { parts: [] };
    yield { ...text(1), start: { resumable: false } };
    yield { parts: [], end: { kind: "done" } };
  });
  const answer = await read(run);
  await done;
  expect([...answer.matchAll(/^id: (.+)$/gm)].map(([, id = ""]) => id.replace(/^b-[0-9a-f]{32}/, ""))).toEqual([
    ";lost",
    ";over",
  ]);
});
