/**
 * Makes Markdown that is still arriving look as it will when it is complete: open emphasis, links and code are closed (by
 * remend), a table's first row is a table at once, and a last line that may become anything is held back.
 */
import remend from "remend";

/** A line of marks alone: a list's next item, a heading, a fence, a rule. What it becomes is known with the next character. */
const undecidedLine = /(?:^|\n)[ \t>]*(?:[-*+#~`=_|:]+|\d{1,9}[.)]?|[-*+][ \t]+(?:\[[ xX]?\]?)?)[ \t]*$/;
/** Marks at the end of a line whose partner, or whose meaning, has not arrived. */
const undecidedEnd = /(?:[*_~`[!\\<]+|&#?\w{0,31}|<\/?[a-zA-Z][^\n<>]{0,200})$/;

/** A link's text whose address has not begun. */
const closedLabel = /(\[[^[\]\n]{1,200})\]$/;

const options = { katex: false, inlineKatex: false } as const;

export function completeMarkdown(text: string): string {
  if (isInsideFence(text)) return text.replace(/\n[ \t>]*[`~]+$/, "");
  const decided = text.replace(undecidedLine, "").replace(undecidedEnd, "").replace(closedLabel, "$1");
  return completeTable(remend(decided, options));
}

/** A row that follows no other row is a table's head; its line of dashes may be half here. */
function completeTable(text: string): string {
  const lines = text.slice(text.lastIndexOf("\n\n") + 1).split("\n");
  if (/^[ \t]*\|?[-:| \t]*$/.test(lines.at(-1) ?? "")) lines.pop();
  const head = lines.pop() ?? "";
  if (!head.startsWith("|") || lines.at(-1)?.startsWith("|")) return text;
  const row = head.replace(/\\\|/g, "").trimEnd();
  const cells = row.split("|").length - (row.length > 1 && row.endsWith("|") ? 2 : 1);
  const end = text.lastIndexOf(head) + head.length;
  return `${text.slice(0, end)}\n${"|---".repeat(Math.max(1, cells))}|`;
}

/** Code is shown as it is, so nothing in it needs completion. */
function isInsideFence(text: string): boolean {
  let fence: string | undefined;
  for (const [, mark = ""] of text.matchAll(/^[ \t>]*(`{3,}|~{3,})[^\n]*$/gm)) {
    if (fence === undefined) fence = mark;
    else if (mark.startsWith(fence)) fence = undefined;
  }
  return fence !== undefined;
}
