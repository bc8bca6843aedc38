import fc from "fast-check";
import { expect, test } from "vitest";
import {
  closeReason,
  isHighSurrogate,
  isLowSurrogate,
  mayBeIllFormed,
  safeCut,
  utf8Length,
  wellFormed,
} from "../../../shared/text.ts";

/** Strings of any units, lone surrogates and pairs among them. */
const anyText = fc.string({ unit: fc.oneof(fc.constantFrom("a", "é", "世", "😀", "\uD83D", "\uDE00"), fc.string()) });

test("utf8Length counts what an encoder would write, lone surrogates included", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});

test("safeCut moves at most one unit down, and only where it would part a pair", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: -2, max: 30 }), (text, end) => {
      const cut = safeCut(text, end);
      const asked = Math.min(Math.max(end, 0), text.length);
      const parts = isHighSurrogate(text.charCodeAt(asked - 1)) && isLowSurrogate(text.charCodeAt(asked));
      expect(cut).toBe(parts ? asked - 1 : asked);
    }),
  );
});

test("a close reason is a start of the text that fits 123 bytes, whole characters only", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
      const reason = closeReason(text);
      expect(text.startsWith(reason)).toBe(true);
      expect(utf8Length(reason)).toBeLessThanOrEqual(123);
      expect(reason.isWellFormed()).toBe(true);
      // Nothing was given away: one more character would not have fit.
      const next = String.fromCodePoint(text.codePointAt(reason.length) ?? 0);
      if (reason !== text) expect(utf8Length(reason + next)).toBeGreaterThan(123);
    }),
  );
  expect(closeReason(`${"a".repeat(122)}😀`)).toBe("a".repeat(122));
});

test("wellFormed replaces lone surrogates as `toWellFormed` does, in every string and key of a JSON value", () => {
  fc.assert(
    fc.property(anyText, anyText, (text, key) => {
      expect(wellFormed(text)).toBe(text.toWellFormed());
      expect(wellFormed({ [key]: [text, 1, null, { deep: text }] })).toEqual({
        [key.toWellFormed()]: [text.toWellFormed(), 1, null, { deep: text.toWellFormed() }],
      });
    }),
  );
});

test("mayBeIllFormed recognises every JSON text that brings a lone surrogate", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      if (!text.isWellFormed()) expect(mayBeIllFormed(JSON.stringify({ text }))).toBe(true);
    }),
  );
  expect(mayBeIllFormed(JSON.stringify({ text: "an emoji 😀 as it is" }))).toBe(false);
});
