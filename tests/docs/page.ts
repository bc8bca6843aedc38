/** A Markdown page as its readers' links and eyes see it: headings with their anchors, code blocks, tables, links. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

export interface Heading {
  readonly level: number;
  readonly text: string;
  /** As GitHub makes it, with `-1` and so on for a text that came before. */
  readonly anchor: string;
  readonly line: number;
}

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  readonly line: number;
  /** `<!-- source: path#region -->` right above it: the file it is a part of. */
  readonly source: string | undefined;
}

export interface Table {
  readonly rows: readonly (readonly string[])[];
  readonly line: number;
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

export interface Page {
  readonly path: string;
  readonly headings: readonly Heading[];
  readonly blocks: readonly CodeBlock[];
  readonly tables: readonly Table[];
  readonly links: readonly Link[];
}

export const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** What a heading looks like in an address. https://github.com/Flet/github-slugger has GitHub's rule. */
function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

/** A table's cells. `\|` is no border, and neither is one in code. */
function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\||\|$/g, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim());
}

/** What `npm run bench` writes into a page, in English only. */
const generated = /^<!-- written by .+ -->\n[\s\S]*?^<!-- until here -->$/m;

/** The page's part that people write, with its lines where they were. */
export const parseWritten = (path: string): Page =>
  parseText(
    path,
    read(path).replace(generated, (text) => text.replace(/[^\n]/g, "")),
  );

export const parsePage = (path: string): Page => parseText(path, read(path));

function parseText(path: string, markdown: string): Page {
  const [headings, blocks, tables, links]: [Heading[], CodeBlock[], Table[], Link[]] = [[], [], [], []];
  const seen = new Map<string, number>();
  let open: { fence: string; language: string; lines: string[]; line: number; source: string | undefined } | undefined;
  let table: string[][] | undefined;
  let above = "";
  for (const [index, line] of markdown.split("\n").entries()) {
    const at = index + 1;
    if (open !== undefined) {
      if (line.trimEnd() === open.fence) {
        blocks.push({ language: open.language, text: open.lines.join("\n"), line: open.line, source: open.source });
        open = undefined;
      } else open.lines.push(line);
      continue;
    }
    const fence = /^(`{3,})(.*)$/.exec(line);
    if (fence !== null) {
      const source = /^<!-- source: (\S+) -->$/.exec(above)?.[1];
      open = { fence: fence[1] ?? "", language: fence[2]?.trim() ?? "", lines: [], line: at, source };
      continue;
    }
    const heading = /^(#{1,6}) (.+)$/.exec(line);
    if (heading !== null) {
      const text = (heading[2] ?? "").replace(/\[([^\]]+)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");
      const before = seen.get(slug(text)) ?? 0;
      seen.set(slug(text), before + 1);
      const anchor = before === 0 ? slug(text) : `${slug(text)}-${before}`;
      headings.push({ level: heading[1]?.length ?? 0, text, anchor, line: at });
    }
    if (line.startsWith("|")) {
      if (table === undefined) {
        table = [];
        tables.push({ rows: table, line: at });
      }
      if (!/^\|[\s:|-]+\|$/.test(line)) table.push(cellsOf(line));
    } else table = undefined;
    const prose = line.replace(/`[^`]*`/g, "``");
    for (const [, target = ""] of prose.matchAll(/\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)?)\)/g))
      links.push({ target, line: at });
    for (const [, target = ""] of prose.matchAll(/<(https?:[^>\s]+)>/g)) links.push({ target, line: at });
    above = line;
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: this code block has no end`);
  return { path, headings, blocks, tables, links };
}

/** The part of a file between `#region name` and `#endregion`, or the whole of it. */
export function sourceText(source: string): string {
  const [path = "", region] = source.split("#");
  if (!existsSync(join(root, path))) throw new Error(`${path} does not exist`);
  const text = read(path);
  if (region === undefined) return text.trim();
  const lines = text.split("\n");
  const from = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const to = lines.findIndex((line, index) => index > from && line.trim() === "// #endregion");
  if (from === -1 || to === -1) throw new Error(`${path} has no region ${region}`);
  const inside = lines.slice(from + 1, to);
  const indents = inside.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)?.[0].length ?? 0);
  return inside
    .map((line) => line.slice(Math.min(...indents)))
    .join("\n")
    .trim();
}

/** The pages that are held to running: each of their code blocks is checked. */
export const heldPages = [
  "docs/other-clients.md",
  "README.md",
  "README.zh-CN.md",
  "docs/guide.md",
  "docs/guide.zh-CN.md",
  "docs/front-end.md",
  "docs/nestjs.md",
  "docs/own-worker.md",
  "docs/first-deploy.md",
  "docs/first-deploy.zh-CN.md",
  ...["nest-sse", "use-chat-nextjs", "langchain", "openai-compatible", "socket-io", "partykit"].map(
    (name) => `docs/already/${name}.md`,
  ),
].filter((path) => existsSync(join(root, path)));
