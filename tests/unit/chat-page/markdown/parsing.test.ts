import fc from "fast-check";
import type { Element } from "hast";
import { describe, expect, test } from "vitest";
import { completeMarkdown } from "../../../../examples/chat-page/markdown/parser/complete-markdown.ts";
import { maskMath, unmask } from "../../../../examples/chat-page/markdown/parser/mask-math.ts";
import { parseMarkdown } from "../../../../examples/chat-page/markdown/parser/parse-markdown.ts";
import type { Block } from "../../../../examples/chat-page/markdown/parser/parsed-markdown.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const parse = (text: string, isLive = false) => parseMarkdown({ text, from: 0, isLive }).blocks;

/** The text of each leaf with the names of the elements around it. */
function leaves(blocks: readonly Block[]): { readonly text: string; readonly path: string }[] {
  const walk = (element: Element, path: string): { text: string; path: string }[] => {
    const here = `${path}/${element.tagName}`;
    if (element.tagName === "text-run") return [{ text: String(element.properties["text"]), path }];
    if (element.tagName === "math-run") return [{ text: String(element.properties["source"]), path }];
    return element.children.flatMap((child) => (child.type === "element" ? walk(child, here) : []));
  };
  return blocks.flatMap(({ content }) =>
    typeof content === "string" ? [{ text: content, path: "plain" }] : walk(content, ""),
  );
}

const textOf = (blocks: readonly Block[]) =>
  leaves(blocks)
    .map(({ text }) => text)
    .join("");

describe("[C6] a text that grows", () => {
  // No tabs: a fence behind a tab is code for Markdown and a fence for the search for formulas.
  const snippet = fc.constantFrom(
    ..."word |- item\n|1. one\n|   deeper\n|\n|\n\n|```\n|~~~js\n|# head\n|> quote\n|a | b\n|--|--\n|===\n|---\n|    code\n|<div>\n|</div>\n|<!-- |-->|**b**|[x](y)|* * *\n|\r\n|\\\\(a*b\\\\)|\\\\[\n|\\\\]\n|$x$|$$"
      .split("|")
      .filter((text) => text !== "")
      .concat("|a|b|\n", "|-|-|\n", "[r]: /u\n", "[r]"),
  );

  test("gives the same blocks piece by piece as at once", () => {
    fc.assert(
      fc.property(fc.array(snippet, { maxLength: 24 }), (snippets) => {
        let text = "";
        let blocks: readonly Block[] = [];
        let closed = 0;
        let from = 0;
        for (const piece of snippets) {
          text += piece;
          const parsed = parseMarkdown({ text, from, isLive: false });
          const kept = parsed.from === 0 ? [] : blocks.slice(0, closed);
          blocks = [...kept, ...parsed.blocks];
          closed = kept.length + parsed.closed;
          from = parsed.closedUntil;
          expect(leaves(blocks)).toEqual(leaves(parse(text)));
        }
      }),
      {
        numRuns: propertyRuns(200),
        // Seed -1727027876: a formula that is closed late swallows blocks that were final before.
        examples: [
          [["$$", "\\[\n", "- item\n", "<div>\n", "$$"]],
          // Seed -1327588307: backticks behind a dash without a space are no fence.
          [["-->", "```\n", "---\n", "--\n", "===\n", "$x$", "|a|b|\n"]],
          // Seed -381970693: a fence inside of HTML is none, but a formula behind it is looked for as if it were.
          [["<div>\n", "```\n", "\n", "$x$", "\\]\n", "# head\n", "word "]],
        ],
      },
    );
  });

  test("is parsed again only from its open blocks on", () => {
    const { closed, closedUntil } = parseMarkdown({ text: "# a\n\nb\n\nc\n\nd", from: 0, isLive: true });
    expect([closed, closedUntil]).toEqual([2, 8]);
  });

  test("is parsed from its start when a link is defined, because earlier blocks may use it", () => {
    const text = "see [r]\n\nb\n\nc\n\n[r]: https://example.test/";
    expect(parseMarkdown({ text, from: 9, isLive: false })).toMatchObject({ from: 0, closed: 0, closedUntil: 0 });
  });
});

