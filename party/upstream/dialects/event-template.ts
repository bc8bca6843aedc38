/**
 * Finds what may differ between two events that mean the same: the text, times, numbers of events and token counts. Everything
 * else becomes a literal that a later event must repeat. Runs only for events that are learned from, never for each token.
 */
import { defined } from "../../../shared/defined.ts";
import type { Usage } from "../../../shared/protocol/server-frames.ts";
import { inputNames, outputNames } from "./said-usage.ts";
import { isObject, type StreamEvent } from "./stream-event.ts";

/** `any`: a time or a number that no dialect reads. */
export type Hole = "text" | "any" | "input" | "output";

export interface Lesson {
  /** One more than there are holes: a hole stands between two literals. */
  readonly literals: readonly string[];
  readonly holes: readonly Hole[];
}

/** Keys whose strings and numbers no dialect reads in an event of text: times, numbers and ids of the event. */
const ignoredNames = [
  "created created_at createdAt create_time createTime timestamp ts time sequence_number sequenceNumber seq total_tokens totalTokens",
  "totalTokenCount id uuid uid messageId message_id msgId msg_id eventId event_id chunkId chunk_id requestId request_id rid traceId",
  "trace_id seqId seq_id logId log_id",
].flatMap((names) => names.split(" "));

/** A key with a string or a number. Only an escaped quote could stand inside of a string, and none can follow `{` or `,`. */
const member = (names: readonly string[]) =>
  new RegExp(String.raw`(?<=[{,]\s*)"(${names.join("|")})"\s*:\s*(\d+(?:\.\d+)?|"[^"\\]*")(?=\s*[,}])`, "g");

const ignoredMember = member(ignoredNames);
const countMember = member([...inputNames, ...outputNames]);
const inputs: ReadonlySet<string> = new Set(inputNames);

/** Pieces of a tool call are collected over many events: an event with one is never skipped. */
const toolPiece = /"(?:tool_calls|tool_call_chunks|function_call)"\s*:\s*(?:\[\s*)?\{/;

interface Place {
  readonly hole: Hole;
  readonly start: number;
  readonly end: number;
}

/** Undefined where the text or the counts can't be told from other strings and numbers of the event. */
export function lessonOf(
  { data, value }: StreamEvent,
  text: string,
  usage: Usage | undefined,
  isTextOnly: boolean,
): Lesson | undefined {
  if (text === "" || !isObject(value) || toolPiece.test(data)) return undefined;
  const literal = JSON.stringify(text);
  const at = data.indexOf(literal);
  // The text must be the only such string, or another field would be taken for it.
  if (at < 0 || data.includes(literal, at + 1) || count(value, text, 0) !== 1) return undefined;
  if (isTextOnly && usage !== undefined) return undefined;
  const counts = usage === undefined ? [] : placesOf(data, countMember);
  if (usage !== undefined && !areThe(counts, data, usage)) return undefined;
  const places: Place[] = [{ hole: "text", start: at, end: at + literal.length }];
  if (!isTextOnly) places.push(...counts, ...placesOf(data, ignoredMember));
  places.sort((a, b) => a.start - b.start);
  const ends = [0, ...places.map(({ end }) => end)];
  const starts = [...places.map(({ start }) => start), data.length];
  return { literals: ends.map((end, index) => data.slice(end, starts[index])), holes: places.map(({ hole }) => hole) };
}

function placesOf(data: string, pattern: RegExp): Place[] {
  return Array.from(data.matchAll(pattern), ({ 0: all, 1: key = "", 2: scalar = "", index }) => {
    const hole = pattern === ignoredMember ? "any" : inputs.has(key) ? "input" : "output";
    const end = index + all.length;
    return { hole, start: end - scalar.length, end };
  });
}

/** Whether the counts in the event are the ones that were read, each once. */
function areThe(places: readonly Place[], data: string, usage: Usage): boolean {
  const said = places.map(({ hole, start, end }) => `${hole} ${data.slice(start, end)}`).sort();
  const { inputTokens, outputTokens } = usage;
  const read = Object.entries(defined({ input: inputTokens, output: outputTokens }));
  return said.join() === read.map(([hole, tokens]) => `${hole} ${tokens}`).join();
}

/** How often the text is a value anywhere inside. */
function count(value: unknown, text: string, depth: number): number {
  if (value === text) return 1;
  if (typeof value !== "object" || value === null || depth > 16) return 0;
  let found = 0;
  for (const inner of Object.values(value)) found += count(inner, text, depth + 1);
  return found;
}
