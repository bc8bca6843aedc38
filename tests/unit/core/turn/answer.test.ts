/** An answer in memory: its longest length, its mark for a resume, and what of it counts as logged (T6, U6, U7). */
import { describe, expect, test } from "vitest";
import { Answer } from "../../../../party/core/turn/answer.ts";
import type { Part } from "../../../../shared/content.ts";
import { defined } from "../../../../shared/defined.ts";

const limit = 11;
const text = (content: string): Part => ({ type: "text-delta", delta: content });
const read = (content: string, eventId?: string) => ({
  parts: [text(content)],
  ...defined({ eventId }),
});
const contentOf = (answer: Answer) =>
  answer
    .parts()
    .map((part) => ("delta" in part ? part.delta : "<part>"))
    .join("");

describe("[T6] the longest answer", () => {
  test.each([
    ["reaches the limit", ["0123456789", "A"], "0123456789A"],
    ["would exceed it", ["0123456789ABC"], "0123456789A"],
    ["has a surrogate pair that straddles it, which is left out whole", ["0123456789😀"], "0123456789"],
    ["has such a pair in two reads", ["0123456789\uD83D", "\uDE00"], "0123456789"],
  ])("is full when it %s", (_how, reads, kept) => {
    const answer = new Answer();
    const growths = reads.map((content) => answer.take(read(content), limit));
    expect(growths.at(-1)).toBe("full");
    expect(growths.slice(0, -1)).not.toContain("full");
    expect(contentOf(answer)).toBe(kept);
    answer.take(read("more"), limit);
    expect(contentOf(answer)).toBe(kept);
  });

  test("is not full one unit before the limit", () => {
    const answer = new Answer();
    expect(answer.take(read("0123456789"), limit)).toBe("grown");
    expect(answer.take({ parts: [] }, limit)).toBe("none");
  });

  test("counts what a resume sends again once", () => {
    const answer = new Answer();
    answer.take(read("01234", "1"), limit);
    answer.take(read("56789"), limit);
    answer.rewind(true);
    expect(answer.take(read("56789", "2"), limit)).toBe("none");
    expect(answer.mark).toEqual({ eventId: "2", offset: 10 });
    expect(contentOf(answer)).toBe("0123456789");
  });
});

describe("[U7] the mark that a resume continues from", () => {
  test("is the answer's length after an event, without what is still to be skipped", () => {
    const answer = new Answer();
    answer.take(read("Hello", "1"), limit);
    answer.take(read(" you"), limit);
    answer.rewind(true);
    // The resumed stream sends " you" again in two events; the mark follows the stream, not the answer.
    answer.take(read(" y", "2"), limit);
    expect(answer.mark).toEqual({ eventId: "2", offset: 7 });
    answer.rewind(true);
    answer.take(read("ou", "3"), limit);
    expect(answer.mark).toEqual({ eventId: "3", offset: 9 });
    expect(contentOf(answer)).toBe("Hello you");
  });

  test("stays before an event whose last half of a surrogate pair is held back", () => {
    const answer = new Answer();
    answer.take(read("Hi", "1"), limit);
    answer.take(read("\uD83D", "2"), limit);
    expect(answer.mark).toEqual({ eventId: "1", offset: 2 });
    answer.rewind(true);
    // The half that was held belongs to the stream that broke: the resumed one sends the pair again.
    answer.take(read("😀", "2"), limit);
    expect(contentOf(answer)).toBe("Hi😀");
    expect(answer.mark).toEqual({ eventId: "2", offset: 4 });
  });

  test("is forgotten by a new attempt, whose stream begins anew", () => {
    const answer = new Answer();
    answer.take({ parts: [], eventId: "1" }, limit);
    answer.rewind(false);
    expect(answer.mark).toBeUndefined();
    answer.take(read("Hi"), limit);
    expect(contentOf(answer)).toBe("Hi");
  });

  test("is stored with the last row alone, because only there all of its event is logged", () => {
    const answer = new Answer();
    answer.take({ parts: [text("x".repeat(20_000))], eventId: "1" }, 1_000_000);
    const { rows } = answer.takeUnlogged();
    expect(rows.map((row) => (row as { mark?: unknown }).mark)).toEqual([undefined, { eventId: "1", offset: 20_000 }]);
  });
});

describe("the logged part of an answer", () => {
  test("[U6] is all that has arrived, not what is shown of it", () => {
    const answer = new Answer();
    answer.take(read("whole words"), 1_000);
    answer.show(0);
    expect(answer.takeUnlogged().rows).toHaveLength(1);
    expect(answer.loggedLength).toBe(11);
    answer.show(5);
    expect(answer.takeUnlogged()).toEqual({ firstRow: 1, rows: [] });
  });

  test("[U6] ends where a stop cut the answer", () => {
    const answer = new Answer();
    answer.take(read("whole words"), 1_000);
    answer.show(5);
    answer.takeUnlogged();
    answer.cutToShown();
    expect([answer.length, answer.arrived, answer.loggedLength]).toEqual([5, 5, 5]);
  });

  test("[U6] is restored up to the end of a turn that was stopped while it was shown", () => {
    const parts = [text("whole words")];
    const answer = Answer.restored({ parts, rows: 1, mark: undefined }, 5);
    expect(contentOf(answer)).toBe("whole");
  });
});
