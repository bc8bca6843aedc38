import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ParsedMarkdown, ParseJob } from "../../../../examples/chat-page/markdown/parser/parsed-markdown.ts";
import { WorkerParser } from "../../../../examples/chat-page/markdown/parser/worker-parser.ts";

/** A worker whose answers the test sends. */
class ScriptedWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly jobs: ParseJob[] = [];
  isTerminated = false;

  postMessage(job: ParseJob): void {
    this.jobs.push(job);
  }
  terminate(): void {
    this.isTerminated = true;
  }
  say(data: unknown): void {
    this.onmessage?.({ data });
  }
}

let workers: ScriptedWorker[];
let parser: WorkerParser;
const worker = () => workers.at(-1) as ScriptedWorker;
const job = (text: string): ParseJob => ({ text, from: 0, isLive: false });
const parsed: ParsedMarkdown = { from: 0, blocks: [], closed: 0, closedUntil: 0 };

beforeEach(() => {
  vi.useFakeTimers();
  workers = [];
  parser = new WorkerParser(() => {
    workers.push(new ScriptedWorker());
    return worker() as unknown as Worker;
  });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("jobs wait until the worker has loaded, and the newest comes first", async () => {
  const results = [parser.parse(job("old")), parser.parse(job("new"))];
  expect(worker().jobs).toEqual([]);
  worker().say("ready");
  expect(worker().jobs).toEqual([job("new")]);
  worker().say(parsed);
  expect(worker().jobs).toEqual([job("new"), job("old")]);
  worker().say(undefined);
  expect(await Promise.all(results)).toEqual([undefined, parsed]);
});

test("[C6] a job that takes too long ends its worker, and the next job gets a new one", async () => {
  worker().say("ready");
  const slow = parser.parse(job("slow"));
  const next = parser.parse(job("next"));
  vi.advanceTimersByTime(10_000);
  expect(await slow).toBeUndefined();
  expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
  worker().say("ready");
  worker().say(parsed);
  expect(await next).toEqual(parsed);
});

test("a device that sleeps in the middle of a job does not end it", async () => {
  worker().say("ready");
  const result = parser.parse(job("text"));
  vi.advanceTimersByTime(500);
  vi.setSystemTime(Date.now() + 3_600_000);
  vi.advanceTimersByTime(250);
  expect(worker().isTerminated).toBe(false);
  worker().say(parsed);
  expect(await result).toEqual(parsed);
});

test("a worker that does not load leaves every text unparsed", async () => {
  const waiting = parser.parse(job("a"));
  worker().onerror?.();
  expect(await waiting).toBeUndefined();
  expect(await parser.parse(job("b"))).toBeUndefined();
});

test("without workers every text stays unparsed", async () => {
  const none = new WorkerParser(() => {
    throw new ReferenceError("Worker is not defined");
  });
  expect(await none.parse(job("a"))).toBeUndefined();
});
