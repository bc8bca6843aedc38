/** Our stream, read by those it is for: `ai` 5, 6 and 7, and held against what they write themselves (`golden/`). */
import { readFile } from "node:fs/promises";
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasRefusedKeys } from "../../../party/upstream/refused-keys.ts";
import { joinParts, lengthOf, type Part, sliceParts, textOf } from "../../../shared/content.ts";
import { defined } from "../../../shared/defined.ts";
import type { NoticeFrame } from "../../../shared/protocol/server-frames.ts";
import { ReopenedRuns } from "../../../shared/reopened-runs.ts";
import type { TurnView } from "../../../shared/transcript.ts";
import { type UiMessageChunk, type UiMessageStep, UiMessageWriter } from "../../../shared/ui-message-stream.ts";
import { uiMessagesOf } from "../../../shared/ui-messages.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { toolPart } from "../../support/tool-part.ts";
import { readStream } from "../upstream/reading.ts";
import { bodyOf, read, textIn } from "./readers.ts";
import { type Story, stories, type Version, versions } from "./stories.ts";

const notice: NoticeFrame = {
  type: "notice",
  code: "upstream-retrying",
  scope: "upstream",
  turnId: "t1",
  retryAfterMs: 500,
  attempt: 1,
  maxAttempts: 4,
  willRetry: true,
  message: "The assistant is busy. Trying again shortly.",
};

const settled: Partial<TurnView> = { state: "settled", outcome: "completed", finishReason: "stop", model: "m" };

function at(parts: readonly Part[], more: Partial<TurnView> = {}): TurnView {
  return { id: "t1", state: "streaming", input: { prompt: "?" }, parts, length: lengthOf(parts), ...more };
}

/** A turn seen at each of `cuts` and at its end. */
function viewsOf(parts: readonly Part[], cuts: readonly number[], end: Partial<TurnView> = settled): TurnView[] {
  const seen = cuts.toSorted((a, b) => a - b).map((cut) => at(sliceParts(parts, 0, cut)));
  return [at([], { state: "queued", position: 1 }), at([], { state: "opening", notice }), ...seen, at(parts, end)];
}

function stepsOf(views: readonly TurnView[], from = 0): UiMessageStep[] {
  const writer = new UiMessageWriter("t1", from, (held) => new ReopenedRuns(held));
  return views.flatMap((view) => writer.advance(view));
}

function chunksOf(views: readonly TurnView[], from = 0): UiMessageChunk[] {
  return stepsOf(views, from).map(({ chunk }) => chunk);
}

const story: Part[] = [
  { type: "reasoning-delta", delta: "Let me think 🌧️ 雨." },
  { type: "text-delta", delta: "Looking. " },
  {
    type: "tool-input-available",
    toolCallId: "c1",
    toolName: "weather",
    input: { city: "Kyoto" },
    providerExecuted: true,
  },
  { type: "tool-output-available", toolCallId: "c2", toolName: "search", output: { hits: 2 }, providerExecuted: true },
  {
    type: "tool-output-available",
    toolCallId: "c1",
    toolName: "weather",
    output: { rain: true },
    providerExecuted: true,
  },
  { type: "text-delta", delta: "It rains 👩‍🚀." },
  { type: "data-weather", data: { rain: true } },
  { type: "tool-output-error", toolCallId: "c3", toolName: "mail", errorText: "no", providerExecuted: true },
  { type: "text-delta", delta: "Done." },
];

const textPart = fc.record({
  type: fc.constantFrom("text-delta" as const, "reasoning-delta" as const),
  delta: fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }).map((value) => value.toWellFormed()),
});
/** Keys that the SDK refuses never reach an answer (tests/unit/upstream/refused-keys.test.ts). */
const json = fc.jsonValue({ maxDepth: 1 }).filter((value) => !hasRefusedKeys(value));
/** A call and what came of it; a backend may leave out either. */
const toolSteps = fc.record({
  toolName: fc.constantFrom("weather", "search"),
  steps: fc.subarray(["call" as const, "end" as const], { minLength: 1 }),
  end: fc.constantFrom("result" as const, "error" as const),
  value: json,
});
const dataPart = fc.record({
  type: fc.constantFrom("data-weather", "data-x-y", "data-"),
  data: json,
});
const answers = fc
  .array(fc.oneof({ weight: 3, arbitrary: textPart }, toolSteps, dataPart), { maxLength: 8 })
  .map((made) =>
    joinParts(
      [],
      made.flatMap((part, index): Part[] => {
        if ("type" in part) return [part];
        const { toolName, end, value } = part;
        const toolCallId = index === 0 ? "__proto__" : `c${index}`;
        return part.steps.map((step) => toolPart(toolCallId, toolName, step === "end" ? end : step, value));
      }),
    ),
  );

