/** The store by itself, with scripted producers and a clock that moves when told. */
import "reflect-metadata";
import { Logger, type MessageEvent } from "@nestjs/common";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  defaultResumableOptions,
  GenerationError,
  type GenerationEvent,
  ResumableGenerations,
  type ResumableOptions,
} from "../../../nestjs/index.ts";
import { Script } from "../../support/nestjs/script.ts";

const stores: ResumableGenerations[] = [];

beforeEach(() => {
  Logger.overrideLogger(false);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.onModuleDestroy();
  expect(vi.getTimerCount(), "timers left after the store was closed").toBe(0);
  vi.useRealTimers();
});

function makeStore(options: Partial<ResumableOptions> = {}): ResumableGenerations {
  const store = new ResumableGenerations({ resumable: { ...defaultResumableOptions, ...options } });
  stores.push(store);
  return store;
}

interface Reading {
  events: MessageEvent[];
  isOver: boolean;
  leave(): void;
}

async function read(
  store: ResumableGenerations,
  script: Script,
  { key = "k", fingerprint = "f", lastEventId }: { key?: string; fingerprint?: string; lastEventId?: number } = {},
): Promise<Reading> {
  const gone = new AbortController();
  const { events } = await store.open({ key, fingerprint, lastEventId }, script.produce, gone.signal);
  const reading: Reading = { events: [], isOver: false, leave: () => {} };
  const subscription = events.subscribe({
    next: (event) => reading.events.push(event),
    complete: () => {
      reading.isOver = true;
    },
  });
  reading.leave = () => {
    subscription.unsubscribe();
    gone.abort();
  };
  return reading;
}

const refusal = async (attempt: Promise<unknown>): Promise<{ code: string; status: number }> => {
  const error: unknown = await attempt.then(
    () => expect.unreachable("it was not refused"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof GenerationError)) throw error;
  return { code: error.code, status: error.getStatus() };
};

