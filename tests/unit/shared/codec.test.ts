import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClientFrame, clientFrame } from "../../../shared/protocol/client-frames.ts";
import { parseClientFrame } from "../../../shared/protocol/codec.ts";
import { maxFrameBytes, maxParamsBytes } from "../../../shared/protocol/limits.ts";
import { questionProblem } from "../../../shared/protocol/question.ts";
import { PROTOCOL_VERSION } from "../../../shared/protocol/version.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { arbitraryOf } from "../../wire/arbitrary.ts";

const submit = { type: "turn-submit", turnId: "t-1", input: { prompt: "hi" } };
const problemOf = (frame: unknown) => {
  const parsed = parseClientFrame(typeof frame === "string" ? frame : JSON.stringify(frame));
  return parsed.ok ? undefined : parsed.error;
};

/** Random text is no address of a file, and answers come with the turn that they continue, whatever the schema says. */
const isSubmittable = (frame: ClientFrame) =>
  frame.type !== "turn-submit" ||
  (questionProblem(frame.input, 0)?.code !== "unsupported-content" &&
    "answers" in frame.input === (frame.continues !== undefined));

test("every valid frame comes through as it was sent", () => {
  fc.assert(
    fc.property(arbitraryOf(clientFrame).filter(isSubmittable), (frame) => {
      expect(parseClientFrame(JSON.stringify(frame))).toEqual({ ok: true, value: frame });
    }),
    { numRuns: propertyRuns(500) },
  );
});

test("[S3] never throws, whatever arrives, and never quotes it at length", () => {
  const spoiled = fc
    .tuple(arbitraryOf(clientFrame), fc.string(), fc.jsonValue())
    .map(([frame, key, value]) => JSON.stringify({ ...frame, [key]: value }));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json(), spoiled), (text) => {
      const parsed = parseClientFrame(text);
      if (!parsed.ok) expect(parsed.error.detail.length).toBeLessThan(300);
    }),
    { numRuns: propertyRuns(1000) },
  );
});

describe("says what was wrong", () => {
  test.each(["", "pong", "{", "hello", "\u0000"])("not JSON: %j", (text) => {
    expect(problemOf(text)).toMatchObject({ code: "bad-frame" });
  });

  test.each([
    ["nothing", null],
    ["a number", 1],
    ["a list", [submit]],
    ["no type", { turnId: "t" }],
    ["an unknown type", { type: "turn-sing" }],
    ["a name of Object.prototype as type", { type: "__proto__" }],
    ["a server frame", { type: "presence", viewers: 1 }],
    ["a field too many", { ...submit, colour: "red" }],
    ["null for absent", { ...submit, model: null }],
    ["an id that is none", { ...submit, turnId: "a b" }],
    ["an id that is too long", { ...submit, turnId: "a".repeat(65) }],
    ["an empty prompt", { ...submit, input: { prompt: " \n" } }],
    ["a prompt and messages", { ...submit, input: { prompt: "a", messages: [] } }],
    ["params too large", { ...submit, params: { text: "世".repeat(maxParamsBytes / 2) } }],
    ["a negative offset", { type: "sync-request", have: { epoch: "e", seq: 0, offsets: { a: -1 } } }],
    [
      "too many offsets",
      {
        type: "sync-request",
        have: { epoch: "e", seq: 0, offsets: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`t${at}`, 1])) },
      },
    ],
    ["a hello without a version", { type: "hello" }],
  ])("%s is a bad frame", (_, frame) => {
    expect(problemOf(frame)).toMatchObject({ code: "bad-frame" });
  });

  test("a problem with a readable turn id is told about that turn", () => {
    expect(problemOf({ ...submit, input: { prompt: "" } })).toMatchObject({
      turnId: "t-1",
      detail: expect.stringContaining("turn-submit: input"),
    });
    expect(problemOf({ ...submit, turnId: "a b" })).not.toHaveProperty("turnId");
  });

  test("content that is not text is unsupported, not malformed", () => {
    const input = { messages: [{ role: "user", content: [{ type: "image" }] }] };
    expect(problemOf({ ...submit, input })).toMatchObject({ code: "unsupported-content", turnId: "t-1" });
  });

  test("[R1] a hello of another version is told so, whatever else it says", () => {
    expect(problemOf({ type: "hello", version: PROTOCOL_VERSION + 1, compression: "zstd" })).toMatchObject({
      code: "version-unsupported",
    });
    expect(problemOf({ type: "hello", version: PROTOCOL_VERSION, compression: "zstd" })).toMatchObject({
      code: "bad-frame",
    });
  });

  test("[S2] a frame is measured in bytes, not characters", () => {
    const around = JSON.stringify({ ...submit, input: { prompt: "" } }).length;
    const largest = "世".repeat(Math.floor((maxFrameBytes - around) / 3));
    expect(problemOf({ ...submit, input: { prompt: largest } })).toBeUndefined();
    expect(problemOf({ ...submit, input: { prompt: `${largest}世` } })).toMatchObject({ code: "prompt-too-large" });
    expect(problemOf("x".repeat(maxFrameBytes + 1))).toMatchObject({ code: "frame-too-large" });
  });

  test("[S3] nesting deeper than a stack is a bad frame", () => {
    const depth = maxFrameBytes / 2 - 100;
    const text = `{"type":"turn-submit","turnId":"t","input":{"prompt":"a"},"params":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
    expect(problemOf(text)).toMatchObject({ code: "bad-frame" });
    expect(problemOf("[".repeat(maxFrameBytes))).toMatchObject({ code: "bad-frame" });
  });

  test("a long key of the sender's choice is not sent back", () => {
    expect(
      problemOf({ ...submit, params: { ["k".repeat(3000)]: undefined, a: { ["k".repeat(3000)]: "x".repeat(5000) } } })
        ?.detail.length,
    ).toBeLessThan(200);
  });
});

test("[T1] half an emoji in a frame becomes U+FFFD before anything is made of it", () => {
  const half = "\uD83D";
  const frame = {
    type: "turn-submit",
    turnId: "a",
    input: { messages: [{ role: "user", content: `cut ${half}` }] },
    params: { [half]: half },
  };
  expect(parseClientFrame(JSON.stringify(frame))).toEqual({
    ok: true,
    value: {
      ...frame,
      input: { messages: [{ role: "user", content: "cut \uFFFD" }] },
      params: { "\uFFFD": "\uFFFD" },
    },
  });
});