describe.each(versions)("%s", (version) => {
  test("[C1] reads an answer with everything in it, cut anywhere: nothing is thrown, the text is exact", async () => {
    for (let cut = 0; cut <= lengthOf(story); cut += 1) {
      const chunks = chunksOf(viewsOf(story, [cut]));
      const { message, errors } = await read(version, bodyOf(chunks));
      expect(errors).toEqual([]);
      expect(message?.id).toBe("t1");
      expect(textIn(message)).toBe(textOf(story));
      expect(textIn(message, "reasoning")).toBe("Let me think 🌧️ 雨.");
    }
  });

  test("[C1] a stream that broke off after any event is read whole again from its start, or gone on with from what was read", async () => {
    const steps = stepsOf(viewsOf(story, [3, 12, 25, 27, 40]));
    for (let cut = 0; cut <= steps.length; cut += 1) {
      const heard = steps.slice(0, cut);
      const before = await read(
        version,
        bodyOf(
          heard.map(({ chunk }) => chunk),
          { isCut: true },
        ),
      );
      expect(before.errors).toEqual([]);
      const again = await read(version, bodyOf(chunksOf(viewsOf(story, [17]))));
      expect([again.errors, textIn(again.message)]).toEqual([[], textOf(story)]);
      const rest = chunksOf([at(story, settled)], heard.at(-1)?.at);
      const after = await read(version, bodyOf(rest), before.message);
      expect([after.errors, textIn(after.message)]).toEqual([[], textOf(story)]);
    }
  });

  test("[C1] any answer, cut anyhow, is what the history says of it", async () => {
    await fc.assert(
      fc.asyncProperty(answers, fc.array(fc.nat(60), { maxLength: 5 }), async (parts, cuts) => {
        const views = viewsOf(parts, cuts);
        const { message, errors } = await read(version, bodyOf(chunksOf(views)));
        expect(errors).toEqual([]);
        const [, told] = uiMessagesOf([at(parts, settled)]);
        // Only its readers name a part of reasoning.
        const named = message?.parts.map((part) => ({
          ...part,
          ...(part.type === "reasoning" ? { id: undefined } : {}),
        }));
        expect(asJson({ ...message, parts: named })).toEqual(asJson(told));
      }),
      { numRuns: propertyRuns(60) },
    );
  });

  test("a failure is told in its own words, and leaves no empty message", async () => {
    const error = {
      code: "upstream-unavailable",
      message: "The assistant is temporarily unavailable.",
      retryable: true,
    };
    const failure: Partial<TurnView> = { state: "settled", outcome: "failed", error };
    const { message, errors } = await read(version, bodyOf(chunksOf(viewsOf([], [], failure))));
    expect(errors).toMatchObject([{ message: error.message }]);
    expect(message).toBeUndefined();
    const half = await read(
      version,
      bodyOf(chunksOf(viewsOf(story, [], { state: "settled", outcome: "interrupted" }))),
    );
    expect(half.errors).toMatchObject([{ message: "The answer broke off before its end." }]);
    expect(textIn(half.message)).toBe(textOf(story));
  });

  test.each(["cancelled", "removed"] as const)("a %s answer keeps its text and is no error", async (how) => {
    const writer = new UiMessageWriter("t1");
    const begun = writer.advance(at(sliceParts(story, 0, 24)));
    const last =
      how === "removed"
        ? writer.removed()
        : writer.advance(at(sliceParts(story, 0, 24), { state: "settled", outcome: "cancelled", stop: "confirmed" }));
    expect(last.at(-1)?.chunk).toEqual({ type: "abort" });
    expect([writer.isDone, writer.removed(), writer.advance(at(story, settled))]).toEqual([true, [], []]);
    const { message, errors } = await read(version, bodyOf([...begun, ...last].map(({ chunk }) => chunk)));
    expect([errors, textIn(message)]).toEqual([[], textOf(sliceParts(story, 0, 24))]);
  });

  test.each(stories)("what it writes itself (%s) comes through the gateway as it is read directly", async (name) => {
    const body = await golden(version, name);
    const direct = await read(version, body);
    const through = await read(version, bodyOf(chunksOf([await throughDialect(body)])));
    expect(textIn(through.message)).toBe(textIn(direct.message));
    expect(textIn(through.message, "reasoning")).toBe(textIn(direct.message, "reasoning"));
    const shown = (message: typeof direct.message) =>
      (message?.parts ?? []).filter(({ type }) => type.startsWith("tool-") || type.startsWith("data-"));
    const others = shown(direct.message).map((part) => expect.objectContaining(asJson(part) as object) as unknown);
    expect(shown(through.message)).toHaveLength(others.length);
    expect(shown(through.message)).toEqual(others);
    expect(through.errors).toHaveLength(name === "error" || name === "abort" ? 1 : 0);
  });
});

