/** The docs assistant, asked as people ask: it finds the page, answers in the language of the question, and knows when it knows nothing. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSections } from "../src/guide/sections.ts";
import { suggestions } from "../src/guide/suggestions.ts";
import { termOf, wordsOf } from "../src/guide/words.ts";
import { defaultOptions } from "../src/options.ts";
import { GuideProvider } from "../src/providers/guide.ts";
import { realQuestions, strangeQuestions } from "./guide-questions.ts";

/** Reads this project's own pages. */
const own = await GuideProvider.load(defaultOptions().docsDir);

const guideOf = (path: string, markdown: string) => new GuideProvider(parseSections(path, markdown));
const firstSource = (answer: string): string | undefined => /^— (\S+) › /m.exec(answer)?.[1];

describe("the docs assistant", () => {
  test.each(realQuestions)("answers: $question", ({ question, pages }) => {
    expect(pages).toContain(firstSource(own.answer(question)));
  });

  test.each(realQuestions)("answers in the language of: $question", ({ question }) => {
    expect(own.answer(question)).not.toMatch(/Chinese only|只有英文/);
  });

  test.each(strangeQuestions)("finds nothing for: %s", (question) => {
    const answer = own.answer(question);
    expect(firstSource(answer)).toBeUndefined();
    expect(answer).toContain(suggestions[0]?.[/\p{Script=Han}/u.test(question) ? "zh-CN" : "en"]);
  });

  test.each(suggestions)("answers its own suggestion: $en", (suggestion) => {
    expect(firstSource(own.answer(suggestion.en))).toBeDefined();
    expect(firstSource(own.answer(suggestion["zh-CN"]))).toBeDefined();
  });
});

describe("an answer", () => {
  test("keeps a code block whole, blank lines and all", () => {
    const code = "```sh\n# builds and uploads\n\nnpx wrangler deploy\n```";
    const guide = guideOf("docs/deploy.md", `# Deploy to production\n\nRun this.\n\n${code}\n`);
    expect(guide.answer("How do I deploy to production?")).toContain(code);
  });

  test("is in the question's language", () => {
    expect(own.answer("如何停止回答？")).toMatch(/^文档中/);
    expect(own.answer("How do I stop an answer?")).toMatch(/^From the documentation/);
  });

  test("says so when the passage exists in another language only", () => {
    const english = guideOf("docs/settings.md", "# Settings\n\nMAX_QUEUED_TURNS is how many may wait.\n");
    expect(english.answer("MAX_QUEUED_TURNS 是什么？")).toContain("只有英文");
  });

  test("doesn't take an English page for a Chinese one because it links to one", () => {
    const page = "# Start the gateway\n\nRun `npm start`. In Chinese: [使用指南](using.zh-CN.md).\n";
    const answer = guideOf("README.md", page).answer("How do I start the gateway?");
    expect(answer).toContain("Run `npm start`");
    expect(answer).not.toContain("Chinese only");
  });

  test("greets, and says what it can answer", () => {
    expect(own.answer("Hello!")).toContain("I am the guide");
    expect(own.answer("你好")).toContain("向导");
    expect(own.answer("thank you")).toContain("welcome");
    expect(own.answer("  ")).toContain("I am the guide");
  });

  test("shows no relative links, badges or headings", () => {
    const page = "# License\n\n[![badge](x.svg)](y)\n\nMIT. See [LICENSE](LICENSE).\n";
    const answer = guideOf("README.md", page).answer("What is the license?");
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
  const termsOf = (text: string) => wordsOf(text).flatMap((word) => termOf(word) ?? []);

  test.each([
    ["stops", "stopping"],
    ["queued", "queues"],
    ["retries", "retry"],
    ["settings", "setting"],
    ["deployed", "deployment"],
    ["rotating", "rotate"],
    ["abort", "stop"],
  ])("%s and %s meet", (a, b) => {
    expect(termsOf(a)).toEqual(termsOf(b));
  });

  test("of Chinese are cut out of the sentence, without the words that only ask", () => {
    expect(termsOf("如何停止生成？")).toEqual(["停止", "生成"]);
  });

  test("of a setting are its name and its parts", () => {
    expect(termsOf("MAX_ACTIVE_TURNS")).toEqual(
      ["max_active_turn", "max", "active", "turn"].map((word) => termOf(word)),
    );
  });

  test("that every object has as a key are words like any other", () => {
    expect(termsOf("constructor")).toEqual(["constructor"]);
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
