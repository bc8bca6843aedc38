/** One question without a room, where a test decides what the backend sends and when the reader takes it. */
import { describe, expect, test } from "vitest";
import { AnswerRun, type FirstWord } from "../../../edge/answer-run.ts";
import { systemClock } from "../../../party/clock.ts";
import { DEFAULT_POLICY, type RoomPolicy } from "../../../party/core/policy.ts";
import type { UpstreamBatch } from "../../../party/core/ports.ts";

const question = { messages: [{ role: "user", content: "hello" } as const] };

function build(batches: (signal: AbortSignal) => AsyncIterable<UpstreamBatch>, policy: Partial<RoomPolicy> = {}) {
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
    policy: { ...DEFAULT_POLICY, ...policy },
    clock: systemClock,
    random: () => 0,
    patienceMs: 1_000,
    left: leaving.signal,
    onFailure: () => undefined,
  });
  const words: FirstWord[] = [];
  return { run, leaving, stops, words, done: run.start((word) => words.push(word)) };
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

const text = (length: number): UpstreamBatch => ({ parts: [{ kind: "text", text: "x".repeat(length) }] });

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
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBeGreaterThan(10);
    expect(read).toBeLessThan(80);
    await run.outbox.take();
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBeGreaterThan(80);
    leaving.abort();
    await done;
  });

  test("and leaves ends the run, however full it is, and the backend may keep the generation for them", async () => {
    const { run, leaving, stops, words, done } = build(async function* (signal) {
      while (!signal.aborted) yield text(65_536);
    });
    await new Promise((resolve) => setImmediate(resolve));
    leaving.abort();
    await done;
    expect(await run.outbox.take()).toBeUndefined();
    expect(stops).toEqual([]);
    expect(words.at(-1)).toEqual({ kind: "left" });
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
  expect(answer.match(/event: token/g)).toHaveLength(10);
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