/** For each type, the fields that this version writes. */
async function writtenBy(version: Version): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const written = new Map<string, Set<string>>();
  for (const name of stories) {
    for (const chunk of eventsOf(await golden(version, name))) {
      written.set(typeOf(chunk), new Set([...(written.get(typeOf(chunk)) ?? []), ...Object.keys(chunk)]));
    }
  }
  return written;
}

test("[C1] no type and no field is written that one of the versions does not write itself", async () => {
  const written = await Promise.all(versions.map(writtenBy));
  const failure = { code: "x", message: "y", retryable: false };
  const ours = [
    ...chunksOf(viewsOf(story, [5])),
    ...chunksOf([at(story, { state: "settled", outcome: "cancelled" })]),
    ...chunksOf([at(story, { state: "settled", outcome: "failed", error: failure })]),
  ];
  expect(ours.length).toBeGreaterThan(40);
  for (const chunk of ours) {
    for (const fields of written) {
      const unknown = Object.keys(chunk).filter((key) => fields.get(typeOf(chunk))?.has(key) !== true);
      expect([typeOf(chunk), unknown]).toEqual([typeOf(chunk), []]);
    }
    // The format began without these; its readers of that time are strict.
    expect(Object.keys(chunk)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(finishReason|reason)$/)]));
  }
});

describe("beside the answer", () => {
  const told = (chunks: readonly UiMessageChunk[]) =>
    chunks.flatMap((chunk) => (chunk.type === "data-gateway" && "data" in chunk ? [chunk] : []));

  test("sends a queue position, a wait and the end as transient data, each once", () => {
    const end = { ...settled, usage: { outputTokens: 5 } };
    const views = viewsOf(story, [2, 9], end);
    const chunks = told(chunksOf(views.flatMap((view) => [view, view])));
    expect(chunks.map(({ data }) => data)).toEqual([
      { kind: "queue", turnId: "t1", position: 1 },
      {
        kind: "notice",
        turnId: "t1",
        code: "upstream-retrying",
        retryAfterMs: 500,
        attempt: 1,
        maxAttempts: 4,
        willRetry: true,
        message: notice.message,
      },
      {
        kind: "end",
        turnId: "t1",
        outcome: "completed",
        finishReason: "stop",
        model: "m",
        usage: { outputTokens: 5 },
      },
    ]);
    expect(chunks.every((chunk) => "transient" in chunk && chunk.transient === true)).toBe(true);
  });

  test("a place is told again when it changes", () => {
    const queued = (position: number, etaMs?: number) => at([], { state: "queued", position, ...defined({ etaMs }) });
    const chunks = told(chunksOf([queued(2), queued(1), queued(1, 900), queued(1, 900), queued(0)]));
    expect(chunks.map(({ data }) => data)).toMatchObject([
      { position: 2 },
      { position: 1 },
      { position: 1, etaMs: 900 },
      { position: 0 },
    ]);
  });
});

test("chunk ids are the same for every reader, wherever it attached", () => {
  const ids = (chunks: readonly UiMessageChunk[]) =>
    new Set(chunks.flatMap((chunk) => ("id" in chunk && chunk.type.endsWith("-start") ? [chunk.id] : [])));
  const whole = ids(chunksOf(viewsOf(story, [])));
  expect(whole.size).toBe(4);
  for (let from = 0; from < lengthOf(story); from += 1) {
    expect([...ids(chunksOf([at(story, settled)], from))].filter((id) => !whole.has(id))).toEqual([]);
    expect(ids(chunksOf(viewsOf(story, [from])))).toEqual(whole);
  }
});

test("[F5] a tail that a crash cut off is not sent twice when the answer has grown back", () => {
  const text: Part[] = [{ type: "text-delta", delta: "Hello world" }];
  const chunks = chunksOf([
    at(text),
    at(sliceParts(text, 0, 5)),
    at(text),
    at(joinParts(text, [{ type: "text-delta", delta: "!" }]), settled),
  ]);
  const said = chunks.map((chunk) => ("delta" in chunk ? chunk.delta : "")).join("");
  expect(said).toBe("Hello world!");
});

function golden(version: Version, name: Story): Promise<string> {
  return readFile(new URL(`golden/${version}.${name}.txt`, import.meta.url), "utf8");
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function typeOf({ type }: { readonly type: string }): string {
  return type.startsWith("data-") ? "data-" : type;
}

function eventsOf(body: string): { type: string }[] {
  const events: { type: string }[] = [];
  const onEvent = ({ data }: { data: string }) => {
    if (data !== "[DONE]") events.push(JSON.parse(data) as { type: string });
  };
  createParser({ onEvent }).feed(body);
  return events;
}

/** The turn that a room makes of such a body. */
async function throughDialect(body: string): Promise<TurnView> {
  const { parts, end } = await readStream(body, "ui-message");
  return at(parts, { state: "settled", outcome: end?.kind === "done" ? "completed" : "failed" });
}
