/**
 * What is stored of a turn: its question, its start, its end, and the upstream position. Reading and writing the rows is
 * `storage-schema.ts`; the states a turn goes through are `turn/turn-state.ts`.
 */
import type { OpenCall } from "../../../shared/protocol/answers.ts";
import type { ContextMessage, TurnSubmitFrame } from "../../../shared/protocol/client-frames.ts";
import type { Outcome, StopProof, SyncTurn, TurnError, Usage } from "../../../shared/protocol/server-frames.ts";
import type { StopCause } from "../events.ts";

/** How a turn ended: what `turn-end` says beside its length. */
export interface Ending {
  readonly outcome: Outcome;
  /** Calls that wait for an answer, in an answer that was completed, and until when one is taken. */
  readonly open?: OpenCall[];
  readonly openUntil?: number;
  readonly stop?: StopProof;
  readonly finishReason?: string;
  readonly error?: TurnError;
}

/** What is submitted: a frame, and by those who keep a conversation of their own what the upstream is to be told of it. */
export interface Submit extends TurnSubmitFrame {
  /**
   * All messages of the upstream's request, in place of the room's history and the input, which is what people see. No
   * part of what makes the same submit the same (T1).
   */
  readonly context?: readonly ContextMessage[];
  /** What the client sent, where `beforeTurn` changed it: it is what makes the same submit the same (T1). */
  readonly original?: Pick<TurnSubmitFrame, "input" | "provider" | "model" | "params">;
  /** Ids of the uploaded files that the question holds (`files/file-addresses.ts`). */
  readonly files?: readonly string[];
}

/** What the turn's submit asked for; never changes. */
export interface TurnSpec {
  readonly id: string;
  /** Number of the turn in its room, +1 each: its place in the conversation and in storage. */
  readonly ordinal: number;
  readonly author: string;
  /** The first turn of the message that this one continues with answers to open calls. */
  readonly continues?: string;
  /** What it answers: by the id that an answer names, and a fingerprint of the answer. */
  readonly answered?: readonly (readonly [callId: string, print: string])[];
  readonly createdAt: number;
  readonly queuedSeq: number;
  /** Of {input, provider, model, params}: tells a repeated submit from a conflicting one (T1). */
  readonly fingerprint: string;
  /** Bytes of the input and the metadata as JSON in UTF-8, for budgets that must not load the input. */
  readonly inputBytes: number;
  /** How many of them are data URLs, which have a budget of their own in the upstream's history. */
  readonly fileBytes?: number;
  /** Rows the input takes in storage. */
  readonly inputRows: number;
  /** Rows that `Submit.context` takes in storage until the turn is over. */
  readonly contextRows?: number;
  /** Ids of the uploaded files that the question holds. */
  readonly files?: readonly string[];
  readonly provider?: string;
  readonly model?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly onLeave: "cancel" | "keep";
  /** The id of the answer that is asked for again: the upstream's own, or its turn's. */
  readonly regenerates?: string;
}

/** The metadata as readers get it. A trace's parent came with the request and is not for them. */
export function readableMetadata({ metadata = {} }: Pick<TurnSpec, "metadata">): Pick<SyncTurn, "metadata"> {
  const { traceparent: _, ...rest } = metadata;
  // It was JSON when it came.
  return Object.keys(rest).length === 0 ? {} : { metadata: rest as Exclude<SyncTurn["metadata"], undefined> };
}

/** What became known when the turn left the queue. */
export interface TurnStart {
  readonly seq: number;
  readonly at: number;
  /** The whole turn must be over by then (U1), whatever is evicted meanwhile. */
  readonly deadlineAt: number;
  /** Ordinals of the turns sent as history: chosen once, so that every attempt sends the same body. */
  readonly history: readonly number[];
}

/** Where in the upstream's stream our text stands: after this event the answer was `offset` long. */
export interface UpstreamMark {
  readonly eventId: string;
  readonly offset: number;
}

/** The stored record of a turn, small by design: its input and its text are rows of their own. */
export interface TurnRecord {
  readonly v: 1;
  readonly spec: TurnSpec;
  readonly start?: TurnStart;
  /** Calls made for this turn, resumes not counted; stored before each is made. */
  readonly attempts: number;
  /** Present while the turn waits and holds no open call: until when. A wake goes on waiting (T5). */
  readonly waitUntil?: number;
  /** Calls made to continue the answer; counted before each, so that a crash cannot hide one. */
  readonly resumes: number;
  /** The upstream's own `start`, stored as soon as it is read: without it a wake cannot resume. */
  readonly upstream?: {
    readonly model?: string;
    readonly resumable: boolean;
    readonly eventId?: string;
    readonly conversation?: string;
    /** The upstream's own id of this answer. */
    readonly messageId?: string;
  };
  /** The answer came whole and is being shown at a pace (U6): all of it is stored, and this is how it ends. */
  readonly simulated?: { readonly finishReason?: string };
  /** A stop was asked for and must be carried out, even after a crash (T3). */
  readonly stopIntent?: { readonly by: StopCause; readonly at: number };
  readonly end?: TurnEnd;
}

export interface TurnEnd extends Ending {
  readonly seq: number;
  readonly at: number;
  readonly length: number;
  /** Bytes of the answer's parts as JSON in UTF-8: what a sync of it costs. */
  readonly bytes: number;
  /** How many of them are data URLs of files, which have a budget of their own in the upstream's history. */
  readonly fileBytes?: number;
  /** Rows the answer takes in storage: what a removal has to delete. */
  readonly rows: number;
  readonly model?: string;
  readonly usage?: Usage;
  readonly simulated?: boolean;
}
