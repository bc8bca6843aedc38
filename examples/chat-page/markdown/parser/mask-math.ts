/**
 * Finds formulas in Markdown and replaces each by a mark of two private characters, because Markdown would take the
 * backslashes, stars and underscores of a formula for its own. `unmask` and `splitMarks` turn marks back. Code is passed over.
 *
 * Delimiters: `\(…\)`, `\[…\]`, `$$…$$`, `\begin{…}…\end{…}`, and `$…$` by Pandoc's rule, under which "$5 and $10" is money.
 */

export interface Formula {
  /** As it was written, with its delimiters. */
  readonly source: string;
  /** Undefined for text that is only kept from Markdown: an unfinished formula, or an escaped brace. */
  readonly tex: string | undefined;
  readonly isDisplay: boolean;
}

export interface MaskedText {
  readonly text: string;
  readonly formulas: readonly Formula[];
  /** Code, and formulas that later text can still close, by their place in the source. A parse may not begin inside of one. */
  readonly regions: readonly Region[];
  /** The position in the source of a position in `text` that is not inside a mark. */
  sourceOffset(position: number): number;
}

export interface Region {
  readonly from: number;
  /** Infinity while later text can move the end. */
  readonly to: number;
}

/** Longer formulas stay text. It also bounds the search for an end, which keeps the scan linear. */
const maxFormulaLength = 4_096;

const markPattern = /\uE000(\d{1,6})\uE001/g;
const environments =
  /^\\begin\{((?:p|b|B|v|V|small)?matrix|(?:align|gather|equation|multline)(?:ed|at)?\*?|cases|array|split)\}/;

