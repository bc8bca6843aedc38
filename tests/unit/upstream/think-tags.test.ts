/** Reasoning in tags: where it is taken for reasoning, and where it stays text. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ThinkTags } from "../../../party/upstream/dialects/think-tags.ts";

function split(pieces: readonly string[]): { text: string; reasoning: string } {
  const found = { text: "", reasoning: "" };
  const tags = new ThinkTags();
  const emit = (kind: "text" | "reasoning", text: string) => {
    found[kind] += text;
  };
  for (const piece of pieces) tags.push(piece, emit);
  tags.end(emit);
  return found;
}

describe("[U5] reasoning in tags", () => {
  test.each([
    ["<think>Hm</think>Noon", "Noon", "Hm"],
    ["<think>\nHm\n</think>\n\nNoon", "Noon", "\nHm\n"],
    ["\n <thinking>Hm</thinking>Noon", "Noon", "Hm"],
    ["<thought>Hm</thought>Noon", "Noon", "Hm"],
    ["<think></think>Noon", "Noon", ""],
    ["<think>never closed", "", "never closed"],
    ["<think>a < b </thin> c</think>d", "d", "a < b </thin> c"],
    ["Noon <think>is a tag</think>", "Noon <think>is a tag</think>", ""],
    ["<thinker>", "<thinker>", ""],
    ["<b>Noon</b>", "<b>Noon</b>", ""],
    ["  <", "  <", ""],
    ["", "", ""],
  ])("%j is the text %j and the reasoning %j, however it is cut", (written, text, reasoning) => {
    expect(split([written])).toEqual({ text, reasoning });
    expect(split([...written])).toEqual({ text, reasoning });
    for (let at = 0; at <= written.length; at += 1)
      expect(split([written.slice(0, at), written.slice(at)])).toEqual({ text, reasoning });
  });

  test("loses no character of anything else", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (pieces) => {
        const written = pieces.join("");
        fc.pre(!/^\s*<th/.test(written));
        expect(split(pieces)).toEqual({ text: written, reasoning: "" });
      }),
    );
  });
});
