/** The data that the parser's worker and the page exchange. Everything here can be copied between threads. */
import type { Element } from "hast";

/** Renders a piece of text; the page appends to it while the answer grows. Properties: `text`. */
export const textTag = "text-run";
/** Renders a formula. Properties: `tex`, `source` (as it was written) and `isDisplay`. */
export const mathTag = "math-run";

export interface ParseJob {
  readonly text: string;
  /** Where the blocks begin that may still change, in `text`. The blocks before are not parsed again. */
  readonly from: number;
  /** The text is still growing: what is incomplete at its end is completed or held back. */
  readonly isLive: boolean;
}

export interface Block {
  /** The elements of one block, or its source when it is nested too deeply or has too many elements. */
  readonly content: Element | string;
}

export interface ParsedMarkdown {
  /** As in the job, or 0 when earlier blocks had to be parsed again: a link definition may change any of them. */
  readonly from: number;
  /** The blocks from there on. */
  readonly blocks: readonly Block[];
  /** How many of `blocks` later text cannot change, and where they end in the text. */
  readonly closed: number;
  readonly closedUntil: number;
}