/** What may stand before a fence on its line: quote marks, and list markers with a space behind them. */
const fencePrefix = /^\s*(?:>[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+)*$/;

interface Delimiter {
  readonly open: string;
  readonly close: string;
  readonly isDisplay: boolean;
  /** An empty line ends the search. */
  readonly isInline: boolean;
}

const delimiters: readonly Delimiter[] = [
  { open: "\\(", close: "\\)", isDisplay: false, isInline: true },
  { open: "\\[", close: "\\]", isDisplay: true, isInline: false },
  { open: "$$", close: "$$", isDisplay: true, isInline: false },
];

/** `isLive`: a formula whose end has not arrived keeps its text as it is written. */
export function maskMath(source: string, isLive: boolean): MaskedText {
  const formulas: Formula[] = [];
  const shifts: { readonly at: number; readonly by: number }[] = [];
  let text = "";
  let copied = 0;
  let position = 0;
  const regions: Region[] = [];
  const mask = (end: number, formula: Omit<Formula, "source">) => {
    const mark = `\uE000${formulas.length}\uE001`;
    text += source.slice(copied, position) + mark;
    formulas.push({ source: source.slice(position, end), ...formula });
    copied = end;
    position = end;
    shifts.push({ at: text.length, by: end - text.length });
  };
  while (position < source.length) {
    const next = nextSpecial(source, position);
    if (next === -1) break;
    position = next;
    const character = source[position];
    if (character === "`" || character === "~") {
      const { end, isOpen } = endOfCode(source, position);
      regions.push({ from: position, to: isOpen ? Number.POSITIVE_INFINITY : end });
      position = end;
      continue;
    }
    const found = findFormula(source, position, isLive);
    if (found !== undefined) {
      mask(found.end, { tex: found.tex, isDisplay: found.isDisplay });
    } else if (character === "\\" && /[{}]/.test(source[position + 1] ?? "")) {
      // Markdown would drop the backslash, and nobody escapes a brace for Markdown.
      mask(position + 2, { tex: undefined, isDisplay: false });
    } else {
      if (isUnclosed(source, position)) regions.push({ from: position, to: Number.POSITIVE_INFINITY });
      // An escaped character is never a delimiter.
      position += character === "\\" ? 2 : source.startsWith("$$", position) ? 2 : 1;
    }
  }
  text += source.slice(copied);
  return {
    text,
    formulas,
    regions,
    sourceOffset: (at) => at + (shifts.findLast((shift) => shift.at <= at)?.by ?? 0),
  };
}

/** `text` as it was written. */
export function unmask(text: string, formulas: readonly Formula[]): string {
  if (!text.includes("\uE000")) return text;
  return text.replace(markPattern, (mark, index) => formulas[Number(index)]?.source ?? mark);
}

/** `text` cut at its marks. */
export function splitMarks(text: string, formulas: readonly Formula[]): (string | Formula)[] {
  const pieces: (string | Formula)[] = [];
  let from = 0;
  for (const match of text.matchAll(markPattern)) {
    const formula = formulas[Number(match[1])];
    if (formula === undefined) continue;
    if (match.index > from) pieces.push(text.slice(from, match.index));
    pieces.push(formula);
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

function nextSpecial(source: string, from: number): number {
  const pattern = /[\\$`~]/g;
  pattern.lastIndex = from;
  return pattern.exec(source)?.index ?? -1;
}

/**
 * The end of the code that starts here: a fence up to its closing fence, or a span up to a run of as many backticks.
 * `isOpen`: later text can move the end.
 */
function endOfCode(source: string, start: number): { readonly end: number; readonly isOpen: boolean } {
  const character = source[start] ?? "";
  let end = start;
  while (source[end] === character) end += 1;
  const size = end - start;
  const lineStart = source.lastIndexOf("\n", start - 1) + 1;
  if (size >= 3 && fencePrefix.test(source.slice(lineStart, start))) {
    const close = new RegExp(`^[\\s>]*${character}{${size},}[ \\t]*$`, "gm");
    close.lastIndex = end;
    const match = close.exec(source);
    // The last line may go on, and then it closes nothing.
    if (match === null) return { end: source.length, isOpen: true };
    const closed = match.index + match[0].length;
    return { end: closed, isOpen: closed === source.length };
  }
  if (character === "~") return { end, isOpen: end === source.length };
  const stop = source.indexOf("\n\n", end);
  const limit = Math.min(stop === -1 ? source.length : stop, end + maxFormulaLength);
  for (let at = source.indexOf("`", end); at !== -1 && at < limit; at = source.indexOf("`", at)) {
    const runStart = at;
    while (source[at] === "`") at += 1;
    if (at - runStart === size) return { end: at, isOpen: at === source.length };
  }
  return { end, isOpen: stop === -1 && source.length - end <= maxFormulaLength };
}

interface Found {
  readonly end: number;
  readonly tex: string | undefined;
  readonly isDisplay: boolean;
}

/** Whether a formula begins here whose end may still arrive. One in single dollars ends on its line. */
function isUnclosed(source: string, start: number): boolean {
  const delimiter = delimiters.find(({ open }) => source.startsWith(open, start));
  if (delimiter === undefined && !environments.test(source.slice(start, start + 32))) return false;
  // A longer formula stays text. The margin covers its delimiters.
  if (source.length - start > maxFormulaLength + 32) return false;
  return !(delimiter?.isInline === true && /\n[ \t]*\n/.test(source.slice(start)));
}

function findFormula(source: string, start: number, isLive: boolean): Found | undefined {
  const delimiter = delimiters.find(({ open }) => source.startsWith(open, start));
  if (delimiter !== undefined) return findDelimited(source, start, delimiter, isLive);
  if (source.startsWith("\\begin{", start)) {
    const name = environments.exec(source.slice(start, start + 32))?.[1];
    if (name === undefined) return undefined;
    const close = `\\end{${name}}`;
    const found = findDelimited(source, start, { open: "", close, isDisplay: true, isInline: false }, isLive);
    return found?.tex === undefined ? found : { ...found, tex: found.tex + close };
  }
  return source[start] === "$" ? findDollars(source, start) : undefined;
}

function findDelimited(source: string, start: number, delimiter: Delimiter, isLive: boolean): Found | undefined {
  const { open, close, isDisplay, isInline } = delimiter;
  const from = start + open.length;
  const window = source.slice(from, from + maxFormulaLength + close.length);
  const length = window.indexOf(close);
  const inner = length === -1 ? window : window.slice(0, length);
  if (isInline && /\n[ \t]*\n/.test(inner)) return undefined;
  if (length === -1) {
    const reachesEnd = from + window.length >= source.length;
    return isLive && reachesEnd ? { end: source.length, tex: undefined, isDisplay: false } : undefined;
  }
  if (inner.trim() === "") return undefined;
  return { end: from + length + close.length, tex: withoutPrefixes(inner), isDisplay };
}

/** Inside of a quote each further line of a formula begins with the quote's own mark. */
function withoutPrefixes(tex: string): string {
  return tex.replace(/\n[ \t]*(?:>[ \t]?)+/g, "\n");
}

function findDollars(source: string, start: number): Found | undefined {
  if (/[\p{L}\p{N}$\\]/u.test(source[start - 1] ?? " ") || /[\s$]/.test(source[start + 1] ?? " ")) return undefined;
  const line = source.slice(start + 1, start + 1 + maxFormulaLength);
  const end = /[\n`]/.exec(line)?.index ?? line.length;
  for (let at = line.indexOf("$"); at !== -1 && at < end; at = line.indexOf("$", at + 1)) {
    const before = line[at - 1] ?? " ";
    if (before === "\\") continue;
    if (/\s/.test(before) || /[\p{L}\p{N}$]/u.test(line[at + 1] ?? " ")) return undefined;
    return { end: start + at + 2, tex: line.slice(0, at), isDisplay: false };
  }
  return undefined;
}