describe("[C6] Markdown that has half arrived", () => {
  const answer = [
    "## Heading",
    "A sentence before a list, with **bold words**, *emphasis*, ~~gone~~ and `code`:",
    "- first **item**",
    "- second [link](https://example.test/a_b)",
    "  - nested",
    "",
    "1. one",
    "2. two",
    "",
    "| name | value |",
    "|------|:-----:|",
    "| a    | **1** |",
    "| b    | 2     |",
    "",
    "> A quote with `code`.",
    "",
    "```ts",
    "const a = `x`; // **not bold**",
    "```",
    "",
    "The product \\(a*b*c\\) and 中文**加粗**文字。",
  ].join("\n");

  test("never shows a text, or an element around it, that later disappears", () => {
    const whole = leaves(parse(answer)).flatMap(({ text, path }) =>
      [...text].map((character) => ({ character, path })),
    );
    for (let length = 1; length <= answer.length; length += 1) {
      const shown = leaves(parse(answer.slice(0, length), true)).flatMap(({ text, path }) =>
        [...text].map((character) => ({ character, path })),
      );
      // Spaces at an end are trimmed once more arrives.
      while (shown.at(-1)?.character.trim() === "") shown.pop();
      expect(shown, JSON.stringify(answer.slice(0, length).slice(-40))).toEqual(whole.slice(0, shown.length));
    }
  });

  test.each([
    ["a sentence before a list", "para\n-", "para"],
    ["a sentence before a rule of equals", "para\n==", "para"],
    ["the number of a list item", "text\n\n1.", "text"],
    ["an opened emphasis", "a **", "a"],
    ["an opened link", "a [label](https://exa", "a label"],
    ["an opened tag", "a <but", "a"],
    ["an opened reference", "a &am", "a"],
    ["an opened fence", "a\n\n``", "a"],
    ["an opened code", "a `co", "a co"],
  ])("shows %s without raw marks", (_, text, shown) => {
    expect(textOf(parse(text, true)).trim()).toBe(shown);
  });

  test("shows the first row of a table as a table, whatever has arrived of the line below", () => {
    for (const rest of ["", " |", " |\n", " |\n|", " |\n|--", " |\n|--|--|", " |\n|--|--|\n"]) {
      expect(parse(`| a | b${rest}`, true), rest).toMatchObject([{ content: { tagName: "table" } }]);
    }
  });

  test("stays as it is inside of code", () => {
    expect(completeMarkdown("```js\nconst a = `x **y")).toBe("```js\nconst a = `x **y");
  });

  test("is complete once the answer has ended", () => {
    expect(textOf(parse("a **b\n\n10"))).toBe("a **b10");
  });
});

describe("[C6] formulas", () => {
  const tex = (text: string, isLive = false) =>
    maskMath(text, isLive).formulas.map((formula) => formula.tex ?? `verbatim ${formula.source}`);

  test.each([
    ["\\(a*b_c\\)", ["a*b_c"]],
    ["\\[\n a\n- b\n= c\n\\]", ["\n a\n- b\n= c\n"]],
    ["$$x$$ and $y_1$", ["x", "y_1"]],
    ["\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}", ["\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}"]],
    ["> \\[ a\n> + b \\]", [" a\n+ b "]],
    ["$5 and $10, US$3-US$4, $HOME/$USER", []],
    ["`$a` and `$b`, `\\(c\\)`", []],
    ["```\n$a$ \\(b\\)\n```\n$c$", ["c"]],
    ["\\\\(not math\\\\)", []],
    ["\\(first\n\nsecond\\)", []],
    ["set \\{x\\}", ["verbatim \\{", "verbatim \\}"]],
  ])("%j contains %j", (text, formulas) => {
    expect(tex(text)).toEqual(formulas);
  });

  test("an unfinished formula of a running answer is kept as it is written", () => {
    expect(textOf(parse("so \\(a*b*c", true))).toBe("so \\(a*b*c");
    expect(textOf(parse("so \\[a*b*c", true))).toBe("so \\[a*b*c");
  });

  test("a formula keeps its backslashes in code, in addresses and in the names of pictures", () => {
    const text = "`\\(a\\)` ![\\(b\\)](https://x.test/) <https://x.test/$c$>";
    expect(JSON.stringify(parse(text))).not.toMatch(/[\uE000\uE001]|%EE/);
  });

  test("every position and every text can be turned back", () => {
    const piece = fc.constantFrom(
      "a",
      " ",
      "\n",
      "$",
      "$$",
      "\\(",
      "\\)",
      "\\[",
      "\\]",
      "\\{",
      "\\",
      "`",
      "```",
      "\uE000",
      "0\uE001",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.boolean(), (pieces, isLive) => {
        const source = pieces.join("").replace(/\uE0000?\uE001/g, "");
        const masked = maskMath(source, isLive);
        expect(unmask(masked.text, masked.formulas)).toBe(source);
        expect(masked.sourceOffset(masked.text.length)).toBe(source.length);
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});

describe("[C6] limits", () => {
  test("a block that is nested too deeply is given as text", () => {
    const deep = `${"> ".repeat(200)}x`;
    expect(parse(`first\n\n${deep}\n\nlast`).map(({ content }) => typeof content)).toEqual([
      "object",
      "string",
      "object",
    ]);
    expect(parse(deep)[0]?.content).toBe(deep);
  });

  test("ordinary nesting is drawn", () => {
    const list = Array.from({ length: 10 }, (_, level) => `${"  ".repeat(level)}- level ${level}`).join("\n");
    expect(typeof parse(`> > ${list.replace(/\n/g, "\n> > ")}`)[0]?.content).toBe("object");
  });

  test("a table whose missing cells would be millions is given as text", () => {
    const bomb = `${"|a".repeat(400)}\n${"|-".repeat(400)}\n${"|\n".repeat(400)}`;
    expect(typeof parse(bomb)[0]?.content).toBe("string");
  });
});
