import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Content,
  isRun,
  isSameRun,
  joinParts,
  lengthOf,
  type Part,
  type RunPart,
  sliceParts,
  splitsPair,
  TextRepairer,
  textIn,
  textOf,
  textPart,
  unitsOf,
  withText,
} from "../../../shared/content.ts";

const wellFormed = fc.string({ unit: fc.constantFrom("a", "b", "é", "世", "😀", "👩‍💻"), minLength: 1, maxLength: 12 });
const part: fc.Arbitrary<Part> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        type: fc.constantFrom("text-delta" as const, "reasoning-delta" as const),
        id: fc.constantFrom("0", "__proto__"),
        delta: wellFormed,
      },
      { requiredKeys: ["type", "delta"] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("tool-input-delta" as const),
      toolCallId: fc.constantFrom("0", "1"),
      inputTextDelta: wellFormed,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom("tool-output-available", "text-start", "made-up-next-year"),
      value: fc.jsonValue({ maxDepth: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("data-x"), data: fc.jsonValue() }) },
  // What comes with a delta beside its text counts one.
  { weight: 1, arbitrary: fc.constant({ type: "text-delta", id: "0", delta: "", providerMetadata: {} }) },
);
const parts = fc.array(part, { maxLength: 8 });
const offset = fc.nat({ max: 90 });

/** The slow and obvious model: one item per unit. */
type Unit = { run: RunPart; unit: string } | { part: Part };
function unitsIn(list: readonly Part[]): Unit[] {
  return list.flatMap((item): Unit[] =>
    isRun(item)
      ? Array.from({ length: textIn(item).length }, (_, at) => ({
          run: withText(item, ""),
          unit: textIn(item).charAt(at),
        }))
      : [{ part: item }],
  );
}
function splitsAt(list: readonly Part[], at: number): boolean {
  const units = unitsIn(list);
  const [before, after] = [units[at - 1], units[at]];
  return (
    before !== undefined &&
    after !== undefined &&
    "unit" in before &&
    "unit" in after &&
    isSameRun(before.run, after.run) &&
    splitsPair(before.unit + after.unit, 1)
  );
}
const down = (list: readonly Part[], at: number) => (splitsAt(list, at) ? at - 1 : at);
/** Cuts that part no pair, as every sender makes them. */
const cutsOf = (list: readonly Part[], cuts: readonly number[]) =>
  [...new Set(cuts.map((cut) => down(list, cut % (lengthOf(list) + 1))))].sort((a, b) => a - b);

describe("arithmetic on parts", () => {
  test("a slice is the units between its bounds, bounds inside a pair moved down", () => {
    fc.assert(
      fc.property(parts, offset, offset, (list, from, to) => {
        // Neighbours of one kind are one part in an answer.
        const joined = joinParts([], list);
        const expected = unitsIn(joined).slice(down(joined, from), Math.max(down(joined, to), down(joined, from)));
        if (from <= to) expect(unitsIn(sliceParts(joined, from, to))).toEqual(expected);
        expect(sliceParts(joined, from, to).every((item) => unitsOf(item) > 0)).toBe(true);
      }),
    );
  });

  test("no slice holds half a character", () => {
    fc.assert(
      fc.property(parts, offset, offset, (list, from, to) => {
        for (const item of sliceParts(list, from, to)) {
          if (isRun(item)) expect(textIn(item).isWellFormed()).toBe(true);
        }
      }),
    );
  });

  test("what is before a cut and what is after it join to the whole", () => {
    fc.assert(
      fc.property(parts, offset, (list, at) => {
        const whole = joinParts([], list);
        expect(joinParts(sliceParts(whole, 0, at), sliceParts(whole, down(whole, at)))).toEqual(whole);
      }),
    );
  });

  test("joining is associative, adds up lengths, and changes neither input", () => {
    fc.assert(
      fc.property(parts, parts, parts, (a, b, c) => {
        const before = structuredClone([a, b]);
        const [x, y, z] = [joinParts([], a), joinParts([], b), joinParts([], c)];
        expect(joinParts(joinParts(x, y), z)).toEqual(joinParts(x, joinParts(y, z)));
        expect(lengthOf(joinParts(a, b))).toBe(lengthOf(a) + lengthOf(b));
        expect([a, b]).toEqual(before);
      }),
    );
  });

  test("any re-cut of a stream joins to the same answer", () => {
    fc.assert(
      fc.property(parts, fc.array(offset), (list, at) => {
        const whole = joinParts([], list);
        const cuts = [0, ...cutsOf(whole, at), lengthOf(whole)];
        const pieces = cuts.slice(1).map((to, index) => sliceParts(whole, cuts[index] ?? 0, to));
        expect(pieces.reduce<Part[]>(joinParts, [])).toEqual(whole);
      }),
    );
  });

  test("textOf is the text parts alone", () => {
    expect(
      textOf([
        { type: "reasoning-delta", delta: "hm" },
        { type: "text-delta", delta: "a" },
        { type: "data-n", data: 1 },
        { type: "text-delta", delta: "b" },
      ]),
    ).toBe("ab");
  });
});

