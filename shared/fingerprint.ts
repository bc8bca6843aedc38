/**
 * A short name for a value's exact JSON, to tell "the same submit again" from "another submit under the same id" (T1).
 * Not cryptographic and need not be: who collides on purpose only confuses a turn of their own.
 */

/** 64-bit FNV-1a over UTF-16 units in two halves, as 16 hex digits. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fingerprint(value: unknown): string {
  const text = stableJson(value);
  let low = 0x84222325;
  let high = 0xcbf29ce4;
  for (let index = 0; index < text.length; index += 1) {
    low = (low ^ text.charCodeAt(index)) >>> 0;
    // hash *= 0x100000001b3, in 32-bit halves.
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + (low << 8) + Math.floor(product / 0x1_0000_0000)) >>> 0;
    low = product >>> 0;
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

/** JSON with keys in order, so that two clients that build the same object differently agree. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : item,
  );
}
