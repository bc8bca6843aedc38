/** Where an answer that came whole is cut (U6): properties over any text, and what it looks like over ordinary ones. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import * as pace from "../../../../party/core/turn/simulated-pace.ts";
import { lengthOf } from "../../../../shared/content.ts";

/** Text as models write it and as they do not: clusters of many units, long runs, several scripts, blanks. */
const pieces = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "👩‍👩‍👧‍👦",
    "🇨🇭",
    "e\u0301",
    "한국어",
    "நி",
    "क्षि",
    "\r\n",
    "   ",
    "。",
    "你好世界",
    "ภาษาไทย",
    "hello, ",
  ),
  fc.integer({ min: 1, max: 200 }).map((length) => "x".repeat(length)),
);
const anyText = fc.array(pieces, { maxLength: 60 }).map((all) => all.join(""));
const everyMs = fc.integer({ min: 1, max: 500 });
const maxMs = fc.integer({ min: 0, max: 20_000 });

const paceOf = (...args: Parameters<typeof pace.paceOf>) => [...pace.paceOf(...args)];

const cut = (text: string, offsets: readonly number[]) =>
  offsets.map((offset, index) => text.slice(offsets[index - 1] ?? 0, offset));

describe("[U6] the pace", () => {
  test("ends with the text, grows at each step, and is done in time", () => {
    fc.assert(
      fc.property(anyText, everyMs, maxMs, (text, every, max) => {
        const offsets = paceOf(text, every, max);
        expect(offsets.at(-1)).toBe(text === "" ? undefined : text.length);
        expect(offsets.every((offset, index) => offset > (offsets[index - 1] ?? 0))).toBe(true);
        expect(offsets.length).toBeLessThanOrEqual(Math.max(1, max / every));
      }),
    );
  });

  test("never cuts inside a character as people see it", () => {
    const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
    fc.assert(
      fc.property(anyText, everyMs, maxMs, (text, every, max) => {
        const starts = new Set([...graphemes.segment(text)].map(({ index }) => index).concat(text.length));
        for (const offset of paceOf(text, every, max)) expect(starts).toContain(offset);
      }),
    );
  });

  test("goes word by word, each with the blanks and marks that follow it", () => {
    const show = (text: string) => cut(text, paceOf(text, 150, 20_000));
    expect(show("Hello, world! It is me.")).toEqual(["Hello, ", "world! ", "It ", "is ", "me."]);
    expect(show("你好，世界。再见")).toEqual(["你好，", "世界。", "再见"]);
  });

  test("begins with a word and ends in time however long the text is", () => {
    const text = "The quick brown fox jumps over the lazy dog. ".repeat(200);
    const steps = cut(text, paceOf(text, 150, 20_000));
    expect(steps.slice(0, 3)).toEqual(["The ", "quick ", "brown "]);
    expect(steps.length).toBeLessThanOrEqual(133);
    const size = (from: number, to: number) => steps.slice(from, to).join("").length;
    expect(size(100, 120)).toBeGreaterThan(size(60, 80));
    expect(size(60, 80)).toBeGreaterThan(size(0, 20));
  });

  test("cuts inside a run that has no words, such as base64", () => {
    const steps = cut("QUJD".repeat(500), paceOf("QUJD".repeat(500), 150, 20_000));
    expect(steps.length).toBeGreaterThan(20);
    expect(steps[0]).toHaveLength(16);
  });

  test("shows all at once where there is no time to pace", () => {
    for (const [every, max] of [
      [150, 0],
      [150, 149],
      [0, 20_000],
    ] as const)
      expect(paceOf("one two three", every, max)).toEqual([13]);
  });

  test("counts a part that is no text as one, and cuts around it", () => {
    const tool = {
      type: "tool-input-available",
      toolCallId: "a",
      toolName: "clock",
      input: null,
      providerExecuted: true,
    } as const;
    const parts = [
      { type: "reasoning-delta", delta: "Hm, so." },
      tool,
      { type: "text-delta", delta: "It is noon." },
    ] as const;
    const offsets = [...pace.paceParts(parts, 150, 20_000)];
    expect(offsets).toEqual([4, 7, 8, 11, 14, 19]);
    expect(offsets.at(-1)).toBe(lengthOf(parts));
  });

  test("cuts a million units between words and characters, whatever the script", () => {
    for (const unit of ["some words, ", "在边缘处理请求。", "ภาษาไทย ", "👩‍👩‍👧‍👦", "क्षिति ", "한국어 "]) {
      const text = unit.repeat(Math.floor(1_048_576 / unit.length));
      const offsets = paceOf(text, 150, 20_000);
      expect(offsets.length, unit).toBeGreaterThan(100);
      expect(offsets.at(-1)).toBe(text.length);
      const starts = new Set(
        [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(unit + unit)].map(({ index }) => index),
      );
      for (const offset of offsets) expect(starts).toContain(offset % unit.length);
    }
  });

  test("shows what has no place to cut, such as a million combining marks, at once", () => {
    for (const unit of ["\u0301", "🇨🇭"]) {
      const text = unit.repeat(Math.floor(1_048_576 / unit.length));
      const offsets = paceOf(text, 150, 20_000);
      expect(offsets.at(-1)).toBe(text.length);
      expect(offsets.every((offset) => offset % unit.length === 0)).toBe(true);
    }
  });

  test("looks at a bounded part of the text for each step, so that it never holds the thread", () => {
    const segment = vi.spyOn(Intl.Segmenter.prototype, "segment");
    for (const unit of ["在边缘", "a ", "x", "\u0301", " ", "👩‍👩‍👧‍👦", "🇨🇭"]) {
      const text = unit.repeat(Math.floor(1_048_576 / unit.length));
      const steps = pace.paceOf(text, 150, 20_000);
      for (let isDone = false; !isDone; ) {
        segment.mockClear();
        isDone = steps.next().done === true;
        const units = segment.mock.calls.reduce((sum, [of]) => sum + of.length, 0);
        expect(units, unit).toBeLessThan(16 * 1_024);
      }
    }
    segment.mockRestore();
  });
});
