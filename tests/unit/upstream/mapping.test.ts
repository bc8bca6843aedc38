/** Streams that an operator's mapping reads: text by path, ends, failures, conversation, cumulative text, marks. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MappingSettings } from "../../../party/upstream/dialects/mapping-settings.ts";
import { parseMapping } from "../../../party/upstream/dialects/mapping-settings.ts";
import { isText } from "../../../shared/content.ts";
import { dataEvents, namedEvent, type Read, readStream, utf8 } from "./reading.ts";

function mappingOf(settings: Readonly<Record<string, string>>): MappingSettings {
  const parsed = parseMapping((name) => settings[name]);
  if (!parsed.ok || parsed.value === undefined) throw new Error("no mapping");
  return parsed.value;
}

const read = (events: string | readonly (string | Uint8Array)[], settings: Readonly<Record<string, string>>) =>
  readStream(events, { mapping: mappingOf(settings) });
const textIn = ({ parts }: Read) =>
  parts.map((part) => (isText(part) && part.type === "text-delta" ? part.delta : "")).join("");

describe("[U5] a mapping", () => {
  const say = (text: string) => ({ kind: 7, zork: { say: text } });

  test("finds the text where nothing else would, and shows nothing else", async () => {
    const events = dataEvents({ type: "text", content: "not this" }, say("Hel"), say("lo"), { kind: 8 });
    expect(await read(events, { UPSTREAM_TEXT_PATH: "/zork/say" })).toMatchObject({
      parts: [{ type: "text-delta", delta: "Hello" }],
      end: { kind: "done" },
    });
  });

  test("finds text and reasoning by tag, by SSE name and in lists", async () => {
    const events =
      dataEvents({ type: "inner", words: ["Hm"] }) +
      namedEvent("outer", { words: ["Hel"] }) +
      namedEvent("plain", "lo");
    const settings = { UPSTREAM_TEXT_PATH: "outer:/words/0,plain:", UPSTREAM_REASONING_PATH: "inner:/words/0" };
    expect((await read(events, settings)).parts).toEqual([
      { type: "reasoning-delta", delta: "Hm" },
      { type: "text-delta", delta: "Hello" },
    ]);
  });

  test("ends the answer by a value or by a set place, and without it the answer is cut off", async () => {
    const text = { UPSTREAM_TEXT_PATH: "/zork/say" };
    const events = dataEvents(say("Hello"), { state: "over" }, say("more"));
    const byValue = await read(events, { ...text, UPSTREAM_END_PATH: "/state=over" });
    expect(byValue).toMatchObject({ parts: [{ delta: "Hello" }], end: { kind: "done" } });
    const byPlace = await read(events, { ...text, UPSTREAM_END_PATH: "/state" });
    expect(byPlace).toMatchObject({ parts: [{ delta: "Hello" }], end: { kind: "done" } });
    const never = await read(events, { ...text, UPSTREAM_END_PATH: "/state=never" });
    expect(never.end).toBeUndefined();
    expect(textIn(never)).toBe("Hellomore");
  });

  test("tells a failure by a path, by a mark, and by an event named error", async () => {
    const settings = {
      UPSTREAM_TEXT_PATH: "/zork/say",
      UPSTREAM_FAILURE_PATH: "/oops",
      UPSTREAM_FAILURE_MARKS: "Erreur:",
    };
    for (const failure of [
      dataEvents({ oops: "secret" }),
      dataEvents(say("Erreur: secret")),
      namedEvent("error", "secret"),
    ]) {
      const failed = await read(dataEvents(say("so far")) + failure, settings);
      expect(failed.end?.kind).toBe("error");
      expect(textIn(failed)).toBe("so far");
      expect(JSON.stringify(failed)).not.toContain("secret");
    }
    const plain = await read(dataEvents("so far", "Erreur: secret"), { UPSTREAM_FAILURE_MARKS: "Erreur:" });
    expect(plain).toMatchObject({ parts: [{ delta: "so far" }], end: { kind: "error" } });
  });

  test("reads the backend's conversation id, once, beside a recognized dialect", async () => {
    const events = dataEvents(
      { event: "message", answer: "Hello", conversation_id: "c1" },
      { event: "message_end", conversation_id: "c1" },
    );
    expect(await read(events, { UPSTREAM_CONVERSATION_PATH: "/conversation_id" })).toMatchObject({
      ...{ conversation: "c1", parts: [{ delta: "Hello" }], end: { kind: "done" } },
    });
  });

  test("takes what is new of cumulative text, and fails where the text is rewritten", async () => {
    const settings = { UPSTREAM_CUMULATIVE: "yes" };
    const so = await read(dataEvents({ text: "He" }, { text: "Hello" }, { text: "Hello" }, "[DONE]"), settings);
    expect(so).toMatchObject({ parts: [{ delta: "Hello" }], end: { kind: "done" } });
    const rewritten = await read(dataEvents({ text: "He" }, { text: "Good day" }), settings);
    expect(rewritten).toMatchObject({ parts: [{ delta: "He" }], failed: "upstream-malformed" });
  });

  test("ends an answer at a mark inside its text, however the text is cut", async () => {
    const settings = { UPSTREAM_END_MARKS: "<|end|>" };
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.array(fc.nat(40), { maxLength: 6 }), async (before, cuts) => {
        fc.pre(!before.includes("<|end|>") && !before.startsWith("<think") && !before.startsWith("<thought>"));
        const text = `x${before}<|end|>after`;
        const at = [0, ...cuts.filter((cut) => cut <= text.length).sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        const ended = await read(dataEvents(...pieces.map((piece) => ({ text: piece }))), settings);
        expect(textIn(ended)).toBe(`x${before}`.toWellFormed());
        expect(ended.end).toEqual({ kind: "done" });
      }),
      { numRuns: 50 },
    );
    expect((await read(dataEvents({ text: "cut off <|en" }), settings)).end).toBeUndefined();
  });

  test("never takes HTML for text", async () => {
    const page = await read(dataEvents(say("so far"), "<!doctype html><p>secret"), { UPSTREAM_TEXT_PATH: "/zork/say" });
    expect(page).toMatchObject({ parts: [{ delta: "so far" }], failed: "upstream-malformed" });
  });

  test("that finds nothing says so after one call", async () => {
    const wrong = await read(dataEvents(say("secret")), { UPSTREAM_TEXT_PATH: "/nowhere" });
    expect(wrong).toMatchObject({ parts: [], failed: "upstream-unrecognized", retryable: false });
    expect(wrong.cause).toContain("UPSTREAM_TEXT_PATH=/zork/say");
  });

  test("gives the same parts however the bytes are cut", async () => {
    const settings = { UPSTREAM_TEXT_PATH: "/zork/say", UPSTREAM_CUMULATIVE: "yes", UPSTREAM_END_MARKS: "[FIN]" };
    const bytes = utf8(dataEvents(say("Hé"), say("Hé, 世"), say("Hé, 世界[F"), say("Hé, 世界[FIN]")));
    for (let at = 0; at <= bytes.length; at += 1) {
      const cut = await read([bytes.subarray(0, at), bytes.subarray(at)], settings);
      expect(cut).toEqual({ parts: [{ type: "text-delta", delta: "Hé, 世界" }], end: { kind: "done" } });
    }
  });
});
