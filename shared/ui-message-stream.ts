/**
 * A turn as the AI SDK's UI message stream, version 1, which `ai` 5 to 7 read: what the WebSocket transport hands to
 * `useChat` and what the HTTP routes write. Pure: a turn's views go in, one after the other, and the chunks that bring a
 * reader from one to the next come out. It knows no frames, no sockets and no HTTP.
 *
 * What an upstream sent as chunks passes as it is. Older clients refuse what they do not know: in older releases (of 7, those
 * before 7.0.33) a field too many ends the answer, and in all of them a type too many does. So the gateway adds only types and
 * fields that the format began with, and what else there is to say (a place in line, a wait, how it ended) goes as a transient
 * data part, which enters no message.
 */
import {
  type ChunkPart,
  isRun,
  isText,
  lengthOf,
  type Part,
  type RunPart,
  sliceParts,
  type TextPart,
  textIn,
  unitsOf,
  withText,
} from "./content.ts";
import { defined } from "./defined.ts";
import { isUiMessageAnswer } from "./message-fold.ts";
import { answerChunks, answersIn, chainsOf, messageIdOf } from "./open-calls.ts";
import type { NoticeFrame, Outcome, StopProof, TurnError, Usage } from "./protocol/server-frames.ts";
import type { ReopenedRuns } from "./reopened-runs.ts";
import type { TurnView } from "./transcript.ts";

/** What the gateway says beside an answer: the `data` of a transient `data-gateway` part (`useChat`'s `onData`). */
export type GatewayData =
  /** In line; 0 is next. */
  | { readonly kind: "queue"; readonly turnId: string; readonly position: number; readonly etaMs?: number }
  /** A wait, in words for people. */
  | ({ readonly kind: "notice"; readonly turnId: string } & Pick<
      NoticeFrame,
      "code" | "message" | "willRetry" | "retryAfterMs" | "attempt" | "maxAttempts"
    >)
  /** The last one of an answer, right before the chunk that ends it. */
  | {
      readonly kind: "end";
      readonly turnId: string;
      readonly outcome: Outcome;
      readonly stop?: StopProof;
      readonly finishReason?: string;
      readonly model?: string;
      readonly usage?: Usage;
      readonly error?: TurnError;
    };

/** A chunk of any type. `start` has the turn's id as its `messageId`. */
export type UiMessageChunk = ChunkPart;

/** Where a chunk's text part begins is its name: the same part has the same id for every reader, however late. */
const partId = (kind: PlainText["kind"], offset: number) => `${kind}-${offset}`;

/** The open text of a plain answer. */
interface PlainText {
  readonly kind: "text" | "reasoning";
  readonly id: string;
}

const unexplained: Readonly<Record<"failed" | "interrupted", string>> = {
  failed: "The answer failed.",
  interrupted: "The answer broke off before its end.",
};

/** A chunk, and how many units of the answer its reader has with it. */
export interface UiMessageStep {
  readonly chunk: UiMessageChunk;
  readonly at: number;
}

/** One reader's way through one turn. Give it each new view of the turn; what it had seen already costs nothing. */
export class UiMessageWriter {
  readonly #turnId: string;
  /** Of the message: the turn with which it begins. */
  #messageId: string;
  /** Units of the answer the reader has. */
  #at: number;
  #isStarted = false;
  #isDone = false;
  readonly #reopen: ((held: readonly Part[]) => ReopenedRuns) | undefined;
  /** A reader that has the beginning is in the middle of its step. */
  readonly #isContinued: boolean;
  #open: PlainText | undefined;
  /** What a reader that came back must be given again; undefined for one that has read from the start. */
  #reopened: ReopenedRuns | undefined;
  /** Calls the reader knows: an output without its call would end the reading. */
  readonly #calls = new Set<string>();
  #place: string | undefined;
  #notice: NoticeFrame | undefined;
  #steps: UiMessageStep[] = [];

  /**
   * @param from units of the answer the reader has already, from an earlier stream of the same turn.
   * @param reopen what such a reader needs again. Passed in, because a page's reader always begins at the start.
   */
  constructor(turnId: string, from = 0, reopen?: (held: readonly Part[]) => ReopenedRuns) {
    this.#turnId = turnId;
    this.#messageId = turnId;
    this.#at = from;
    this.#isContinued = from > 0;
    this.#reopen = reopen;
  }

