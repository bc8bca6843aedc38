/** What an answer may be made of, and the events that a reader gets of it. */
import "reflect-metadata";
import { from, NEVER, Observable, throwError } from "rxjs";
import { describe, expect, test } from "vitest";
import { type AnswerItem, type AnswerStream, answerEvents } from "../../../nestjs/answer-events.ts";

async function eventsOf(stream: AnswerStream | Promise<AnswerStream>, signal = new AbortController().signal) {
  const events: unknown[] = [];
  for await (const event of answerEvents(stream, signal)) events.push(event);
  return events;
}

async function* items(...given: AnswerItem[]): AsyncGenerator<AnswerItem> {
  yield* given;
}

const chunk = (fields: { type: string }) => ({ type: "chunk", chunk: fields });

describe("an answer may be", () => {
  test.each<[string, () => AnswerStream | Promise<AnswerStream>]>([
    ["an async iterable", () => items("a", "b")],
    ["an Observable", () => from(["a", "b"])],
    ["a promise of one", async () => from(["a", "b"])],
  ])("%s of text", async (_name, stream) => {
    expect(await eventsOf(stream())).toEqual([
      { type: "start" },
      { type: "delta", data: "a" },
      { type: "delta", data: "b" },
    ]);
  });

  test("events of the unified format, which keep their start", async () => {
    const given: AnswerItem[] = [{ type: "start", model: "m" }, "text", { type: "complete", finishReason: "stop" }];
    expect(await eventsOf(items(...given))).toEqual([given[0], { type: "delta", data: "text" }, given[2]]);
    expect(await eventsOf(items({ type: "start" }, "a"))).toEqual([{ type: "start" }, { type: "delta", data: "a" }]);
    expect(await eventsOf(items({ type: "start" }))).toEqual([{ type: "start" }]);
  });

  test.each<[string, AnswerItem[]]>([
    ["with an id", [{ type: "start", messageId: "m" }]],
    ["bare", [{ type: "start" }, { type: "start-step" }]],
    [
      "bare with an undefined id",
      [
        { type: "start", messageId: undefined },
        { type: "text-start", id: "t" },
      ],
    ],
  ])("chunks of the AI SDK that begin with a start, %s", async (_name, given) => {
    const events = await eventsOf(items(...given));
    expect(events.map((event) => (event as { type: string }).type)).toEqual(given.map(() => "chunk"));
    expect(events[0]).toMatchObject({ chunk: { type: "start" } });
  });

  test("chunks without a start, or of an error alone", async () => {
    expect(await eventsOf(items({ type: "text-start", id: "t" }))).toEqual([
      chunk({ type: "start" }),
      { type: "chunk", chunk: { type: "text-start", id: "t" } },
    ]);
    expect(await eventsOf(items({ type: "error", errorText: "no" }))).toContainEqual({
      type: "chunk",
      chunk: { type: "error", errorText: "no" },
    });
  });
});

describe("an answer fails", () => {
  test.each<[string, () => AnswerStream, string]>([
    ["that is no stream", () => ({}) as AnswerStream, "must be an Observable or an async iterable"],
    ["with an unknown item", () => items("a", 1 as never), "An answer can't have number."],
    ["with an unknown event", () => items("a", { type: "text" } as never), "can't have an event of type text."],
    ["with a delta without text", () => items({ type: "delta", text: "a" } as never), 'must have its text in "data"'],
    ["that mixes chunks with text", () => items({ type: "text-start", id: "t" }, "a"), "Send a text-delta chunk."],
    ["whose Observable fails", () => throwError(() => new Error("the model is gone")), "the model is gone"],
  ])("%s", async (_name, stream, sentence) => {
    await expect(eventsOf(stream())).rejects.toThrow(sentence);
  });
});

test("an Observable is unsubscribed when its answer is stopped, and when its reader ends", async () => {
  const stop = new AbortController();
  let left = 0;
  const endless = new Observable<string>((subscriber) => {
    subscriber.next("a");
    return () => {
      left += 1;
    };
  });
  const reading = eventsOf(endless, stop.signal);
  stop.abort();
  await reading;
  expect(left).toBe(1);
  for await (const _ of answerEvents(endless, new AbortController().signal)) break;
  expect(left).toBe(2);
  expect(await eventsOf(NEVER, AbortSignal.abort())).toEqual([]);
});
