/**
 * A turn as the AI SDK's UI message stream, version 1, which `ai` 5 to 7 read: what the WebSocket transport hands to
 * `useChat` and what the HTTP routes write. Pure: a turn's views go in, one after the other, and the chunks that bring a
 * reader from one to the next come out. It knows no frames, no sockets and no HTTP.
 *
 * Clients of that format refuse what they do not know: in older releases (of 7, those before 7.0.33) a field too many ends
 * the answer, and in all of them a type too many does. So only types and fields that the format began with are written, and
 * what else there is to say (a place in line, a wait, how it ended) goes as a transient data part, which enters no message.
 */
import { isText, type Part, sliceParts, type TextKind, type ToolPart, unitsOf } from "./content.ts";
import type { NoticeFrame, Outcome, StopProof, TurnError, Usage } from "./protocol/server-frames.ts";
import type { TurnView } from "./transcript.ts";
import { errorTextOf } from "./ui-messages.ts";

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

export type UiMessageChunk =
  /** `messageId` is the turn's id. */
  | { readonly type: "start"; readonly messageId: string }
  | { readonly type: "start-step" | "finish-step" | "finish" | "abort" }
  | { readonly type: "error"; readonly errorText: string }
  | { readonly type: `${TextKind}-start` | `${TextKind}-end`; readonly id: string }
  | { readonly type: `${TextKind}-delta`; readonly id: string; readonly delta: string }
  | {
      readonly type: "tool-input-available";
      readonly toolCallId: string;
      readonly toolName: string;
      readonly input: unknown;
      readonly providerExecuted: true;
    }
  | {
      readonly type: "tool-output-available";
      readonly toolCallId: string;
      readonly output: unknown;
      readonly providerExecuted: true;
    }
  | {
      readonly type: "tool-output-error";
      readonly toolCallId: string;
      readonly errorText: string;
      readonly providerExecuted: true;
    }
  | { readonly type: `data-${string}`; readonly data: unknown; readonly transient?: true };

/** Where a chunk's text part begins is its name: the same part has the same id for every reader, however late. */
const partId = (kind: TextKind, offset: number) => `${kind}-${offset}`;

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
  /** Units of the answer the reader has. */
  #at: number;
  #isStarted = false;
  #isDone = false;
  /** A reader that has the beginning is in the middle of its step. */
  readonly #isContinued: boolean;
  #open: { readonly kind: TextKind; readonly id: string } | undefined;
  /** Calls the reader knows: an output without its call would end the reading. */
  readonly #calls = new Set<string>();
  #place: string | undefined;
  #notice: NoticeFrame | undefined;
  #steps: UiMessageStep[] = [];

  /** @param from units of the answer the reader has already, from an earlier stream of the same turn. */
  constructor(turnId: string, from = 0) {
    this.#turnId = turnId;
    this.#at = from;
    this.#isContinued = from > 0;
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
      this.#put(gateway({ kind: "queue", turnId, position, ...(etaMs === undefined ? {} : { etaMs }) }));
    }
    this.#place = place;
    if (notice !== undefined && notice !== this.#notice) {
      const { type: _type, scope: _scope, turnId: _turnId, ...said } = notice;
      this.#put(gateway({ kind: "notice", turnId, ...said }));
    }
    this.#notice = notice;
  }

  #tellContent(parts: readonly Part[]): void {
    this.#start();
    let start = 0;
    for (const part of parts) {
      const end = start + unitsOf(part);
      if (end > this.#at) {
        if (isText(part)) this.#tellText(part.kind, start, sliceParts([part], this.#at - start));
        else {
          this.#close();
          if (part.kind === "tool") this.#tellTool(part, parts, end);
          else {
            this.#at = end;
            this.#put({ type: `data-${part.name}`, data: part.value });
          }
        }
      }
      start = end;
    }
  }

  #tellText(kind: TextKind, start: number, fresh: readonly Part[]): void {
    const id = partId(kind, start);
    if (this.#open?.id !== id) {
      this.#close();
      this.#put({ type: `${kind}-start`, id });
      this.#open = { kind, id };
    }
    for (const part of fresh) {
      if (!isText(part)) continue;
      this.#at += part.text.length;
      this.#put({ type: `${kind}-delta`, id, delta: part.text });
    }
  }

  /** As executed by the provider: `useChat` then neither calls tools of the page nor sends their results back by itself. */
  #tellTool({ toolCallId, toolName, phase, value }: ToolPart, parts: readonly Part[], end: number): void {
    if (phase === "call" || !this.#calls.has(toolCallId)) {
      const input = (phase === "call" ? value : callOf(toolCallId, parts)) ?? {};
      if (phase === "call") this.#at = end;
      this.#put({ type: "tool-input-available", toolCallId, toolName, input, providerExecuted: true });
      this.#calls.add(toolCallId);
    }
    this.#at = end;
    if (phase === "result") {
      this.#put({ type: "tool-output-available", toolCallId, output: value, providerExecuted: true });
    } else if (phase === "error") {
      const errorText = errorTextOf(value);
      this.#put({ type: "tool-output-error", toolCallId, errorText, providerExecuted: true });
    }
  }

  #tellEnd(turn: TurnView): void {
    const { outcome = "completed", stop, finishReason, model, usage, error } = turn;
    // Also for an answer without a word: a message that is there and empty is what came of it.
    if (outcome === "completed") this.#start();
    this.#close();
    const facts = { stop, finishReason, model, usage, error };
    const known = Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
    this.#put(gateway({ kind: "end", turnId: this.#turnId, outcome, ...known }));
    if (outcome === "completed") {
      if (!this.#isContinued) this.#put({ type: "finish-step" });
      this.#put({ type: "finish" });
    } else if (outcome === "cancelled") this.#put({ type: "abort" });
    else this.#put({ type: "error", errorText: error?.message ?? unexplained[outcome] });
    this.#isDone = true;
  }

  /** Not before there is something to show: until then `useChat` says `submitted`, and a failure leaves no empty message. */
  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#put({ type: "start", messageId: this.#turnId });
    if (!this.#isContinued) this.#put({ type: "start-step" });
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { kind, id } = this.#open;
    this.#open = undefined;
    this.#put({ type: `${kind}-end`, id });
  }
}

function gateway(data: GatewayData): UiMessageChunk {
  return { type: "data-gateway", data, transient: true };
}

/** What a tool was called with, where its result is read without its call. */
function callOf(toolCallId: string, parts: readonly Part[]): unknown {
  return parts.find(
    (part): part is ToolPart => part.kind === "tool" && part.toolCallId === toolCallId && part.phase === "call",
  )?.value;
}
