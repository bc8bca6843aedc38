/** What is known of JSON that is cut anywhere, beside what the AI SDK's clients make of it. */
import { parsePartialJson as parseDirectly } from "ai";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePartialJson } from "../../../shared/partial-json.ts";

test("JSON that is cut anywhere is what the AI SDK makes of it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 3 }), fc.nat(200), async (json, cut) => {
      const text = json.slice(0, cut % (json.length + 1));
      // The SDK reads no exponent of a number that ends the text.
      fc.pre(!/\d[eE]/.test(text));
      // It refuses this key; a stream that has it is malformed before anybody parses it.
      fc.pre(!text.includes("__proto__"));
      // It ends a key at its first quote, also at one that is escaped, and then reads something else.
      fc.pre(!hasQuoteInKey(JSON.parse(json)));
      const { value } = await parseDirectly(text);
      expect(parsePartialJson(text)).toEqual(value);
    }),
    { numRuns: 1_000 },
  );
});

function hasQuoteInKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, item]) => key.includes('"') || hasQuoteInKey(item));
}

test.each([
  ["", undefined],
  ["{", {}],
  ['{"a', {}],
  ['{"a":', {}],
  ['{"a":1.', { a: 1 }],
  ['{"a":-', {}],
  ['{"a":tr', { a: true }],
  ['{"a":"x\\u00e', { a: "x" }],
  ['{"a":"x\\', { a: "x" }],
  ['{"a":["{","b', { a: ["{", "b"] }],
  ['{"a":{"b":2},"c"', { a: { b: 2 } }],
  ["no JSON", undefined],
  ['{"a":1}[2', { a: 1 }],
])("%j is known as %j", (text, value) => {
  expect(parsePartialJson(text)).toEqual(value);
});

test("a key __proto__ is a key like any other", () => {
  const value = parsePartialJson('{"__proto__":{"polluted":1},"a":"b') as object;
  expect(Object.keys(value)).toEqual(["__proto__", "a"]);
  expect("polluted" in {}).toBe(false);
});
