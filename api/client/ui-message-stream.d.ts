import { ChunkPart, NoticeFrame, Outcome, Part, StopProof, TurnError, TurnView, Usage } from "./transcript.js";
declare class ReopenedRuns {
  #private;
  /** @param held what the reader has of the answer. */
  constructor(held: readonly Part[]);
  /** Steps that have begun and showed nothing yet. */
  get newSteps(): number;
  /** The chunks that this reader gets for the next one of the answer. None: the chunk says nothing to it. */
  chunksFor(chunk: ChunkPart): readonly ChunkPart[];
}
/** What the gateway says beside an answer: the `data` of a transient `data-gateway` part (`useChat`'s `onData`). */
export type GatewayData =
/** In line; 0 is next. */
{
  readonly kind: "queue";
  readonly turnId: string;
  readonly position: number;
  readonly etaMs?: number;
} |
/** A wait, in words for people. */
({
  readonly kind: "notice";
  readonly turnId: string;
} & Pick<NoticeFrame, "code" | "message" | "willRetry" | "retryAfterMs" | "attempt" | "maxAttempts">) |
/** The last one of an answer, right before the chunk that ends it. */
{
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
/** A chunk, and how many units of the answer its reader has with it. */
export interface UiMessageStep {
  readonly chunk: UiMessageChunk;
  readonly at: number;
}
/** One reader's way through one turn. Give it each new view of the turn; what it had seen already costs nothing. */
export declare class UiMessageWriter {
  #private;
  /**
   * @param from units of the answer the reader has already, from an earlier stream of the same turn.
   * @param reopen what such a reader needs again. Passed in, because a page's reader always begins at the start.
   */
  constructor(turnId: string, from?: number, reopen?: (held: readonly Part[]) => ReopenedRuns);
  /** The turn's end, or its removal, was told. */
  get isDone(): boolean;
  /**
   * The steps from what the reader has to this view. A view that is shorter than what was sent (the tail that a crash cut
   * off) waits until the answer has grown past it again: a resumed answer goes on with the same words (F5).
   */
  advance(turn: TurnView): UiMessageStep[];
  /** The turn is gone from the room: replaced or cleared, by whomever. Nobody's failure, so it ends as a stop does. */
  removed(): UiMessageStep[];
}
export {};