/** Markdown to sections by heading, and sections to blocks that are shown whole: paragraphs, lists, tables, code. */

export type Block = { kind: "text" | "list" | "table" | "code"; text: string };

export interface Section {
  /** Relative to the project, as shown in a citation: `docs/protocol.md`. */
  path: string;
  /** Its own heading; the page's name where text stands before any heading. */
  heading: string;
  /** Headings above it, outermost first. */
  parents: string[];
  blocks: Block[];
}

export function parseSections(path: string, markdown: string): Section[] {
  const sections: Section[] = [];
  const headings: { level: number; text: string }[] = [];
  let lines: string[] = [];
  let fence: string | undefined;

  const flush = (): void => {
    const blocks = parseBlocks(lines);
    lines = [];
    if (blocks.length === 0) return;
    const names = headings.map(({ text }) => text);
    sections.push({ path, heading: names.at(-1) ?? pageName(path), parents: names.slice(0, -1), blocks });
  };

  for (const line of markdown.split(/\r\n|\r|\n/)) {
    fence = nextFence(fence, line);
    const heading = fence === undefined ? /^(#{1,6})\s+(.+?)\s*#*$/.exec(line) : null;
    if (heading?.[1] === undefined || heading[2] === undefined) {
      lines.push(line);
      continue;
    }
    flush();
    const level = heading[1].length;
    while ((headings.at(-1)?.level ?? 0) >= level) headings.pop();
    headings.push({ level, text: plainText(heading[2]) });
  }
  flush();
  return sections;
}

/** The fence that is open after this line. A closing one is at least as long as the one it closes. */
function nextFence(open: string | undefined, line: string): string | undefined {
  const mark = /^\s*(`{3,}|~{3,})(.*)$/.exec(line);
  if (mark?.[1] === undefined) return open;
  if (open === undefined) return mark[1];
  return mark[1].startsWith(open) && mark[2]?.trim() === "" ? undefined : open;
}

function parseBlocks(lines: string[]): Block[] {
  const blocks: Block[] = [];
  let current: string[] = [];
  let fence: string | undefined;
  const flush = (): void => {
    const text = current.join("\n").trim();
    current = [];
    if (text !== "" && !isFurniture(text)) blocks.push(blockOf(text));
  };
  for (const line of lines) {
    const before = fence;
    fence = nextFence(fence, line);
    if (before === undefined && fence !== undefined) flush();
    if (before === undefined && fence === undefined && line.trim() === "") flush();
    else current.push(line);
    if (before !== undefined && fence === undefined) flush();
  }
  flush();
  return blocks;
}

function blockOf(text: string): Block {
  if (/^\s*(?:`{3,}|~{3,})/.test(text)) return { kind: "code", text };
  if (/^\s*\|/.test(text)) return { kind: "table", text: withoutLinks(text) };
  if (/^\s*(?:[-*+]|\d+[.)])\s/.test(text)) return { kind: "list", text: withoutLinks(text) };
  return { kind: "text", text: withoutLinks(text) };
}

/** Badges, comments, rules: nothing that answers a question. */
const isFurniture = (text: string): boolean =>
  /^(?:<!--[\s\S]*-->|[-*_]{3,}|(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?\s*)+)$/.test(text);

/** A relative link leads nowhere on the page that shows the answer; its words stay. Pictures go. */
function withoutLinks(text: string): string {
  return text.replace(/!\[[^\]]*\]\([^)]*\)/g, "").replace(/\[([^\]]+)\]\((?!https?:)[^)]*\)/g, "$1");
}

/** A heading as words: no emphasis, code marks or links. */
export const plainText = (markdown: string): string => withoutLinks(markdown).replace(/[`*]/g, "").trim();

const pageName = (path: string): string => path.replace(/^.*\//, "").replace(/\.md$/, "");
