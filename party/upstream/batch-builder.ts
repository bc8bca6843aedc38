/**
 * Collects what events add until the next read: a burst of tokens becomes one batch, and adjacent text one part (U8). Also
 * knows what of the whole answer was read so far, which tells a dialect whether an event repeats it, and the reader whether
 * anything was understood at all.
 */
import {
  type ChunkPart,
  isSameRun,
  type Part,
  type RunPart,
  type TextKind,
  textIn,
  textPart,
  withText,
} from "../../shared/content.ts";
import type { Usage } from "../../shared/protocol/server-frames.ts";
import type { UpstreamBatch, UpstreamEnd } from "../core/ports.ts";
import type { StreamEvent } from "./dialects/stream-event.ts";
import { ThinkTags } from "./dialects/think-tags.ts";
import { withoutRefusedKeys } from "./refused-keys.ts";
import type { TextFilter } from "./text-filter.ts";
import { UnreadEvents, unrecognized } from "./unread-events.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An id is stored with each log row and sent back as a header: short, and in characters that a header may hold. */
const usableId = /^[\x21-\x7e][\x20-\x7e]{0,255}$/;

/** Text of the dialects that know no ids. */
const plainRuns: Readonly<Record<TextKind, RunPart>> = {
  text: textPart("text", ""),
  reasoning: textPart("reasoning", ""),
};

/** How backends say that an answer ends because its calls have to be run. */
const toolEnds: ReadonlySet<string> = new Set(["tool-calls", "tool_calls", "tool_use", "function_call"]);

export class BatchBuilder {
  #parts: Part[] = [];
  #run: RunPart | undefined;
  #text = "";
  #rest: Mutable<Omit<UpstreamBatch, "parts">> = {};
  #ended = false;
  #hasContent = false;
  #received = "";
  #receivedReasoning = "";
  #textCalls = 0;
  #usageCalls = 0;
  #otherCalls = 0;
  #lastText = "";
  #lastKind: TextKind = "text";
  #lastRun: RunPart | undefined;
  #lastUsage: Usage = {};
  /** Calls whose result hasn't come, by id. */
  readonly #openCalls = new Map<string, ChunkPart>();
  readonly #unread = new UnreadEvents();
  readonly #think = new ThinkTags();
  readonly #filter: TextFilter | undefined;
  readonly #emit = (kind: TextKind, text: string) => this.#append(plainRuns[kind], text);

  constructor(filter?: TextFilter) {
    this.#filter = filter;
  }

  /** The answer has ended; what follows isn't part of it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The upstream said that it failed. */
  get failed(): boolean {
    return this.#rest.end?.kind === "error";
  }

  /** Whether any text or part was read. */
  get hasContent(): boolean {
    return this.#hasContent;
  }

  /** All text of a kind that the upstream sent so far, as it sent it. */
  received(kind: TextKind): string {
    return kind === "text" ? this.#received : this.#receivedReasoning;
  }

