/** Rows of an answer: how parts share them, and that none is larger than a stored value may be. */
import { serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textRows } from "../../../../party/core/log/changes.ts";
import { storedBytes } from "../../../../party/core/log/stored-bytes.ts";
import { joinParts, type Part, unitsOf } from "../../../../shared/content.ts";

interface Row {
  readonly from: number;
  readonly parts: readonly Part[];
  readonly mark?: unknown;
}

const rowsOf = (from: number, parts: readonly Part[], mark?: { eventId: string; offset: number }) =>
  textRows(from, parts, mark) as Row[];

describe("rows of an answer", () => {
  test("hold two thousand small parts in a few dozen rows", () => {
    const parts = Array.from({ length: 2_000 }, (_, value): Part => ({ type: "data-p", data: value }));
    expect(rowsOf(0, parts).length).toBeLessThan(20);
  });

  test("name where their first part begins, also after text and other parts shared a row", () => {
    const long: Part = { type: "text-delta", delta: "長".repeat(20_000) };
    const tool: Part = { type: "data-n", data: 1 };
    const rows = rowsOf(100, [tool, long, tool, { type: "text-delta", delta: "end" }], { eventId: "7", offset: 9 });
    let at = 100;
    for (const { from, parts } of rows) {
      expect(from).toBe(at);
      for (const part of parts) at += unitsOf(part);
    }
    expect(at).toBe(100 + 1 + 20_000 + 1 + 3);
    expect(rows.map(({ mark }) => mark !== undefined)).toEqual(rows.map((_, index) => index === rows.length - 1));
  });

  const value = fc.jsonValue({ maxDepth: 4 });
  const part: fc.Arbitrary<Part> = fc.oneof(
    fc.record({ type: fc.constant("text-delta" as const), delta: fc.string({ unit: "grapheme", maxLength: 400 }) }),
    fc.record({ type: fc.constant("data-n"), data: value }),
    fc.record({
      type: fc.constant("data-n"),
      data: fc.array(fc.double({ noNaN: true }), { maxLength: 300 }),
    }),
  );

  test("hold every part once and in order, each row below 64 KiB however the host serializes it", () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 200 }), (parts) => {
        const rows = rowsOf(0, parts);
        for (const row of rows) expect(serialize(row).byteLength).toBeLessThan(65_536);
        const all = rows.reduce<Part[]>((joined, row) => joinParts(joined, row.parts), []);
        expect(all).toEqual(joinParts([], parts));
      }),
      { numRuns: 60 },
    );
  });

  test("are counted with an upper bound of their serialized size", () => {
    fc.assert(
      fc.property(value, (any) => {
        // The serializer's header counts once for a whole row.
        expect(serialize(any).byteLength).toBeLessThanOrEqual(storedBytes(any) + 2);
      }),
    );
  });
});
