/**
 * Bad input made from good: valid JSON and texts with something wrong in them, so that most get past the first check and
 * meet a deeper one. From a seed alone: the same seed makes the same inputs.
 */

export type Random = () => number;

/** mulberry32: small, and good enough to pick from lists. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: Random, from: readonly T[]): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new RangeError("nothing to pick from");
  return picked;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that parsers stumble over. */
const hostile: readonly Json[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  -0,
  "",
  " ",
  "\u0000",
  "\ud800",
  "__proto__",
  "constructor",
  "../../etc/passwd",
  "<script>alert(1)</script>",
  "%00",
  "a".repeat(200),
  "文".repeat(3_000),
  "x".repeat(70_000),
  [],
  {},
  [[[[[[[[]]]]]]]],
  Array.from({ length: 100 }, (_, index) => index),
];
const keys = ["__proto__", "constructor", "type", "turnId", "toString", "", "0", "x".repeat(300)];

/** Good JSON with one or two things wrong in it; now and then nothing is. */
export function mutateJson(value: Json, random: Random): Json {
  let mutated = structuredClone(value);
  for (let change = Math.floor(random() * 3); change > 0; change -= 1) mutated = changeOnce(mutated, random);
  return mutated;
}

function changeOnce(value: Json, random: Random): Json {
  if (value === null || typeof value !== "object" || random() < 0.05) return pick(random, hostile);
  if (Array.isArray(value)) {
    if (value.length === 0 || random() < 0.3) return [...value, pick(random, hostile)];
    const index = Math.floor(random() * value.length);
    return value.map((item, at) => (at === index ? changeOnce(item, random) : item));
  }
  const entries = Object.entries(value);
  const index = Math.floor(random() * entries.length);
  const roll = random();
  if (roll < 0.15) entries.splice(index, 1);
  else if (roll < 0.35) entries.push([pick(random, keys), pick(random, hostile)]);
  else if (roll < 0.6) entries[index] = [entries[index]?.[0] ?? "x", pick(random, hostile)];
  else entries[index] = [entries[index]?.[0] ?? "x", changeOnce(entries[index]?.[1] ?? null, random)];
  // Not `fromEntries`: `__proto__` is to be a key like any other, as JSON.parse makes it.
  const made: { [key: string]: Json } = {};
  for (const [key, item] of entries)
    Object.defineProperty(made, key, { value: item, enumerable: true, writable: true, configurable: true });
  return made;
}

const strays = ["\u0000", "\u001f", "\ud83d", "\ufeff", "}", '"', "\\", ",", "1e999", "\n\n", "é"];

/** A text with bytes cut out, put in, or said twice. */
export function mutateText(text: string, random: Random): string {
  const at = Math.floor(random() * (text.length + 1));
  const to = at + Math.floor(random() * Math.min(40, text.length - at + 1));
  const roll = random();
  if (roll < 0.3) return text.slice(0, at) + text.slice(to);
  if (roll < 0.6) return text.slice(0, at) + pick(random, strays) + text.slice(at);
  if (roll < 0.8) return text.slice(0, at) + text.slice(at, to).repeat(3) + text.slice(to);
  if (roll < 0.9) return text.slice(0, at);
  return "[".repeat(Math.floor(random() * 30_000)) + text;
}

/** What must never be told to a stranger: a stack, a path of ours, the backend's words. */
export const upstreamMark = "upstream-words-that-stay-here";
export function leakIn(text: string): string | undefined {
  const leak = /\bat (?:async )?[\w.#<>]+ \(|\.(?:ts|js|mjs):\d+|node_modules|file:\/\/|\/work\/|\/home\//.exec(
    text,
  )?.[0];
  return leak ?? (text.includes(upstreamMark) ? upstreamMark : undefined);
}
