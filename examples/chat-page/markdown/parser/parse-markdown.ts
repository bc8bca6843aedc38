/**
 * Parses Markdown into elements, with the parts that react-markdown consists of. Runs in the worker, because no parser of
 * Markdown has a bound on its time that a page could rely on. HTML in the text stays text. Draws nothing.
 */
import type { Element, ElementContent, Root as HastRoot } from "hast";
import type { Definition, Nodes, Root, RootContent } from "mdast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { type Processor, unified } from "unified";
import { completeMarkdown } from "./complete-markdown.ts";
import { type Formula, maskMath, splitMarks, unmask } from "./mask-math.ts";
import { type Block, mathTag, type ParsedMarkdown, type ParseJob, textTag } from "./parsed-markdown.ts";

/** Deeper blocks are shown as text: real answers nest five or six levels, and each level takes stack and layout. */
const maxDepth = 48;
/** More elements than any answer that people read; a table of 1,000 rows has about 20,000. */
const maxElements = 50_000;
/** Later text may join the last block (a paragraph goes on) or make it one with the block before (a list's next item). */
const openBlocks = 2;
/** Each definition is looked at for each block. */
const maxDefinitions = 200;

const footnotes = ["gfmFootnoteCall", "gfmFootnoteDefinition", "gfmPotentialFootnoteCall"];

function withoutFootnotes(this: Processor): void {
  // Blocks are rendered one by one, so a footnote could not be numbered.
  const data = this.data() as { micromarkExtensions?: unknown[] };
  data.micromarkExtensions = [...(data.micromarkExtensions ?? []), { disable: { null: footnotes } }];
}

const parser = unified().use(remarkParse).use(remarkGfm, { singleTilde: false }).use(withoutFootnotes);
const renderer = unified().use(remarkRehype);

export function parseMarkdown(job: ParseJob): ParsedMarkdown {
  const { text, isLive } = job;
  const fresh = parseFrom(text, job.from, isLive);
  if (job.from === 0 || !fresh.hasDefinitions) return fresh.parsed;
  return parseFrom(text, 0, isLive).parsed;
}

function parseFrom(text: string, from: number, isLive: boolean): { parsed: ParsedMarkdown; hasDefinitions: boolean } {
  const masked = maskMath(text.slice(from), isLive);
  const { formulas } = masked;
  const root = parser.parse(isLive ? completeMarkdown(masked.text) : masked.text) as Root;
  const definitions = root.children.filter((node) => node.type === "definition").slice(0, maxDefinitions);
  for (const definition of definitions) keepSource(definition, formulas);
  const hasDefinitions = definitions.length > 0;
  const nodes = root.children.filter((node) => node.type !== "definition");
  const blocks: Block[] = nodes.map((node) => {
    const start = masked.sourceOffset(node.position?.start.offset ?? 0);
    const end = masked.sourceOffset(node.position?.end.offset ?? masked.text.length);
    const source = text.slice(from + start, from + end);
    return { content: renderBlock(node, definitions, formulas) ?? source };
  });
  let closed = hasDefinitions ? 0 : Math.max(0, nodes.length - openBlocks);
  const startOf = (index: number) => masked.sourceOffset(nodes[index]?.position?.start.offset ?? 0);
  // Later text can move the end of a region over blocks, and a parse that began inside would take its end for a beginning.
  const splits = (at: number) => masked.regions.some(({ from: first, to }) => first < at && at < to);
  while (closed > 0 && splits(startOf(closed))) closed -= 1;
  const firstOpen = nodes[closed]?.position?.start;
  // From the start of the line: its indentation belongs to the block.
  const closedUntil =
    closed === 0 || firstOpen?.offset === undefined
      ? from
      : from + masked.sourceOffset(firstOpen.offset - (firstOpen.column - 1));
  return { parsed: { from, blocks, closed, closedUntil }, hasDefinitions };
}

/** Undefined for a block that is too deep or too large to be rendered. */
function renderBlock(
  node: RootContent,
  definitions: readonly Definition[],
  formulas: readonly Formula[],
): Element | undefined {
  if (!isWithinLimits(node)) return undefined;
  keepSource(node, formulas);
  const rendered = renderer.runSync({ type: "root", children: [node, ...definitions] }) as HastRoot;
  if (!isWithinLimits(rendered)) return undefined;
  const element = rendered.children.find((child) => child.type === "element");
  if (element === undefined) return undefined;
  finish(element, formulas, { inCode: false, hasDirection: false });
  return element;
}

/** Walks without recursion, because its purpose is to find what is too deep for recursion. */
function isWithinLimits(root: Nodes | HastRoot): boolean {
  let count = 0;
  const waiting: { readonly node: object; readonly depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    count += 1;
    if (next.depth > maxDepth || count > maxElements) return false;
    const { children = [] } = next.node as { children?: readonly object[] };
    for (const child of children) waiting.push({ node: child, depth: next.depth + 1 });
  }
  return true;
}

/** Turns HTML into the text it is, and marks in code and addresses back into what was written. */
function keepSource(node: Nodes, formulas: readonly Formula[]): void {
  switch (node.type) {
    case "html": {
      const isBreak = /^<br\s*\/?>$/i.test(node.value);
      Object.assign(node, isBreak ? { type: "break" } : { type: "text" });
      return;
    }
    case "code":
    case "inlineCode":
      node.value = unmask(node.value, formulas);
      break;
    case "link":
    case "definition":
      node.url = unmask(node.url, formulas);
      break;
    case "image":
      node.url = unmask(node.url, formulas);
      node.alt = unmask(node.alt ?? "", formulas);
      break;
    default:
  }
  if ("children" in node) for (const child of node.children) keepSource(child, formulas);
}

interface Surroundings {
  readonly inCode: boolean;
  /** An ancestor decides the direction from its text; a `dir` inside of it would hide that text from it. */
  readonly hasDirection: boolean;
}

const withDirection: ReadonlySet<string> = new Set(["p", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table"]);

function finish(element: Element, formulas: readonly Formula[], around: Surroundings): void {
  // The page's own headings come first in its outline.
  const level = /^h([1-6])$/.exec(element.tagName)?.[1];
  if (level !== undefined) element.tagName = `h${Math.min(6, Number(level) + 2)}`;
  const isList = element.tagName === "ul" || element.tagName === "ol";
  const decides = withDirection.has(element.tagName) && (isList || !around.hasDirection);
  if (decides) element.properties["dir"] = "auto";
  const inside = {
    inCode: around.inCode || element.tagName === "code",
    hasDirection: around.hasDirection || decides,
  };
  // Line ends between blocks are of no use to a page.
  const holdsBlocks = /^(table|thead|tbody|tr|ul|ol|li|blockquote)$/.test(element.tagName);
  const children: ElementContent[] = [];
  for (const child of element.children) {
    if (child.type === "element") {
      finish(child, formulas, inside);
      children.push(child);
    } else if (child.type === "text" && !(holdsBlocks && child.value.trim() === "")) {
      children.push(...textRuns(child.value, inside.inCode ? [] : formulas));
    }
  }
  element.children = children;
}

function textRuns(text: string, formulas: readonly Formula[]): Element[] {
  return splitMarks(text, formulas).map((piece) => {
    if (typeof piece === "string") return run(textTag, { text: piece });
    const { tex, source, isDisplay } = piece;
    return tex === undefined ? run(textTag, { text: source }) : run(mathTag, { tex, source, isDisplay });
  });
}

function run(tagName: string, properties: Element["properties"]): Element {
  return { type: "element", tagName, properties, children: [] };
}
