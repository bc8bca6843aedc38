import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSections } from "../src/guide/sections.ts";
import { suggestions } from "../src/guide/suggestions.ts";
import { termsOf } from "../src/guide/words.ts";
import { defaultOptions } from "../src/options.ts";
import { GuideProvider } from "../src/providers/guide.ts";
import { fixturePairs, projectPairs, strangeQuestions } from "./guide-pairs.ts";

const guide = await GuideProvider.load(join(import.meta.dirname, "fixtures", "docs"));

const firstCitation = (answer: string): string | undefined => /^— .+$/m.exec(answer)?.[0];

describe("retrieval", () => {
  test("is proven by at least twenty pairs", () => {
    expect(fixturePairs.length).toBeGreaterThanOrEqual(20);
  });

  test.each(fixturePairs)("$question → $path › $heading", ({ question, path, heading }) => {
    expect(firstCitation(guide.answer(question))).toBe(`— ${path} › ${heading}`);
  });

  test.each(strangeQuestions)("finds nothing for: %s", (question) => {
    const answer = guide.answer(question);
    expect(firstCitation(answer)).toBeUndefined();
    expect(answer).toContain(suggestions[0]?.[/\p{Script=Han}/u.test(question) ? "zh-CN" : "en"]);
  });

  describe.skipIf(projectPairs.length === 0)("in this project's own pages", async () => {
    const own = await GuideProvider.load(defaultOptions().docsDir);

    test.each(projectPairs)("$question → $path › $heading", ({ question, path, heading }) => {
      expect(firstCitation(own.answer(question))).toBe(`— ${path} › ${heading}`);
    });

    test.each(suggestions)("answers its own suggestion: $en", (suggestion) => {
      expect(firstCitation(own.answer(suggestion.en))).toBeDefined();
      expect(firstCitation(own.answer(suggestion["zh-CN"]))).toBeDefined();
    });
  });
});

describe("an answer", () => {
  test("keeps a code block whole, blank lines and all", () => {
    expect(guide.answer("How do I deploy to production?")).toContain(
      "```sh\n# builds and uploads the worker\n\nnpx wrangler deploy\n```",
    );
  });

  test("is in the question's language", () => {
    expect(guide.answer("如何停止生成？")).toMatch(/^文档中/);
    expect(guide.answer("How do I stop an answer?")).toMatch(/^From the documentation/);
  });

  test("says so when the passage exists in another language only", () => {
    expect(guide.answer("MAX_QUEUED_TURNS 是什么？")).toContain("只有英文");
  });

  test("greets, and says what it can answer", () => {
    expect(guide.answer("Hello!")).toContain("I am the guide");
    expect(guide.answer("你好")).toContain("向导");
    expect(guide.answer("thank you")).toContain("welcome");
    expect(guide.answer("  ")).toContain("I am the guide");
  });

  test("shows no relative links, badges or headings", () => {
    const answer = guide.answer("What is the license?");
    expect(answer).toContain("MIT. See LICENSE.");
    expect(answer).not.toContain("](");
  });

  test("is bounded, and cuts a long table by rows", async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `| setting-${i} | what number ${i} is for, at some length |`);
    const page = `# Settings\n\n| name | meaning |\n|---|---|\n${rows.join("\n")}\n\n\`\`\`json\n${"x".repeat(5_000)}\n\`\`\`\n`;
    const big = new GuideProvider(parseSections("docs/big.md", page));
    const answer = big.answer("What is setting-137?");
    expect(answer.length).toBeLessThan(1_700);
    expect(answer).toContain("| name | meaning |\n|---|---|\n");
    expect(answer).toContain("| setting-137 | what number 137 is for, at some length |");
    expect(answer).not.toContain("xxxx");
  });

  test("has something to say without any pages", async () => {
    const empty = await GuideProvider.load(join(import.meta.dirname, "no-such-folder"));
    expect(empty.answer("How do I start?")).toContain("found nothing");
  });
});

describe("words", () => {
  test("forms of one word meet", () => {
    for (const [a, b] of [
      ["stops", "stopping"],
      ["queued", "queue"],
      ["retries", "retry"],
      ["settings", "setting"],
      ["deployed", "deployment"],
      ["rotating", "rotate"],
    ] as const) {
      expect(termsOf(a), `${a} and ${b}`).toEqual(termsOf(b));
    }
  });

  test("Chinese is cut into pairs, around words that only ask", () => {
    expect(termsOf("如何停止生成？")).toEqual(["停止", "止生", "生成"]);
  });

  test("a setting is found by its name and by its parts", () => {
    expect(termsOf("MAX_ACTIVE_TURNS")).toEqual(
      ["max", "active", "turn", "max_active_turns"].map((term) => (term === "active" ? termsOf("active")[0] : term)),
    );
  });
});

describe("sections", () => {
  test("a heading inside a code block is code", () => {
    const sections = parseSections("a.md", "# One\n\n```sh\n# not a heading\n```\n\n## Two\n\ntext\n");
    expect(sections.map(({ heading, parents }) => ({ heading, parents }))).toEqual([
      { heading: "One", parents: [] },
      { heading: "Two", parents: ["One"] },
    ]);
  });

  test("a longer fence holds a shorter one", () => {
    const [section] = parseSections("a.md", "# One\n\n````md\n```js\nx\n```\n````\n\nafter\n");
    expect(section?.blocks.map(({ kind }) => kind)).toEqual(["code", "text"]);
  });
});
