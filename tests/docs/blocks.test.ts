/**
 * Every code block of the README and the guide is true: code is the text of a file that a test runs, a command exists, data parses.
 * A block in a language that nobody here can check fails.
 */
import { globSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseConfig } from "../../party/config/settings.ts";
import { faultsOf } from "./commands.ts";
import { type CodeBlock, heldPages, parsePage, read, root, sourceText } from "./page.ts";

/** Files that hold examples, and the tests that run them. */
const runBy: Readonly<Record<string, string>> = {
  "examples/guide/": "tests/edge/guide.test.ts",
  "tests/edge/samples/": "tests/edge/samples.test.ts",
  "examples/nest-app/main.ts": "tests/package/nestjs.test.ts",
  "examples/nest-app/own-route.ts": "tests/unit/nestjs/resumable.test.ts",
  "examples/nest-gateway/tests/minimal": "examples/nest-gateway/tests/minimal.test.ts",
  "examples/nest-gateway/tests/openai-proxy": "examples/nest-gateway/tests/openai-proxy.test.ts",
  "examples/front-end/chat-view.tsx": "tests/docs/front-end.test.ts",
  "examples/own-worker/": "tests/package/workers.test.ts",
  "examples/other-clients/": "tests/e2e/protocols/other-clients.test.ts",
  "examples/front-end/": "tests/e2e/browser/front-end.test.ts",
  "examples/already/": "tests/docs/already.test.ts",
};

const wranglerSchema = JSON.parse(read("node_modules/wrangler/config-schema.json")) as {
  definitions: { RawConfig: { properties: object } };
};

/** A gateway whose callers have tokens, so that every recipe may be added. */
const forwarding = {
  AUTH: "jwt",
  AUTH_KEYS: JSON.stringify({ k1: "A".repeat(43) }),
  NEST_BASE: "http://127.0.0.1:3000",
};

/** JSON with comments and commas at the end of lists. */
const parseJsonc = (text: string): unknown =>
  JSON.parse(text.replace(/("(?:[^"\\]|\\.)*")|\/\/.*$/gm, "$1").replace(/,(\s*[}\]])/g, "$1"));

/** Enough of Mermaid's grammar to notice a line that would break the picture. */
function mermaidFaults(text: string): string[] {
  const [kind = "", ...lines] = text.split("\n").map((line) => line.trim());
  const flow =
    /^(subgraph .+|end|\w+(\[.+?\]|\{.+?\}|\(.+?\))?( (-->|-\.->|<-->)(\|[^|]+\|)? \w+(\[.+?\]|\{.+?\}|\(.+?\))?)*)$/;
  const sequence =
    /^((participant|actor) \w+ as .+|\w+(->>|-->>|-x|--x)\w+: .+|(alt|else|opt|loop|par|and)( .+)?|end|Note (over|left of|right of) [\w,]+: .+)$/;
  if (/^flowchart (LR|TD)$/.test(kind)) return lines.filter((line) => !flow.test(line));
  if (kind === "sequenceDiagram") return lines.filter((line) => !sequence.test(line));
  return [kind];
}

const checks: Readonly<Record<string, (block: CodeBlock) => void>> = {
  sh: ({ text }) => expect(faultsOf(text)).toEqual([]),
  json: ({ text }) => void JSON.parse(text),
  jsonc: ({ text }) => {
    const known = Object.keys(wranglerSchema.definitions.RawConfig.properties);
    expect(known).toEqual(expect.arrayContaining(Object.keys(parseJsonc(text) as object)));
  },
  // Settings of the gateway, as the start checks them.
  ini: ({ text }) => {
    const lines = text.trim().split("\n");
    const variables = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
    expect(parseConfig({ ...forwarding, ...variables }, "localhost")).toMatchObject({ ok: true });
  },
  yaml: ({ text }) => void parseYaml(text),
  // One line of an app that a browser runs with either.
  diff: ({ text }) => {
    const [, before = "-"] = /^-.*transport: (.+) \}\);$/m.exec(text) ?? [];
    const [, after = "-"] = /^\+const chat = (.+);$/m.exec(text) ?? [];
    expect(read("examples/ai-sdk/transport.ts")).toContain(`=> ${before};`);
    // The app also sends answers to tool calls by itself, which the one line doesn't need.
    expect(read("examples/ai-sdk/main.tsx").replaceAll(", ...answers", "")).toContain(`${after};`);
    expect(read("tests/e2e/ai-sdk/routes.test.ts")).toContain("expect(");
  },
  mermaid: ({ text }) => expect(mermaidFaults(text)).toEqual([]),
};

test.each(heldPages)("%s has code blocks", (path) => {
  expect(parsePage(path).blocks.length).toBeGreaterThan(0);
});

const blocks = heldPages.flatMap((path) => parsePage(path).blocks.map((block) => ({ ...block, path })));

describe.each(blocks)("$path:$line ($language)", (block) => {
  test("is what a test runs or parses", () => {
    const { source, language, text } = block;
    if (source !== undefined) {
      expect(text.trim()).toBe(sourceText(source));
      const runner = Object.entries(runBy).find(([folder]) => source.startsWith(folder))?.[1];
      expect(runner, `no test is known to run ${source}`).toBeDefined();
      expect(read(runner ?? "")).toContain("expect(");
      return;
    }
    const check = checks[language];
    expect(check, `a block of "${language}" needs <!-- source: file#region --> above it`).toBeDefined();
    check?.(block);
  });
});

/** Of every page; a measurement may begin with a clone. */
const pages = globSync("docs/{,runbooks/,already/}*.md", { cwd: root }).filter(
  (path) => !path.endsWith("measurements.md"),
);

test.each(pages)("%s: its commands exist, its pictures can be drawn", (path) => {
  const { blocks } = parsePage(path);
  const shell = blocks.filter(({ language }) => /^(sh|bash)( |$)/.test(language));
  const pictures = blocks.filter(({ language }) => language === "mermaid");
  expect(shell.flatMap(({ text }) => faultsOf(text))).toEqual([]);
  expect(pictures.flatMap(({ text }) => mermaidFaults(text))).toEqual([]);
});

test("a command that does not exist, and a broken picture, are noticed", () => {
  expect(faultsOf("npm ci && npm run deploy -- staging\nPORT=1 npm start # x")).toEqual([]);
  expect(faultsOf("npm run tests\nnpx wrangler deply\ncurl https://a.example/metricks\nrm -rf x")).toHaveLength(4);
  expect(mermaidFaults("flowchart LR\n  a[One] -->|x| b{Two}\n  a -> b")).toEqual(["a -> b"]);
});
