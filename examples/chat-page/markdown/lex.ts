/**
 * Markdown text to blocks, cheaply while the text grows: only what may still change is parsed again. An answer streams for
 * minutes and is parsed once a frame; from scratch each time, a long one would cost more than a frame.
 */
import { Lexer, type Token } from "marked";

export interface Lexed {
  readonly source: string;
  /** The source with `\n` alone ending lines: what the tokens' `raw` add up to. */
  readonly text: string;
  readonly tokens: readonly Token[];
  /** How many of `tokens` later text cannot change, and how much of `text` they cover. */
  readonly closed: number;
  readonly closedLength: number;
  /** The link definitions, as one comparable value: a new one may change any block. */
  readonly definitions: string;
}

/** Later text may join the last block (a paragraph goes on) or make it one with the block before (a list's next item). */
const openBlocks = 2;

/** The blocks of `source`. `previous` is what an earlier, shorter text gave; a wrong or missing one only costs time. */
export function lex(source: string, previous?: Lexed): Lexed {
  const text = source.replace(/\r\n?/g, "\n"); // As marked does first: positions must agree with its own.
  if (previous !== undefined && previous.definitions === "" && previous.closed > 0) {
    const isAppended = text.startsWith(previous.text.slice(0, previous.closedLength));
    const tail = isAppended ? new Lexer({ gfm: true }).lex(text.slice(previous.closedLength)) : undefined;
    if (tail !== undefined && Object.keys(tail.links).length === 0) {
      const tokens = [...previous.tokens.slice(0, previous.closed), ...tail];
      return { source, text, tokens, definitions: "", ...closedPart(text, tokens, previous) };
    }
  }
  const tokens = new Lexer({ gfm: true }).lex(text);
  const definitions = Object.keys(tokens.links).length === 0 ? "" : JSON.stringify(tokens.links);
  return { source, text, tokens, definitions, ...closedPart(text, tokens, { closed: 0, closedLength: 0 }) };
}

type ClosedPart = Pick<Lexed, "closed" | "closedLength">;

function closedPart(text: string, tokens: readonly Token[], from: ClosedPart): ClosedPart {
  let last = tokens.length;
  for (let open = 0; last > from.closed && open < openBlocks; ) {
    last -= 1;
    if (tokens[last]?.type !== "space") open += 1;
  }
  let { closed, closedLength } = from;
  for (const token of tokens.slice(closed, last)) {
    // A token's `raw` is its stretch of the text; should it ever not be, the blocks from there on stay open.
    if (!text.startsWith(token.raw, closedLength)) break;
    closed += 1;
    closedLength += token.raw.length;
  }
  return { closed, closedLength };
}
