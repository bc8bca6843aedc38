import { ErrorFrame, NoticeFrame, RoomView, ServerFrame, TurnInput, TurnView } from "./transcript.js";
/** Messages about faults that the client finds itself. The room never sends these codes. */
declare const CLIENT_MESSAGES: {
  readonly "request-blocked": "A firewall or proxy blocked this request. Change the text, or use another network, and try again.";
  readonly "websocket-blocked": "A firewall or proxy blocks the connection that this chat needs. Use another network, or wait. We'll keep trying.";
  readonly "gateway-unrecognized": "Something else than the chat service answers at its address. Use another network, or report it. We'll keep trying.";
  readonly unreachable: "The room could not be reached. Check your connection and try again.";
};
type ClientCode = keyof typeof CLIENT_MESSAGES;
/** The transports by name, and why a client leaves one for the next. Used by the public API and by the connection. */
/** Why a transport was left for the next. */
export type StepReason = Exclude<NetworkFault, "lost"> |
/** Its connections broke off soon after they were made, again and again. */
"unstable";
/** From the best to the one that gets through everywhere. */
declare const TRANSPORTS: readonly ["websocket", "sse", "poll"];
export type TransportName = (typeof TRANSPORTS)[number];
/** A fault of the network, not of the room, that ended or delayed a connection. */
type NetworkFault =
/** This runtime has no such thing. */
"unavailable" |
/** No connection came about, or something else than the room answered. */
"blocked" |
/** It said nothing for too long. */
"stalled" |
/** A proxy holds back what was sent. */
"buffered" |
/** It broke off. */
"lost";
/** The state of the connection; each state has only the fields that mean something in it. */
export type ConnectionState = {
  readonly state: "connecting";
} |
/** Welcomed and synced: the snapshot shows what the room holds. */
{
  readonly state: "online";
  /** Absent over polls, which have no session. */
  readonly sessionId?: string;
  readonly transport: TransportName;
  /** Why no better transport is used. */
  readonly because?: StepReason;
} |
/** Lost. The next attempt comes at `retryAt` (ms since 1970). The transcript stays and continues where it stopped. */
{
  readonly state: "reconnecting";
  readonly attempt: number;
  readonly retryAt: number;
  /**
   * The obstacle, where one is known: `websocket-blocked` (only WebSockets may be used, and none gets through) or
   * `gateway-unrecognized` (something else answers at the gateway's address). Attempts are then up to a minute apart.
   */
  readonly code?: ClientCode;
  readonly message?: string;
} |
/** The device reports no network. Attempts go on, because it is sometimes wrong. */
{
  readonly state: "offline";
} |
/** Ended: by `close()` (no code), by a terminal refusal of the room, or because the room or `url` can't exist. */
{
  readonly state: "closed";
  readonly code?: string;
  readonly message?: string;
};
/** A submit that the room has not shown as a turn yet, or that was refused. It is kept, with its text, until it is dismissed. */
export interface PendingTurn {
  readonly id: string;
  readonly input: TurnInput;
  readonly submittedAt: number;
  readonly replaces?: string;
  /**
   * Why the submit failed: the room's refusal (`queue-full`, `turn-stale`, …), or `request-blocked` where something on the
   * network blocks it. Without this field the submit is still on its way. A refused one never holds up later submits:
   * `dismiss` forgets it, and `submit` with its id tries again.
   */
  readonly refused?: ErrorFrame;
}
/** Turns before those in the snapshot: a first sync brings the newest mebibyte, `loadOlder` fetches the rest. */
export type OlderState =
/** Nothing is known to precede what is shown. */
{
  readonly state: "none";
} | {
  readonly state: "available";
} | {
  readonly state: "loading";
} |
/** The last `loadOlder` failed and may be tried again. `code` is one of the gateway's, or `unreachable`. */
{
  readonly state: "failed";
  readonly error: {
    readonly code: string;
    readonly message: string;
  };
};
/** One immutable snapshot of a room; a new object only when something changed. */
export interface ChatSnapshot {
  readonly room: string;
  readonly connection: ConnectionState;
  readonly view: RoomView;
  /** `view.turns`, for convenience. */
  readonly turns: readonly TurnView[];
  readonly older: OlderState;
  readonly pending: readonly PendingTurn[];
  /** Notices that concern no single turn. */
  readonly notices: readonly NoticeFrame[];
  /** The last error that isn't shown on a submit: about the session, a clear, or a stop that was refused. */
  readonly error?: ErrorFrame;
  /** Turns that the user stopped and whose `turn-end` has not arrived. */
  readonly stopping: ReadonlySet<string>;
}
/** Options of a turn. Where one is left out, the room's or the backend's own choice counts. */
export interface SubmitOptions {
  /** Defaults to a random id. The id is an idempotency key: the same one submitted again starts nothing (T1). */
  readonly turnId?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly params?: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
  /** Removes that turn and later ones (edit and regenerate). */
  readonly replaces?: string;
  /** With `{ answers }`: the first turn of the message whose open calls they answer (`edge-chat-gateway/tools`). */
  readonly continues?: string;
  /** Decides whether the turn goes on when the last viewer leaves. Without it, the room's policy decides. */
  readonly onLeave?: "cancel" | "keep";
}
export interface AskOptions extends SubmitOptions {
  /** Aborted, it stops the turn; `done` and the reading of text reject with its reason. */
  readonly signal?: AbortSignal;
}
/** An answer that is being given: `for await (const text of answer)`, or `await answer.done`. */
export interface Answer extends AsyncIterable<string> {
  readonly turnId: string;
  /**
   * The turn once it is settled, also one that somebody stopped (`outcome`). Rejects with a `ChatError` where the question was
   * refused or removed, the answer failed or broke off, or the client was closed.
   */
  readonly done: Promise<TurnView>;
  /**
   * The visible text as it arrives, from the start of the answer. Throws what `done` rejects with, after the text that came.
   * To stop reading doesn't stop the turn. Text that a `reset-step` takes back isn't taken back here.
   */
  [Symbol.asyncIterator](): AsyncGenerator<string, void, undefined>;
}
/** Options of `regenerate` and `edit`, which set `replaces` themselves. */
export type ReplaceOptions = Omit<SubmitOptions, "replaces">;
/** Options of `continueTurn`, which sets `metadata` itself. */
export type ContinueOptions = Omit<SubmitOptions, "replaces" | "metadata">;
/**
 * One room, from the first connection to `close()`. Submits and stops are kept until the room has answered them, over lost
 * connections and, in a tab, over a reload. No call but `loadOlder` waits for the network; the snapshot shows the outcome.
 */
