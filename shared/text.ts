/**
 * Facts about strings that both sides need: sizes as a wire counts them, and text cut where it may be cut.
 * Everything counts UTF-16 units, as JavaScript does, because an offset (design §4) is such a count.
 */

/** Bytes of `text` in UTF-8. Here because ES alone has no encoder; a lone surrogate counts as U+FFFD, three bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 2;
      index += 1;
    } else bytes += 2;
  }
  return bytes;
}

/**
 * The same JSON value with U+FFFD in place of each lone surrogate, in every string and key: a cut paste leaves half an emoji,
 * which UTF-8 can't carry and backends refuse. Only for values that are whole: a delta of an answer may end within a pair.
 */
export function wellFormed<T>(value: T): T {
  return mended(value) as T;
}

function mended(value: unknown): unknown {
  // In a Unicode-aware pattern a surrogate pair is one character, so the class matches lone surrogates alone.
  if (typeof value === "string") return value.replace(/[\uD800-\uDFFF]/gu, "\uFFFD");
  if (Array.isArray(value)) return value.map(mended);
  if (typeof value !== "object" || value === null || "toJSON" in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [mended(key), mended(item)]));
}

/** Whether JSON may hold a lone surrogate: only an escape can bring one, because the text itself came as UTF-8. */
export function mayBeIllFormed(json: string): boolean {
  return /\\u[dD][89a-fA-F]/.test(json);
}

export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

export function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** The greatest cut ≤ `end` of `text` that does not part a surrogate pair. */
export function safeCut(text: string, end: number): number {
  if (end <= 0 || end >= text.length) return Math.min(Math.max(end, 0), text.length);
  return isHighSurrogate(text.charCodeAt(end - 1)) && isLowSurrogate(text.charCodeAt(end)) ? end - 1 : end;
}

/** A close reason that fits: at most 123 bytes of UTF-8 (RFC 6455 §5.5); longer ones make `close()` throw. */
export function closeReason(text: string): string {
  if (utf8Length(text) <= 123) return text;
  let cut = Math.min(text.length, 123);
  while (cut > 0 && utf8Length(text.slice(0, cut)) > 123) cut = safeCut(text, cut - 1);
  return text.slice(0, cut);
}