  /** The turn's end, or its removal, was told. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * The steps from what the reader has to this view. A view that is shorter than what was sent (the tail that a crash cut
   * off) waits until the answer has grown past it again: a resumed answer goes on with the same words (F5).
   */
  advance(turn: TurnView): UiMessageStep[] {
    if (this.#isDone) return [];
    this.#messageId = messageIdOf(turn);
    this.#tellWait(turn);
    if (turn.length > this.#at) this.#tellContent(turn.parts);
    if (turn.state === "settled") this.#tellEnd(turn);
    return this.#take();
  }

  /** The turn is gone from the room: replaced or cleared, by whomever. Nobody's failure, so it ends as a stop does. */
  removed(): UiMessageStep[] {
    if (this.#isDone) return [];
    this.#isDone = true;
    this.#close();
    this.#put({ type: "abort" });
    return this.#take();
  }

  #put(chunk: UiMessageChunk): void {
    this.#steps.push({ chunk, at: this.#at });
  }

  #take(): UiMessageStep[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  #tellWait({ position, etaMs, notice }: TurnView): void {
    const turnId = this.#turnId;
    const place = position === undefined ? undefined : `${position} ${etaMs ?? ""}`;
    if (position !== undefined && place !== this.#place) {
      this.#put(gateway({ kind: "queue", turnId, position, ...defined({ etaMs }) }));
    }
    this.#place = place;
    if (notice !== undefined && notice !== this.#notice) {
      const { type: _type, scope: _scope, turnId: _turnId, ...said } = notice;
      this.#put(gateway({ kind: "notice", turnId, ...said }));
    }
    this.#notice = notice;
  }

  #tellContent(parts: readonly Part[]): void {
    const isWhole = isUiMessageAnswer(parts);
    if (this.#isContinued || !isWhole) this.#start(parts);
    let start = 0;
    for (const part of parts) {
      const end = start + unitsOf(part);
      if (end > this.#at) {
        if (isWhole) this.#pass(part, start, end);
        else this.#tellPlain(part, parts, start, end);
      }
      start = end;
    }
  }

  /** A chunk of the upstream, as it is, but for the message's id. */
  #pass(part: Part, start: number, end: number): void {
    if (part.type === "start") {
      this.#isStarted = true;
      this.#at = end;
      this.#put({ ...part, type: "start", messageId: this.#messageId });
      return;
    }
    const fresh: ChunkPart = { ...(isRun(part) ? freshOf(part, this.#at - start) : part) };
    const chunks = this.#reopened === undefined ? [fresh] : this.#reopened.chunksFor(fresh);
    for (const chunk of chunks) {
      if (chunk === fresh) this.#at = end;
      this.#put(chunk);
    }
    this.#at = end;
  }

  #tellPlain(part: Part, parts: readonly Part[], start: number, end: number): void {
    if (isText(part)) {
      this.#tellText(part, start, end);
      return;
    }
    this.#close();
    if (part.type.startsWith("tool-")) this.#tellTool(part as ChunkPart, parts, end);
    else {
      this.#at = end;
      this.#put({ ...part });
    }
  }

  #tellText(part: TextPart, start: number, end: number): void {
    const kind = part.type === "text-delta" ? "text" : "reasoning";
    const id = partId(kind, start);
    if (this.#open?.id !== id) {
      this.#close();
      this.#put({ type: `${kind}-start`, id });
      this.#open = { kind, id };
    }
    const { delta } = freshOf(part, this.#at - start) as TextPart;
    this.#at = end;
    this.#put({ type: part.type, id, delta });
  }

  /** An output without its call would end the reading, so the call is told first. */
  #tellTool(part: ChunkPart, parts: readonly Part[], end: number): void {
    const toolCallId = String(part["toolCallId"]);
    const isCall = part.type === "tool-input-available";
    if (!isCall && !this.#calls.has(toolCallId)) {
      const { toolName = "" } = part;
      const input = callOf(toolCallId, parts)?.["input"] ?? {};
      this.#put({ type: "tool-input-available", toolCallId, toolName, input, providerExecuted: true });
    }
    this.#calls.add(toolCallId);
    this.#at = end;
    const { toolName: _, ...output } = part;
    this.#put(isCall ? part : (output as ChunkPart));
  }

  #tellEnd(turn: TurnView): void {
    const { outcome = "completed", stop, finishReason, model, usage, error } = turn;
    // Also for an answer without a word: a message that is there and empty is what came of it.
    if (outcome === "completed") this.#start(turn.parts);
    this.#close();
    const facts = defined({ stop, finishReason, model, usage, error });
    this.#put(gateway({ kind: "end", turnId: this.#turnId, outcome, ...facts }));
    if (outcome === "completed") {
      const isWhole = isUiMessageAnswer(turn.parts);
      if (!this.#isContinued && !isWhole) this.#put({ type: "finish-step" });
      if (!isWhole || !turn.parts.some(({ type }) => type === "finish")) this.#put({ type: "finish" });
    } else if (outcome === "cancelled") this.#put({ type: "abort" });
    else this.#put({ type: "error", errorText: error?.message ?? unexplained[outcome] });
    this.#isDone = true;
  }

  /** Not before there is something to show: until then `useChat` says `submitted`, and a failure leaves no empty message. */
  #start(parts: readonly Part[]): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#put({ type: "start", messageId: this.#messageId });
    if (!this.#isContinued) this.#put({ type: "start-step" });
    else if (isUiMessageAnswer(parts)) {
      this.#reopened = this.#reopen?.(sliceParts(parts, 0, this.#at));
      for (let step = this.#reopened?.newSteps ?? 0; step > 0; step -= 1) this.#put({ type: "start-step" });
    }
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { kind, id } = this.#open;
    this.#open = undefined;
    this.#put({ type: `${kind}-end`, id });
  }
}

/**
 * The turn as the whole message that it continues, for a reader that has nothing of it: the answers before it, and what was
 * answered in between. A decision about an approval has no chunk that all versions read; the output that follows shows it.
 */
export function wholeMessage(turns: readonly TurnView[], turn: TurnView): TurnView {
  if (turn.continues === undefined) return turn;
  const chain = chainsOf(turns).find((links) => links.includes(turn)) ?? [turn];
  const parts = chain.slice(0, chain.indexOf(turn) + 1).flatMap(({ input, parts: own }) => {
    const answers = answersIn(input).filter(({ type }) => type !== "approval");
    return [...answerChunks(answers), ...own];
  });
  return { ...turn, parts, length: lengthOf(parts) };
}

function gateway(data: GatewayData): UiMessageChunk {
  return { type: "data-gateway", data, transient: true };
}

/** What of a run lies beyond its first `units`. */
function freshOf(run: RunPart, units: number): RunPart {
  return units <= 0 ? run : withText(run, textIn(run).slice(units));
}

/** The call of a tool whose output is read without it. */
function callOf(toolCallId: string, parts: readonly Part[]): ChunkPart | undefined {
  return parts.find((part): part is ChunkPart => {
    return part.type === "tool-input-available" && (part as ChunkPart)["toolCallId"] === toolCallId;
  });
}