/** Lets producers and readers do what they can do without time passing. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

const shown = ({ events }: Reading): string[] =>
  events.map(({ id, data }) => {
    const event = data as GenerationEvent;
    return `${id} ${event.type}${event.type === "delta" ? ` ${event.data}` : ""}`;
  });

describe("reading", () => {
  test("numbers events from 1 and says that the generation can be resumed", async () => {
    const store = makeStore();
    const reading = await read(store, new Script().start().tokens("a", "b").done());
    await settle();
    expect(shown(reading)).toEqual(["1 start", "2 delta a", "3 delta b", "4 complete"]);
    expect(reading.events[0]?.data).toEqual({ type: "start", model: "scripted-1", resumable: true });
    expect(reading.isOver).toBe(true);
  });

  test("a known key gives the events after the id, then the live ones", async () => {
    const store = makeStore();
    const script = new Script().start().tokens("a", "b");
    const first = await read(store, script);
    await settle();
    first.leave();
    const second = await read(store, script, { lastEventId: 2 });
    script.tokens("c").done();
    await settle();
    expect(shown(second)).toEqual(["3 delta b", "4 delta c", "5 complete"]);
    expect(script.runs).toBe(1);
  });

  test("a known key without an id gives all events, during and after the generation", async () => {
    const store = makeStore();
    const script = new Script().start().tokens("a").done();
    await read(store, script);
    await settle();
    const again = await read(store, script);
    expect(shown(again)).toEqual(["1 start", "2 delta a", "3 complete"]);
    expect(again.isOver).toBe(true);
    expect(script.runs).toBe(1);
  });

  test("a new reader replaces the old one, whose leaving then counts for nothing", async () => {
    const store = makeStore({ holdMs: 1_000 });
    const script = new Script().start().tokens("a");
    const old = await read(store, script);
    await settle();
    const current = await read(store, script);
    expect(old.isOver).toBe(true);
    old.leave();
    await vi.advanceTimersByTimeAsync(5_000);
    script.tokens("b").done();
    await settle();
    expect(shown(old)).toEqual(["1 start", "2 delta a"]);
    expect(shown(current)).toEqual(["1 start", "2 delta a", "3 delta b", "4 complete"]);
  });

  test("two requests at once with one key run it once", async () => {
    const store = makeStore();
    const script = new Script();
    const both = Promise.all([read(store, script), read(store, script)]);
    await settle();
    script.start().tokens("a").done();
    const [first, second] = await both;
    await settle();
    expect(first.events).toEqual([]);
    expect(first.isOver).toBe(true);
    expect(shown(second)).toEqual(["1 start", "2 delta a", "3 complete"]);
    expect(script.runs).toBe(1);
  });

  test("an unknown key with an id is 410, and starts nothing", async () => {
    const store = makeStore();
    const script = new Script();
    expect(await refusal(read(store, script, { lastEventId: 3 }))).toEqual({ code: "generation-unknown", status: 410 });
    expect(await refusal(read(store, script, { lastEventId: 0 }))).toEqual({ code: "generation-unknown", status: 410 });
    expect(script.runs).toBe(0);
    expect(store.stats().started).toBe(0);
  });

  test("an id that was never given out is 410, not a silent gap", async () => {
    const store = makeStore();
    const script = new Script().start().tokens("a");
    await read(store, script);
    await settle();
    expect(await refusal(read(store, script, { lastEventId: 3 }))).toEqual({ code: "position-unknown", status: 410 });
  });

  test("one key for two different requests is 409", async () => {
    const store = makeStore();
    const script = new Script().start();
    await read(store, script);
    expect(await refusal(read(store, script, { fingerprint: "other" }))).toEqual({
      code: "generation-conflict",
      status: 409,
    });
  });

  test("a producer that returns without done is done", async () => {
    const store = makeStore();
    const reading = await read(store, new Script().start().tokens("a").say("return"));
    await settle();
    expect(reading.events.at(-1)).toEqual({ id: "3", data: { type: "complete", finishReason: "stop" } });
  });

  test("a comment is written after silence, and only then", async () => {
    const store = makeStore({ heartbeatMs: 100 });
    const script = new Script().start();
    const reading = await read(store, script);
    await vi.advanceTimersByTimeAsync(99);
    script.tokens("a");
    await vi.advanceTimersByTimeAsync(99);
    expect(reading.events.filter(({ comment }) => comment !== undefined)).toEqual([]);
    await vi.advanceTimersByTimeAsync(201);
    expect(reading.events.filter(({ comment }) => comment === "hb")).toHaveLength(3);
    reading.leave();
  });
});

describe("failing", () => {
  const busy = (): GenerationError =>
    new GenerationError("busy", "Busy.", { status: 429, retryable: true, retryAfterMs: 1_500 });

  test("before the start: the caller gets the status, and a retry starts anew", async () => {
    const store = makeStore();
    const script = new Script().say(busy());
    expect(await refusal(read(store, script))).toEqual({ code: "busy", status: 429 });
    script.start().tokens("a").done();
    const retry = await read(store, script);
    await settle();
    expect(shown(retry)).toEqual(["1 start", "2 delta a", "3 complete"]);
    expect(store.record("k")).toMatchObject({ starts: 2, state: "finished", tokens: 1 });
    expect(store.stats()).toMatchObject({ started: 2, failed: 1, finished: 1, active: 0 });
  });

  test("after the start and before content: an error event, and a retry starts anew", async () => {
    const store = makeStore();
    const script = new Script().start().say(busy());
    const reading = await read(store, script);
    await settle();
    expect(reading.events.at(-1)).toEqual({
      id: "2",
      data: { type: "error", code: "busy", message: "Busy.", retryable: true, retryAfterMs: 1_500 },
    });
    expect(await refusal(read(store, new Script(), { lastEventId: 1 }))).toMatchObject({ status: 410 });
    script.start().done();
    await read(store, script);
    expect(script.runs).toBe(2);
  });

  test("after content: kept, and never run again", async () => {
    const store = makeStore();
    const script = new Script().start().tokens("a").say(busy());
    await read(store, script);
    await settle();
    expect(shown(await read(store, script))).toEqual(["1 start", "2 delta a", "3 error"]);
    expect(script.runs).toBe(1);
  });

  test("by surprise: the reader learns nothing of it", async () => {
    const store = makeStore();
    const reading = await read(store, new Script().start().tokens("a").say(new Error("secret detail")));
    await settle();
    expect(reading.events.at(-1)?.data).toMatchObject({ code: "internal" });
    expect(JSON.stringify(reading.events)).not.toContain("secret");
  });
});

describe("stopping", () => {
  test("ends the reader's stream and the producer; nothing follows", async () => {
    const store = makeStore();
    const script = new Script().start().tokens("a");
    const reading = await read(store, script);
    await settle();
    await store.stop("k");
    script.tokens("late");
    await settle();
    expect(shown(reading)).toEqual(["1 start", "2 delta a", "3 complete"]);
    expect(reading.events.at(-1)?.data).toEqual({ type: "complete", finishReason: "cancelled" });
    expect(script.signal?.aborted).toBe(true);
    expect(store.record("k")).toMatchObject({ state: "aborted", tokens: 1, tokensAfterStop: 0 });
    expect(store.stats()).toMatchObject({ aborted: 1, active: 0 });
  });

  test("is unconfirmed while the producer goes on, and tokens made meanwhile are counted", async () => {
    const store = makeStore({ stopConfirmMs: 1_000 });
    const script = new Script({ ignoresSignal: true }).start().tokens("a");
    await read(store, script);
    await settle();
    const stopped = refusal(store.stop("k"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await stopped).toEqual({ code: "stop-unconfirmed", status: 503 });
    script.tokens("late");
    await settle();
    await store.stop("k");
    expect(store.record("k")).toMatchObject({ tokens: 2, tokensAfterStop: 1 });
  });

  test("is idempotent, also when the generation is over", async () => {
    const store = makeStore();
    const script = new Script().start().tokens("a").done();
    await read(store, script);
    await settle();
    await store.stop("k");
    await store.stop("k");
    expect(shown(await read(store, script))).toEqual(["1 start", "2 delta a", "3 complete"]);
    expect(store.stats()).toMatchObject({ finished: 1, aborted: 0 });
  });

  test("before the start: the waiting reader and every later one are refused", async () => {
    const store = makeStore();
    const script = new Script();
    const waiting = refusal(read(store, script));
    await settle();
    await store.stop("k");
    expect(await waiting).toEqual({ code: "generation-stopped", status: 409 });
    expect(await refusal(read(store, script))).toEqual({ code: "generation-stopped", status: 409 });
    expect(script.runs).toBe(1);
  });

  test("of an unknown key is remembered for its time", async () => {
    const store = makeStore({ tombstoneMs: 10_000 });
    await store.stop("k");
    const script = new Script().start().done();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await refusal(read(store, script))).toEqual({ code: "generation-stopped", status: 409 });
    await vi.advanceTimersByTimeAsync(1);
    await read(store, script);
    expect(script.runs).toBe(1);
  });

  test("of a stopped key outlives its text", async () => {
    const store = makeStore({ keepMs: 1_000, tombstoneMs: 10_000 });
    const script = new Script().start().tokens("a");
    await read(store, script);
    await settle();
    await store.stop("k");
    await vi.advanceTimersByTimeAsync(9_000);
    expect(await refusal(read(store, script))).toEqual({ code: "generation-stopped", status: 409 });
  });
});

describe("holding", () => {
  test("without a reader it goes on for the hold time, then stops", async () => {
    const store = makeStore({ holdMs: 1_000 });
    const script = new Script().start().tokens("a");
    (await read(store, script)).leave();
    await vi.advanceTimersByTimeAsync(999);
    script.tokens("b");
    await settle();
    expect(store.record("k")).toMatchObject({ state: "running", tokens: 2 });
    await vi.advanceTimersByTimeAsync(1);
    expect(store.record("k")).toMatchObject({ state: "aborted" });
    expect(script.signal?.aborted).toBe(true);
    expect(store.stats()).toMatchObject({ started: 1, aborted: 1, active: 0 });
    const late = await read(store, script, { lastEventId: 1 });
    expect(shown(late)).toEqual(["2 delta a", "3 delta b", "4 error"]);
    expect(late.events.at(-1)?.data).toMatchObject({ code: "generation-abandoned", retryable: false });
  });

  test("a reader that comes back in time keeps it", async () => {
    const store = makeStore({ holdMs: 1_000 });
    const script = new Script().start();
    (await read(store, script)).leave();
    await vi.advanceTimersByTimeAsync(900);
    const back = await read(store, script, { lastEventId: 1 });
    await vi.advanceTimersByTimeAsync(5_000);
    script.tokens("a").done();
    await settle();
    expect(shown(back)).toEqual(["2 delta a", "3 complete"]);
  });

  test("no hold: unsubscribing stops it at once", async () => {
    const store = makeStore({ holdMs: 0 });
    const script = new Script().start();
    (await read(store, script)).leave();
    expect(script.signal?.aborted).toBe(true);
    expect(store.record("k")).toMatchObject({ state: "aborted" });
  });

  test("a reader that was gone before it came starts the hold", async () => {
    const store = makeStore({ holdMs: 1_000 });
    const script = new Script().start();
    await store.open({ key: "k", fingerprint: "f" }, script.produce, AbortSignal.abort());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.record("k")).toMatchObject({ state: "aborted" });
  });

  test("a reader that leaves before the start is a reader that left", async () => {
    const store = makeStore({ holdMs: 1_000 });
    const script = new Script();
    const gone = new AbortController();
    const opened = refusal(store.open({ key: "k", fingerprint: "f" }, script.produce, gone.signal));
    await settle();
    gone.abort();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await opened).toMatchObject({ code: "generation-stopped" });
    expect(script.signal?.aborted).toBe(true);
    // Nobody has seen anything of it, so the key may be tried again.
    script.start().done();
    await read(store, script);
    expect(script.runs).toBe(2);
  });
});

describe("bounds", () => {
  async function finish(store: ResumableGenerations, key: string, text = "a"): Promise<Script> {
    const script = new Script().start().tokens(text).done();
    await read(store, script, { key });
    await settle();
    return script;
  }

  test("an ended generation is kept for its time, then the key is new", async () => {
    const store = makeStore({ keepMs: 1_000 });
    const script = await finish(store, "k");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await refusal(read(store, script, { lastEventId: 1 }))).toEqual({ code: "generation-unknown", status: 410 });
    script.start().done();
    await read(store, script);
    expect(script.runs).toBe(2);
  });

  test("the oldest go when too many are kept, and do not run again within their time", async () => {
    const store = makeStore({ maxKept: 2 });
    const first = await finish(store, "k1");
    await finish(store, "k2");
    await finish(store, "k3");
    expect(await refusal(read(store, first, { key: "k1" }))).toEqual({ code: "generation-gone", status: 410 });
    expect((await read(store, new Script(), { key: "k2" })).events).toHaveLength(3);
  });

  test("the oldest go when too much is kept", async () => {
    const store = makeStore({ maxBufferedBytes: 10_000 });
    const first = await finish(store, "k1", "x".repeat(3_000));
    await finish(store, "k2", "x".repeat(3_000));
    expect(await refusal(read(store, first, { key: "k1" }))).toMatchObject({ status: 410 });
    expect((await read(store, new Script(), { key: "k2" })).events).toHaveLength(3);
  });

  test("a long generation loses its oldest events: a resume after them works, one before them is 410", async () => {
    const store = makeStore({ maxGenerationBytes: 5_000 });
    const script = new Script().start();
    const reading = await read(store, script);
    script.tokens(...Array.from({ length: 100 }, (_, i) => `t${i}`)).done();
    await settle();
    expect(reading.events).toHaveLength(102);
    expect(await refusal(read(store, script))).toEqual({ code: "position-unknown", status: 410 });
    expect(shown(await read(store, script, { lastEventId: 99 }))).toEqual([
      "100 delta t98",
      "101 delta t99",
      "102 complete",
    ]);
  });

  test("too many running at once is 503", async () => {
    const store = makeStore({ maxActive: 1 });
    const script = new Script().start();
    await read(store, script, { key: "k1" });
    expect(await refusal(read(store, new Script(), { key: "k2" }))).toEqual({ code: "overloaded", status: 503 });
    script.done();
    await settle();
    await read(store, new Script().start().done(), { key: "k2" });
  });

  test("records are bounded, and the totals keep what they forget", async () => {
    const store = makeStore();
    for (let i = 0; i < 510; i++) await finish(store, `k${i}`);
    const stats = store.stats();
    expect(stats.generations).toHaveLength(500);
    expect(stats).toMatchObject({ started: 510, finished: 510, tokens: 510, active: 0 });
  });

  test("a store that closes ends its readers with an error that may be retried, and starts nothing", async () => {
    const store = makeStore();
    const reading = await read(store, new Script().start());
    await store.onModuleDestroy();
    expect(reading.events.at(-1)).toMatchObject({ data: { type: "error", code: "shutting-down", retryable: true } });
    expect(reading.isOver).toBe(true);
    expect(await refusal(read(store, new Script(), { key: "k2" }))).toEqual({ code: "shutting-down", status: 503 });
  });
});
