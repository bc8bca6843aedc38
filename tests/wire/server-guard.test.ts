/** The hand-written guard of the client held against the schemas it stands in for. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ServerFrame, serverFrame } from "../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView } from "../../shared/transcript.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { arbitraryOf } from "./arbitrary.ts";

const frames = arbitraryOf(serverFrame);
/** Something for a frame to be folded into. */
const view: RoomView = {
  ...EMPTY_VIEW,
  epoch: "e",
  seq: 5,
  turns: [
    { id: "a", state: "streaming", parts: [{ type: "text-delta", delta: "abc" }], length: 3 },
    { id: "__proto__", state: "settled", parts: [], length: 0 },
    { id: "constructor", state: "queued", parts: [], length: 0, position: 0 },
  ],
};

test("every frame the schema takes passes the guard unchanged", () => {
  fc.assert(
    fc.property(frames, (frame) => {
      expect(parseServerFrame(JSON.stringify(frame))).toEqual(JSON.parse(JSON.stringify(frame)));
    }),
    { numRuns: propertyRuns(1000) },
  );
});

test("fields and types of a newer server are let through and ignored", () => {
  expect(parseServerFrame('{"type":"presence","viewers":1,"colour":"red"}')).toMatchObject({ viewers: 1 });
  expect(parseServerFrame('{"type":"turn-applause","turnId":"a"}')).toBeUndefined();
});

test.each([
  "",
  "pong",
  "null",
  "1",
  "[]",
  '"x"',
  "{}",
  '{"type":"__proto__"}',
  '{"type":"constructor"}',
  '{"type":["sync"]}',
])("is not a frame: %s", (text) => {
  expect(parseServerFrame(text)).toBeUndefined();
});

test("a frame without a field that its type needs is dropped; the two that may be missing read as no", () => {
  const mayBeMissing = new Set(["willRetry", "retryable"]);
  for (const option of serverFrame.def.options) {
    const required = Object.entries(option.def.shape).filter(([, field]) => field.def.type !== "optional");
    const frame: Record<string, unknown> = { ...fc.sample(arbitraryOf(option), 1)[0] };
    for (const [key] of required) {
      const { [key]: _, ...rest } = frame;
      expect([frame["type"], key, parseServerFrame(JSON.stringify(rest)) === undefined]).toEqual([
        frame["type"],
        key,
        !mayBeMissing.has(key),
      ]);
    }
  }
});

describe("a room that lies", () => {
  test("one missing field makes a frame that the guard drops or that folds all the same", () => {
    fc.assert(
      fc.property(frames, fc.nat(), (frame, pick) => {
        const broken = structuredClone(frame);
        const holders = objectsIn(broken);
        const holder = holders[pick % holders.length] as Record<string, unknown>;
        const keys = Object.keys(holder);
        delete holder[keys[pick % Math.max(keys.length, 1)] ?? ""];
        foldWhatPasses(broken);
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  test("one field of a wrong type makes a frame that the guard drops or that folds all the same", () => {
    fc.assert(
      fc.property(frames, fc.nat(), fc.jsonValue({ maxDepth: 1 }), (frame, pick, value) => {
        const broken = structuredClone(frame);
        const holders = objectsIn(broken);
        const holder = holders[pick % holders.length] as Record<string, unknown>;
        const keys = Object.keys(holder);
        holder[keys[pick % Math.max(keys.length, 1)] ?? "x"] = value;
        foldWhatPasses(broken);
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  test.each([
    ["an offset below zero", { type: "turn-delta", turnId: "a", offset: -1, parts: [] }],
    ["half an offset", { type: "turn-delta", turnId: "a", offset: 0.5, parts: [] }],
    ["a text that is none", { type: "turn-delta", turnId: "a", offset: 0, parts: [{ type: "text-delta", delta: 1 }] }],
    ["a part that is none", { type: "turn-delta", turnId: "a", offset: 0, parts: [null] }],
    ["a turn that is none", { type: "sync", epoch: "e", seq: 1, floor: 0, mode: "delta", turns: [null] }],
    [
      "a prompt that is none",
      { type: "turn-queued", seq: 1, turnId: "a", author: "a", createdAt: 1, position: 0, input: 3 },
    ],
  ])("%s is dropped", (_, frame) => {
    expect(parseServerFrame(JSON.stringify(frame))).toBeUndefined();
  });
});

function foldWhatPasses(frame: unknown): void {
  const parsed = parseServerFrame(JSON.stringify(frame));
  if (parsed === undefined) return;
  for (const start of [EMPTY_VIEW, view, { ...view, seq: seqBefore(parsed) }]) {
    const folded = foldFrame(start, parsed).view;
    for (const turn of folded.turns) expect(Number.isSafeInteger(turn.length)).toBe(true);
    haveOf(folded);
  }
}

function seqBefore(frame: ServerFrame): number {
  return "seq" in frame ? Math.max(frame.seq - 1, 0) : 5;
}

function objectsIn(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [...(Array.isArray(value) && value.length === 0 ? [] : [value]), ...Object.values(value).flatMap(objectsIn)];
}
