/** The log, the ring, and what both leave out. */
import { describe, expect, test } from "vitest";
import type { Level, TelemetryEvent } from "../../../party/telemetry/catalogue.ts";
import { type LogOptions, logSink } from "../../../party/telemetry/log.ts";
import { EventRing, ringSize } from "../../../party/telemetry/recent-events.ts";
import { describeCause, redact } from "../../../party/telemetry/redact.ts";
import { reporter, type Sink } from "../../../party/telemetry/sink.ts";

function fakeConsole() {
  const lines: { level: Level; line: string }[] = [];
  const write = (level: Level) => (line: string) => void lines.push({ level, line });
  return { lines, out: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") } };
}

function reporting(sinks: readonly Sink[]) {
  const onFault = (cause: unknown) => {
    throw cause;
  };
  return reporter({ context: { room: "lobby", tenant: "acme" }, sinks, now: () => 5, onFault });
}

function logged(options: Partial<LogOptions>, events: readonly TelemetryEvent[]) {
  const { lines, out } = fakeConsole();
  const report = reporting([logSink({ level: "debug", samplePercent: 100, ...options }, out)]);
  for (const event of events) report(event);
  return lines;
}

const queued = (turnId: string): TelemetryEvent => ({ name: "turn-queued", turnId, position: 0 });
const refused = (turnId: string): TelemetryEvent => ({ name: "turn-refused", turnId, code: "queue-full" });

test("[S1] a line is one line of JSON with its level, its place and its fields", () => {
  const [first, ...others] = logged({}, [queued("t1")]);
  expect(others).toEqual([]);
  expect(first?.level).toBe("info");
  expect(first?.line).not.toContain("\n");
  expect(JSON.parse(first?.line ?? "")).toEqual({
    ...{ level: "info", room: "lobby", tenant: "acme" },
    ...{ name: "turn-queued", turnId: "t1", position: 0 },
  });
});

test("a cause is a stack on one line, within bounds", () => {
  const [first] = logged({}, [{ name: "fault", where: "worker", cause: new Error(`x\n${"y".repeat(9_000)}`) }]);
  expect(first?.line).not.toContain("\n");
  expect(first?.line.length).toBeLessThan(3_000);
});

describe("what is written", () => {
  test("nothing below the level", () => {
    const events = [{ name: "upstream-answered", turnId: "t", firstChunkMs: 1 } as const, queued("t"), refused("t")];
    expect(logged({ level: "debug" }, events)).toHaveLength(3);
    expect(logged({ level: "info" }, events)).toHaveLength(2);
    expect(logged({ level: "error" }, events)).toHaveLength(0);
  });

  test("[O1] of the sampled turns every line, of the others none but warnings", () => {
    const turns = Array.from({ length: 1_000 }, (_, index) => `turn-${index}`);
    const told = logged({ samplePercent: 20 }, [...turns.map(queued), ...turns.map(queued), ...turns.map(refused)]);
    const infos = told.filter(({ level }) => level === "info").map(({ line }) => JSON.parse(line).turnId as string);
    expect(infos.length / 2).toBeGreaterThan(150);
    expect(infos.length / 2).toBeLessThan(250);
    // Each of them twice: a turn's story is told to its end.
    expect(infos.slice(0, infos.length / 2)).toEqual(infos.slice(infos.length / 2));
    expect(told.filter(({ level }) => level === "warn")).toHaveLength(1_000);
  });
});

describe("[S1] redaction", () => {
  const jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

  test.each([
    [`bad token ${jwt}!`, "bad token [redacted]!"],
    ["authorization: Bearer abc.DEF-1", "authorization: [redacted] [redacted]"],
    [
      "GET https://x.example/parties/chat/r?ticket=t1&cursor=c failed",
      "GET https://x.example/parties/chat/r?[redacted] failed",
    ],
    ["at https://user:pass@backend.example/model", "at https://[redacted]@backend.example/model"],
    ["Incorrect API key provided: sk-proj-12345678abcdef", "Incorrect API key provided: [redacted]"],
    ['{"token":"s3cret","a":1}', '{"token":"[redacted]","a":1}'],
    ["ticket=s3cret;", "ticket=[redacted];"],
  ])("%s", (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  test("leaves alone what is no secret", () => {
    for (const text of ["status 503", "TypeError: fetch failed", "2 tokens in 5 ms", "at run (worker.js:1:2)"]) {
      expect(redact(text)).toBe(text);
    }
  });

  test("holds for errors in every sink", () => {
    const cause = new Error(`refused ${jwt} at https://b.example/x?token=1`);
    const ring = new EventRing();
    const { lines, out } = fakeConsole();
    const report = reporting([ring.sink, logSink({ level: "debug", samplePercent: 100 }, out)]);
    report({ name: "session-fault", cause });
    report({ name: "not-configured", problem: `NEST_BASE https://u:p@b.example ${jwt}` });
    const all = JSON.stringify([ring.read(), lines]);
    expect(all).toContain("session-fault");
    for (const secret of [jwt, "token=1", "u:p@"]) expect(all).not.toContain(secret);
    expect(describeCause({ toString: () => jwt })).toBe("[redacted]");
  });
});

describe("the ring", () => {
  test("holds the newest events, oldest first, with their times", () => {
    const ring = new EventRing();
    const report = reporting([ring.sink]);
    for (let index = 0; index < 5 * ringSize; index += 1) report(queued(`t${index}`));
    const events = ring.read();
    expect(events).toHaveLength(ringSize);
    expect(events[0]).toEqual({ at: 5, level: "info", name: "turn-queued", turnId: `t${4 * ringSize}`, position: 0 });
    expect(events.at(-1)).toMatchObject({ turnId: `t${5 * ringSize - 1}` });
  });
});

test("[O1] a sink that fails harms no other, and is told of", () => {
  const faults: unknown[] = [];
  const ring = new EventRing();
  const broken: Sink = () => {
    throw new Error("disk full");
  };
  const onFault = (cause: unknown) => void faults.push(cause);
  reporter({ context: {}, sinks: [broken, ring.sink], now: () => 0, onFault })(queued("t"));
  expect(ring.read()).toHaveLength(1);
  expect(faults).toEqual([new Error("disk full")]);
});