  /** How often text, token counts and anything else were added. Two readings tell what one event added. */
  get calls(): { readonly text: number; readonly usage: number; readonly other: number } {
    return { text: this.#textCalls, usage: this.#usageCalls, other: this.#otherCalls };
  }

  /** The text and the token counts that were added last. `run`: the text was added to a run with an id. */
  get last(): { readonly kind: TextKind; readonly run?: RunPart; readonly text: string; readonly usage: Usage } {
    const last = { kind: this.#lastKind, text: this.#lastText, usage: this.#lastUsage };
    return this.#lastRun === undefined ? last : { ...last, run: this.#lastRun };
  }

  /** The first event with data that nothing was read from. */
  get unread(): StreamEvent | undefined {
    return this.#unread.first;
  }

  text(kind: TextKind, text: string): void {
    this.#textCalls += 1;
    this.#lastKind = kind;
    this.#lastRun = undefined;
    this.#lastText = text;
    if (text === "") return;
    if (kind === "text") this.#received += text;
    else this.#receivedReasoning += text;
    this.#filtered(kind, text);
  }

  /** Text of a UI message stream, which passes as it is: what looks like a tag or an end mark in it is text. */
  run(run: RunPart, text = textIn(run)): void {
    this.#textCalls += 1;
    this.#lastRun = run;
    this.#lastText = text;
    this.#append(run, text);
  }

  /** Text that repeats what came before, of an upstream known for it. `text` is what is new, `whole` what it sent. */
  repeated(kind: TextKind, text: string): void {
    this.#otherCalls += 1;
    if (text === "") return;
    if (kind === "text") this.#received += text;
    else this.#receivedReasoning += text;
    this.#filtered(kind, text);
  }

  part(part: Part): void {
    this.#otherCalls += 1;
    this.#think.arm(this.#emit);
    this.#closeText();
    this.#hasContent = true;
    this.#parts.push(withoutRefusedKeys(part));
  }

  /** A tool was called. Its provider executes it, so that no page tries to, unless the answer ends without its result. */
  toolCall(toolCallId: string, toolName: string, input: unknown): void {
    const call = { type: "tool-input-available", toolCallId, toolName, input: input ?? {} };
    this.#openCalls.set(toolCallId, call);
    this.part({ ...call, providerExecuted: true });
  }

  /** `toolName` stays with it, because a reader may not know the call. */
  toolResult(toolCallId: string, toolName: string, output: unknown): void {
    this.#openCalls.delete(toolCallId);
    this.part({ type: "tool-output-available", toolCallId, toolName, output, providerExecuted: true });
  }

  toolError(toolCallId: string, toolName: string, error: unknown): void {
    this.#openCalls.delete(toolCallId);
    const errorText = typeof error === "string" ? error : JSON.stringify(error);
    this.part({ type: "tool-output-error", toolCallId, toolName, errorText, providerExecuted: true });
  }

  data(name: string, data: unknown, id?: string): void {
    this.part(id === undefined ? { type: `data-${name}`, data } : { type: `data-${name}`, id, data });
  }

  /**
   * The id of the event just read. An event without a usable id takes back the id before it: a batch's id says that all of
   * the batch lies at or before it, and a resume after a smaller id only repeats what the turn skips.
   */
  eventId(id: string | undefined): void {
    if (id !== undefined && usableId.test(id)) this.#rest.eventId = id;
    else delete this.#rest.eventId;
  }

  start(start: NonNullable<UpstreamBatch["start"]>): void {
    this.#otherCalls += 1;
    this.#rest.start = start;
  }

  conversation(id: string): void {
    this.#otherCalls += 1;
    this.#rest.conversation = id;
  }

  usage(usage: Usage): void {
    this.#usageCalls += 1;
    this.#lastUsage = usage;
    const { usage: before } = this.#rest;
    this.#rest.usage = before === undefined ? usage : { ...before, ...usage };
  }

  /**
   * Notes an event of which nothing was read.
   * @throws UpstreamFailure `upstream-unrecognized` after too many of them without any content.
   */
  ignored(event: StreamEvent): void {
    this.#otherCalls += 1;
    if (!this.#hasContent && this.#unread.add(event)) throw unrecognized(this.#unread.first ?? event, false);
  }

  end(end: UpstreamEnd): void {
    this.#otherCalls += 1;
    this.#rest.end = end;
    this.#ended = true;
  }

  /** Takes back an end that a failure stands in place of. */
  dropEnd(): void {
    delete this.#rest.end;
  }

  /** What came since the last call. */
  take(): UpstreamBatch {
    if (this.#ended) this.close();
    this.#handOver();
    this.#closeText();
    // Held text isn't in the batch, so the id of its event can't be either.
    if (this.#think.isHolding || this.#filter?.isHolding) delete this.#rest.eventId;
    const batch = { ...this.#rest, parts: this.#parts };
    this.#parts = [];
    this.#rest = {};
    return batch;
  }

  /** Calls that the answer ends with, and says so, are for the client to run: they are told again as such. */
  #handOver(): void {
    const { end } = this.#rest;
    if (end?.kind !== "done" || !toolEnds.has(end.finishReason ?? "")) return;
    for (const call of this.#openCalls.values()) this.part({ ...call, providerExecuted: false });
    this.#openCalls.clear();
  }

  /** No more text follows: what was held back joins the next batch. */
  close(): void {
    const held = this.#filter?.end() ?? "";
    if (held !== "") this.#tagged("text", held);
    this.#think.end(this.#emit);
  }

  #filtered(kind: TextKind, text: string): void {
    const filter = this.#filter;
    if (filter === undefined) {
      this.#tagged(kind, text);
      return;
    }
    if (kind === "reasoning" && filter.isHolding) this.#tagged("text", filter.end());
    this.#tagged(kind, filter.push(kind, text));
    if (filter.isOver) this.end({ kind: "done" });
  }

  #tagged(kind: TextKind, text: string): void {
    if (kind === "reasoning") this.#append(plainRuns.reasoning, text);
    else if (this.#think.isOff) this.#append(plainRuns.text, text);
    else this.#think.push(text, this.#emit);
  }

  #append(run: RunPart, text: string): void {
    if (text === "") return;
    this.#hasContent = true;
    if (this.#run !== run && (this.#run === undefined || !isSameRun(this.#run, run))) {
      this.#closeText();
      this.#run = run;
    }
    this.#text += text;
  }

  #closeText(): void {
    if (this.#run !== undefined && this.#text !== "") this.#parts.push(withText(this.#run, this.#text));
    this.#run = undefined;
    this.#text = "";
  }
}
