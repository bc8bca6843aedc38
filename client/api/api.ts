/**
 * The client library's public types: what an application sees of a room. `chat-client.ts` implements them; React and the
 * page are built on nothing else.
 */
import type { TurnInput } from "../../shared/protocol/client-frames.ts";
import type { ErrorFrame, NoticeFrame, ServerFrame } from "../../shared/protocol/server-frames.ts";
import type { RoomView, TurnView } from "../../shared/transcript.ts";
import type { StepReason, TransportName } from "./connection-types.ts";

/** The state of the connection; each state has only the fields that mean something in it. */
export type ConnectionState =
  | { readonly state: "connecting" }
  /** Welcomed and synced: what is shown is what the room holds. `because`: why over nothing better. */
  | {
      readonly state: "online";
      /** None over polls: each of them stands for itself. */
      readonly sessionId?: string;
      readonly transport: TransportName;
      readonly because?: StepReason;
    }
  /** Lost; the next try comes at `retryAt` (ms since 1970). The transcript stays and continues where it stopped. */
  | { readonly state: "reconnecting"; readonly attempt: number; readonly retryAt: number }
  /** The device says that it has no network. Tries go on, because it is sometimes wrong; its return is a reason not to wait. */
  | { readonly state: "offline" }
  /** Ended for good: by `close()` (no code), or by a terminal close code of the room. */
  | { readonly state: "closed"; readonly code?: string; readonly message?: string };

/** A submit that the room has not shown as a turn yet, or that it refused. Kept, with its text, until it is dismissed. */
export interface PendingTurn {
  readonly id: string;
  readonly input: TurnInput;
  readonly submittedAt: number;
  readonly replaces?: string;
  /** The room's refusal (`queue-full`, `turn-stale`, …). Without one the submit is still on its way. */
  readonly refused?: ErrorFrame;
}

/** Turns before those in the snapshot: a first sync brings the newest mebibyte, the rest comes when asked for. */
export type OlderState =
  /** Nothing is known to precede what is shown. */
  | { readonly state: "none" }
  | { readonly state: "available" }
  | { readonly state: "loading" }
  /** The last `loadOlder` failed and may be tried again; `code` is one of the gateway's, or `unreachable`. */
  | { readonly state: "failed"; readonly error: { readonly code: string; readonly message: string } };

/** One immutable snapshot of everything; a new object only when something changed. */
export interface ChatSnapshot {
  readonly room: string;
  readonly connection: ConnectionState;
  readonly view: RoomView;
  /** `view.turns`, for convenience. */
  readonly turns: readonly TurnView[];
  readonly older: OlderState;
  readonly pending: readonly PendingTurn[];
  /** Notices that concern no single turn, and the last error frame that concerned none. */
  readonly notices: readonly NoticeFrame[];
  readonly error?: ErrorFrame;
  /** Turns whose stop was asked for and not yet answered by their `turn-end`. */
  readonly stopping: ReadonlySet<string>;
}

/** What a turn is asked with. Left out, the room's or the backend's own choice counts. */
export interface SubmitOptions {
  /** Defaults to a random id. The id is an idempotency key: the same one submitted again starts nothing (T1). */
  readonly turnId?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly params?: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
  /** Removes that turn and later ones: edit and regenerate. */
  readonly replaces?: string;
  /** What happens to the turn when the last viewer leaves; the room's policy when left out. */
  readonly onLeave?: "cancel" | "keep";
}

/** Of `regenerate` and `edit`, which say themselves what is replaced. */
export type ReplaceOptions = Omit<SubmitOptions, "replaces">;
/** Of `continueTurn`, which says in the metadata what is continued. */
export type ContinueOptions = Omit<SubmitOptions, "replaces" | "metadata">;

/**
 * One room, from the first connection to `close()`. What is asked for is kept until the room has answered it, over lost
 * connections and, in a tab, over a reload. No call waits for the network but `loadOlder`; how things stand is the snapshot.
 */
export interface ChatRoomClient {
  /** Calls `listener` after every change; returns the way to stop that. */
  subscribe(listener: () => void): () => void;
  /** The current snapshot; the same object until something changes (`useSyncExternalStore`'s contract). */
  getSnapshot(): ChatSnapshot;
  /** Queues a prompt and returns its turn id at once; it is sent when the room is synced, once, in order. Throws after `close()`. */
  submit(input: string | TurnInput, options?: SubmitOptions): string;
  /**
   * Asks the same again in its place; the turn and all after it go. The room does not say which `provider`, `model` and
   * `params` a turn was asked with: pass them again. Throws when the turn is not shown.
   */
  regenerate(turnId: string, options?: ReplaceOptions): string;
  /** Asks `prompt` in place of the turn's question, as `regenerate` does. A turn that brought its history keeps it. */
  edit(turnId: string, prompt: string, options?: ReplaceOptions): string;
  /**
   * Asks for the rest of an answer that ended early, as a new turn after it. Throws unless `isContinuable(turn)` holds
   * for it and it is the newest: the answer before the new turn is what the model goes on from.
   */
  continueTurn(turnId: string, options?: ContinueOptions): string;
  /**
   * Fetches a page of the turns before the oldest in the snapshot and puts it before them. Never rejects: how it went is
   * `older` of the snapshot. A sync that starts over (the room was cleared, or too much was missed) forgets those pages.
   */
  loadOlder(): Promise<void>;
  /** Stops a turn from whatever state, whoever submitted it. A submit that has not left yet is withdrawn. */
  cancel(turnId: string): void;
  /** Forgets a refused submit. */
  dismiss(turnId: string): void;
  /** Stops and removes all turns of the room, for everyone. */
  clear(): void;
  /** Tries to connect now instead of at `retryAt`; from `closed` by a terminal code it starts over. */
  reconnect(): void;
  /** Leaves. The room's leave policy decides what becomes of open turns. Idempotent. */
  close(): void;
}

/** The part of web storage that an outbox uses. May throw: then nothing is kept. */
export interface OutboxStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What the client asks of `fetch`. */
export interface RequestOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Only `room` is needed in a page that the gateway itself serves. */
export interface ChatClientOptions {
  /** Origin of the gateway, such as `https://chat.example.com`. Defaults to the page's own origin. */
  readonly url?: string;
  readonly room: string;
  /** Asked for before each `hello`; left out where the gateway needs none. */
  readonly token?: () => string | undefined | Promise<string | undefined>;
  /**
   * Keeps questions and stops that the room has not answered yet, prompts included, over a reload; the tab's
   * `sessionStorage` by default, nothing where there is none. One client a room: two on one storage overwrite each other.
   * `close()` leaves it as it is, for the next client of the room; whoever signs a person out clears it.
   */
  readonly storage?: OutboxStorage;
  /**
   * Which may be used, best first; all three by default (docs/transports.md). Where a page is sure of its network, such as
   * in an app of its own, `["websocket"]` alone spares the tries of the others.
   */
  readonly transports?: readonly TransportName[];
  /** In tests, and where requests need more than a token. */
  readonly fetch?: (url: string, init: RequestOptions) => Promise<Response>;
  /** For tests and for runtimes without a global WebSocket. */
  readonly WebSocket?: unknown;
  /** Sees every frame before the client takes it: for tools that show or measure. What it throws is reported as uncaught. */
  readonly onFrame?: (frame: ServerFrame) => void;
}
