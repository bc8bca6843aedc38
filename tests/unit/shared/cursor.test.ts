import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { haveSchema } from "../../../shared/protocol/client-frames.ts";
import { formatCursor, parseCursor } from "../../../shared/protocol/cursor.ts";
import { maxHaveOffsets } from "../../../shared/protocol/limits.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const id = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  fc.constantFrom("__proto__", "constructor", "toString"),
);
const count = fc.nat({ max: 999_999_999_999_999 });
const have = fc.record({
  epoch: fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/),
  seq: count,
  offsets: fc.array(fc.tuple(id, count), { maxLength: maxHaveOffsets }).map((entries) => Object.fromEntries(entries)),
});

test("a cursor reads back as what it was made of", () => {
  fc.assert(
    fc.property(have, (cursor) => {
      expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
    }),
  );
});

test("the largest cursor a hello may hold is readable, and survives an SSE id line and a header", () => {
  const offsets = Object.fromEntries(
    Array.from({ length: maxHaveOffsets }, (_, at) => [`${at}`.padEnd(64, "x"), 10 ** 14]),
  );
  const text = formatCursor({ epoch: "e".repeat(32), seq: 10 ** 14, offsets });
  expect(parseCursor(text)).toEqual({ epoch: "e".repeat(32), seq: 10 ** 14, offsets });
  expect(text).toMatch(/^[\x21-\x7e]+$/);
  expect(encodeURIComponent(text).replaceAll("%3A", ":")).toBe(text);
});

test("whatever is read is a cursor that a hello could hold; the rest is undefined, never an error", () => {
  const almost = fc
    .tuple(have, fc.nat({ max: 60 }), fc.constantFrom("", ".", ":", "-", "1", "\n", "世"))
    .map(([cursor, at, noise]) => {
      const text = formatCursor(cursor);
      return text.slice(0, at) + noise + text.slice(at + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), almost), (text) => {
      const parsed = parseCursor(text);
      if (parsed !== undefined) expect(haveSchema.safeParse(parsed).success).toBe(true);
    }),
    { numRuns: propertyRuns(1000) },
  );
});

describe("is not a cursor", () => {
  test.each([
    ["nothing", ""],
    ["another version", "2.e.1"],
    ["no seq", "1.e"],
    ["an empty epoch", "1..1"],
    ["a negative seq", "1.e.-1"],
    ["a fraction", "1.e.1.5"],
    ["an offset without a turn", "1.e.1.:5"],
    ["a turn without an offset", "1.e.1.t"],
    ["two offsets of one turn", "1.e.1.t:1:2"],
    ["one turn twice", "1.e.1.t:1.t:2"],
    ["a number no offset can be", "1.e.1.t:1e9"],
    ["a number beyond what counts exactly", "1.e.9999999999999999"],
    ["too many turns", `1.e.1${Array.from({ length: maxHaveOffsets + 1 }, (_, at) => `.t${at}:1`).join("")}`],
    ["too long", `1.e.1.${"t".repeat(5000)}:1`],
    ["trailing space", "1.e.1 "],
  ])("%s", (_, text) => {
    expect(parseCursor(text)).toBeUndefined();
  });
});

test("ids that are names of Object.prototype are ids like others", () => {
  const parsed = parseCursor("1.e.1.__proto__:3.constructor:4");
  expect(Object.entries(parsed?.offsets ?? {})).toEqual([
    ["__proto__", 3],
    ["constructor", 4],
  ]);
  expect(({} as Record<string, unknown>)["3"]).toBeUndefined();
});
