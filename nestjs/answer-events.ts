/**
 * Turns what an answer is made of (an Observable, an async iterable; of text, events, or chunks of the AI SDK) into the events
 * of a generation. Used by `resumable()`.
 */
import { isObservable, type Observable } from "rxjs";
import { deferred } from "./deferred.ts";
import type { GenerationEvent, UiChunk } from "./generations/events.ts";

/** Chunks of the AI SDK's UI message stream (https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol), as `toUIMessageStream` gives them. */
export type AnswerChunk = UiChunk & { readonly type: UiChunkType };
type UiChunkType = "start" | "finish" | "abort" | "error" | "file" | "custom" | `${string}-${string}`;

/** One piece of an answer: text, an event of the unified format, or a chunk of the AI SDK. An answer doesn't mix events and chunks. */
export type AnswerItem = string | GenerationEvent | AnswerChunk;

/** An answer. An Observable must be cold: it is subscribed once, when the answer begins. */
export type AnswerStream = Observable<AnswerItem> | AsyncIterable<AnswerItem>;

/**
 * A missing `start` is added, so an answer may be text alone.
 * @param signal aborts when the answer is stopped: an Observable is unsubscribed then, and an iterable isn't asked for more.
 */
export async function* answerEvents(
  stream: AnswerStream | Promise<AnswerStream>,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const given = await stream;
  const items = isObservable(given) ? valuesOf(given, signal) : given;
  if (typeof items !== "object" || items === null || !(Symbol.asyncIterator in items)) {
    throw new TypeError("An answer must be an Observable or an async iterable, such as an async generator.");
  }
  let toEvent: ((item: AnswerItem) => GenerationEvent) | undefined;
  /** A bare `start` could be of either vocabulary: the next item tells. */
  let isBareStart = false;
  for await (const item of items) {
    if (toEvent === undefined) {
      if (!isBareStart && isBare(item)) {
        isBareStart = true;
        continue;
      }
      const isChunked = isChunk(item);
      toEvent = isChunked ? toChunkEvent : toUnifiedEvent;
      if (isBareStart || !isStart(item))
        yield isChunked ? { type: "chunk", chunk: { type: "start" } } : { type: "start" };
    }
    yield toEvent(item);
  }
  if (isBareStart && toEvent === undefined) yield { type: "start" };
}

const unified: ReadonlySet<string> = new Set([
  "delta",
  "reasoning",
  "tool_call",
  "tool_result",
  "usage",
  "complete",
  "start",
  "error",
]);

const isStart = (item: AnswerItem): boolean =>
  typeof item === "object" && item !== null && (item.type === "chunk" ? chunkOf(item).type : item.type) === "start";

const isBare = (item: AnswerItem): boolean =>
  isStart(item) && Object.entries(item).every(([name, value]) => name === "type" || value === undefined);

/** The first item decides. `start` and `error` exist in both vocabularies; the AI SDK's have no model and an `errorText`. */
function isChunk(item: AnswerItem): boolean {
  if (typeof item !== "object" || item === null) return false;
  if (item.type === "chunk") return true;
  if (item.type === "start") return !("model" in item);
  if (item.type === "error") return "errorText" in item;
  return !unified.has(item.type);
}

function toChunkEvent(item: AnswerItem): GenerationEvent {
  if (typeof item === "string")
    throw new TypeError("An answer of chunks can't have plain text. Send a text-delta chunk.");
  if (item.type === "chunk") return item as GenerationEvent;
  return { type: "chunk", chunk: item as UiChunk };
}

function toUnifiedEvent(item: AnswerItem): GenerationEvent {
  if (typeof item === "string") return { type: "delta", data: item };
  if (typeof item !== "object" || item === null || !unified.has(item.type)) {
    const what = typeof item === "object" && item !== null ? `an event of type ${String(item.type)}` : typeof item;
    throw new TypeError(`An answer can't have ${what}. Its items are text, or events of: ${[...unified].join(", ")}.`);
  }
  const event = item as GenerationEvent;
  if ((event.type === "delta" || event.type === "reasoning") && typeof event.data !== "string") {
    throw new TypeError(`A ${event.type} event must have its text in "data".`);
  }
  return event;
}

const chunkOf = (item: object): UiChunk => (item as { chunk: UiChunk }).chunk;

/** The values of an Observable, in their order. Unsubscribes when the reader ends or `signal` aborts. */
async function* valuesOf<T>(source: Observable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const values: T[] = [];
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let wake = deferred();
  const notify = () => {
    wake.resolve();
    wake = deferred();
  };
  const end = () => {
    isOver = true;
    notify();
  };
  signal.addEventListener("abort", end, { once: true });
  const subscription = source.subscribe({
    next: (value) => {
      values.push(value);
      notify();
    },
    error: (error: unknown) => {
      failure = { error };
      end();
    },
    complete: end,
  });
  try {
    while (!signal.aborted) {
      const changed = wake.promise;
      if (values.length > 0) yield values.shift() as T;
      else if (failure !== undefined) throw failure.error;
      else if (isOver) return;
      else await changed;
    }
  } finally {
    subscription.unsubscribe();
    signal.removeEventListener("abort", end);
  }
}