export interface ChatRoomClient {
  /** Calls `listener` after every change. Returns the function that unsubscribes. */
  subscribe(listener: () => void): () => void;
  /** The current snapshot; the same object until something changes (`useSyncExternalStore`'s contract). */
  getSnapshot(): ChatSnapshot;
  /** Queues a question, as text or as `{ parts }`, and returns its turn id at once; it is sent when the room is synced, once, in order. Throws after `close()`. */
  submit(input: string | TurnInput, options?: SubmitOptions): string;
  /** `submit`, with the answer as text that arrives and as a promise. Throws where the signal is aborted already. */
  ask(input: string | TurnInput, options?: AskOptions): Answer;
  /**
   * Asks the same question again in the turn's place. The turn and all later ones are removed. The room doesn't report the
   * `provider`, `model` and `params` of a turn: pass them again. Throws when the turn is not shown.
   */
  regenerate(turnId: string, options?: ReplaceOptions): string;
  /**
   * Asks `prompt` in place of the turn's text, as `regenerate` does. The question's files and data stay, and so does the history
   * that a turn brought.
   */
  edit(turnId: string, prompt: string, options?: ReplaceOptions): string;
  /**
   * Asks for the rest of an answer that ended early, as a new turn after it. Throws unless `isContinuable(turn)` holds and
   * the turn is the newest: the model continues the answer before the new turn.
   */
  continueTurn(turnId: string, options?: ContinueOptions): string;
  /**
   * Fetches a page of turns before the oldest in the snapshot. Never rejects: `older` of the snapshot shows the outcome. A
   * sync that starts over (the room was cleared, or too much was missed) forgets those pages.
   */
  loadOlder(): Promise<void>;
  /** Stops a turn in any state, whoever submitted it. A submit that has not been sent is withdrawn. */
  cancel(turnId: string): void;
  /** Forgets a refused submit. */
  dismiss(turnId: string): void;
  /** Stops and removes all turns of the room, for everyone. */
  clear(): void;
  /**
   * Tries to connect now instead of at `retryAt`, and starts over after a terminal refusal. A connection that exists proves
   * within 5 s that it works, or is replaced: call this where the runtime reports a wake-up or another network by itself.
   */
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
/** The options that the client passes to `fetch`. */
export interface RequestOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** Only for the request that finds out whether anything answers at the gateway's address. */
  readonly mode?: "no-cors";
  readonly signal: AbortSignal;
}
/** Only `room` is needed in a page that the gateway itself serves. */
export interface ChatClientOptions {
  /**
   * Where the gateway is: an origin such as `https://chat.example.com`, an origin with a path prefix such as
   * `https://example.com/ai-gateway`, or in a page a path such as `/ai-gateway`. Default: the page's own origin.
   */
  readonly url?: string;
  readonly room: string;
  /** Called with the room's name before each `hello` and each request. Left out where the gateway needs no token. */
  readonly token?: (room: string) => string | undefined | Promise<string | undefined>;
  /**
   * Keeps questions and stops that the room has not answered yet, prompts included, over a reload. Default: the tab's
   * `sessionStorage`, and nothing outside of a page. Two clients of a room on one storage overwrite each other. `close()`
   * leaves it for the next client of the room; an application that signs a person out clears it.
   */
  readonly storage?: OutboxStorage;
  /**
   * The transports that may be used, best first. Default: all three (docs/transports.md). An application that knows its
   * network can pass `["websocket"]` alone.
   */
  readonly transports?: readonly TransportName[];
  /** For tests, and where requests need more than a token. */
  readonly fetch?: (url: string, init: RequestOptions) => Promise<Response>;
  /** For tests and for runtimes without a global WebSocket. */
  readonly WebSocket?: unknown;
  /** Called with every frame before the client reads it, for tools that show or measure. What it throws is reported as uncaught. */
  readonly onFrame?: (frame: ServerFrame) => void;
}
export {};