describe("Content", () => {
  const grown = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ append: parts }) },
      { weight: 1, arbitrary: fc.record({ long: fc.integer({ min: 1, max: 3000 }) }) },
      { weight: 1, arbitrary: fc.record({ cut: offset }) },
    ),
    { maxLength: 12 },
  );

  test("however it grew and was cut, it equals the plain list of parts", () => {
    fc.assert(
      fc.property(grown, fc.nat({ max: 7000 }), fc.nat({ max: 7000 }), (steps, from, to) => {
        const content = new Content();
        let plain: Part[] = [];
        for (const step of steps) {
          const more = "append" in step ? step.append : "long" in step ? [textPart("text", "x".repeat(step.long))] : [];
          content.append(more);
          plain = joinParts(plain, more);
          if ("cut" in step) {
            const at = lengthOf(plain) - step.cut;
            content.cut(at);
            plain = sliceParts(plain, 0, at);
          }
        }
        expect(content.length).toBe(lengthOf(plain));
        expect(content.parts()).toEqual(plain);
        expect(content.slice(from, to)).toEqual(from < to ? sliceParts(plain, from, to) : []);
        expect(content.slice(from)).toEqual(sliceParts(plain, from));
      }),
    );
  });

  test("flushing every piece of a long answer stays near linear", () => {
    const flushed = (pieces: number) => {
      const content = new Content();
      let copied = 0;
      for (let piece = 0; piece < pieces; piece += 1) {
        const at = content.length;
        content.append([{ type: "text-delta", delta: "word " }]);
        copied += lengthOf(content.slice(at));
      }
      return copied;
    };
    expect(flushed(50_000)).toBe(250_000);
  });
});

describe("TextRepairer", () => {
  const units = fc.array(fc.constantFrom("a", "世", "\uD83D", "\uDE00", "😀", "\uD800", "\uDFFF"), { maxLength: 20 });

  test("whatever the cuts, the output is the well-formed whole", () => {
    fc.assert(
      fc.property(units, fc.array(fc.nat(25)), (list, at) => {
        const whole = list.join("");
        const cuts = [0, ...at.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
        const repairer = new TextRepairer();
        const pieces = cuts.slice(1).map((to, index) => repairer.push(whole.slice(cuts[index], to)));
        expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
        expect(pieces.join("") + repairer.end()).toBe(whole.toWellFormed());
        expect(repairer.holding).toBe(false);
        expect(repairer.end()).toBe("");
      }),
    );
  });

  test("holds back half a pair, and says so", () => {
    const repairer = new TextRepairer();
    expect(repairer.push("a\uD83D")).toBe("a");
    expect(repairer.holding).toBe(true);
    expect(repairer.push("")).toBe("");
    expect(repairer.push("\uDE00b")).toBe("😀b");
    expect(repairer.holding).toBe(false);
  });
});
