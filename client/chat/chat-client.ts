/**
 * A room as an application sees it: it folds the connection's frames into a transcript, keeps the outbox beside it, and
 * publishes one snapshot of both. It decides when to request a sync and when the outbox may send. Transports and retries are
 * `connection.ts`; the order of what is sent is `outbox.ts`.
 */
import { defined } from "../../shared/defined.ts";
import type { TurnInput } from "../../shared/protocol/client-frames.ts";
import { turnIdPattern } from "../../shared/protocol/limits.ts";
import type { ErrorFrame, ServerFrame } from "../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView, type TurnView } from "../../shared/transcript.ts";
import type {
  Answer,
  AskOptions,
  ChatClientOptions,
  ChatRoomClient,
  ChatSnapshot,
  ConnectionState,
  ContinueOptions,
  ReplaceOptions,
  SubmitOptions,
} from "../api/api.ts";
import { CONTINUE_PROMPT, isContinuable, withPrompt } from "../api/follow-ups.ts";
import { Connection } from "../connection/connection.ts";
import { FallbackMemory } from "../connection/fallback-memory.ts";
import { findObstacle } from "../transports/http/find-obstacle.ts";
import { roomAddress } from "../transports/room-address.ts";
import { openers } from "../transports/transport-factory.ts";
import { ask } from "./ask.ts";
import { OlderTurns } from "./older-turns.ts";
import { Outbox } from "./outbox.ts";
import { OutboxStore, tabStorage } from "./outbox-store.ts";
import { assertSendable, submitFrame, tooLarge } from "./submit-frame.ts";

/** After this many unfit syncs in a row the transcript's own cursor is no longer trusted. */
const maxUnfitSyncs = 2;

/** A snapshot without a client: before it has started, or where it cannot. */
export function idleSnapshot(room: string, connection: ConnectionState = { state: "connecting" }): ChatSnapshot {
  return {
    room,
    connection,
    view: EMPTY_VIEW,
    turns: EMPTY_VIEW.turns,
    older: { state: "none" },
    pending: [],
    notices: EMPTY_VIEW.notices,
    stopping: new Set(),
  };
}

/**
 * How the transcript compares with the room on this connection. unsynced → current ⇄ requested; a lost connection leads back
 * to unsynced. Only from `current` and `requested` does the outbox send.
 */
type SyncState = "unsynced" | "current" | "requested";

/** Connects when it is made, and stays until `close()`. What each call does is documented in `ChatRoomClient`. */
export class ChatClient implements ChatRoomClient {
  readonly #room: string;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #older: OlderTurns;
  readonly #listeners = new Set<() => void>();
  #view: RoomView = EMPTY_VIEW;
  #error: ErrorFrame | undefined;
  #snapshot: ChatSnapshot;
  #phase: "open" | "closed" = "open";
  #sync: SyncState = "unsynced";
  /** Syncs in a row that did not fit. From `maxUnfitSyncs` on, the next hello goes without a cursor and gets everything. */
  #unfitSyncs = 0;

  /** Throws for a room or a gateway that cannot exist. */
  constructor(options: ChatClientOptions) {
    this.#room = options.room;
    const address = roomAddress(options);
    const { hostAndPrefix } = address.gateway;
    const storage = options.storage ?? tabStorage();
    const store = new OutboxStore(storage, hostAndPrefix, options.room);
    this.#outbox = new Outbox(store.load(Date.now()), (entries) => store.save(entries));
    const transports = openers(address, options.transports);
    const memory = new FallbackMemory(storage, hostAndPrefix);
    this.#connection = new Connection(
      {
        transports,
        memory,
        findObstacle: (signal) => findObstacle(address, transports.size === 1 && transports.has("websocket"), signal),
        hasToken: () => options.token !== undefined,
      },
      {
        have: () => (this.#unfitSyncs >= maxUnfitSyncs ? undefined : haveOf(this.#view)),
        frame: (frame) => {
          callListener(() => options.onFrame?.(frame));
          if (this.#phase === "open") this.#handleFrame(frame);
        },
        error: (error) => {
          this.#error = error;
          this.#publish();
        },
        change: () => this.#publish(),
        lost: () => this.#handleLost(),
      },
    );
    this.#older = new OlderTurns(address, {
      view: () => this.#view,
      show: (view) => {
        this.#view = view;
      },
      change: () => this.#publish(),
    });
    const { pending, stopping } = this.#outbox;
    this.#snapshot = { ...idleSnapshot(options.room), pending, stopping };
  }

  subscribe(listener: () => void): () => void {
    // Wrapped, so that one function that is subscribed twice has two subscriptions.
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  getSnapshot(): ChatSnapshot {
    return this.#snapshot;
  }

  submit(input: string | TurnInput, options: SubmitOptions = {}): string {
    if (this.#phase === "closed") throw new Error("submit after close()");
    const frame = submitFrame(input, options);
    const { turnId } = frame;
    assertSendable(frame);
    // T1: the same id starts nothing.
    if (this.#view.turns.some(({ id }) => id === turnId)) return turnId;
    this.#outbox.submit(frame, Date.now(), this.#view, tooLarge(frame));
    this.#flush();
    this.#publish();
    return turnId;
  }

  ask(input: string | TurnInput, options?: AskOptions): Answer {
    return ask(this, input, options);
  }

  regenerate(turnId: string, options: ReplaceOptions = {}): string {
    const { input, continues } = this.#shown(turnId);
    if (input === undefined) throw new Error(`the question of turn ${turnId} is not known`);
    return this.submit(input, defined({ ...options, replaces: turnId, continues }));
  }

  edit(turnId: string, prompt: string, options: ReplaceOptions = {}): string {
    return this.submit(withPrompt(this.#shown(turnId).input, prompt), { ...options, replaces: turnId });
  }

  continueTurn(turnId: string, options: ContinueOptions = {}): string {
    const turn = this.#shown(turnId);
    if (!isContinuable(turn) || this.#view.turns.at(-1) !== turn) throw new Error(`turn ${turnId} cannot be continued`);
    return this.submit(CONTINUE_PROMPT, { ...options, metadata: { continues: turnId } });
  }

  #shown(turnId: string): TurnView {
    const turn = this.#view.turns.findLast(({ id }) => id === turnId);
    if (turn === undefined) throw new Error(`turn ${turnId} is not shown`);
    return turn;
  }

  loadOlder(): Promise<void> {
    return this.#older.load();
  }

  cancel(turnId: string): void {
    if (this.#phase === "closed" || !turnIdPattern.test(turnId)) return;
    this.#outbox.cancel(turnId, this.#view);
    this.#flush();
    this.#publish();
  }

  dismiss(turnId: string): void {
    this.#outbox.dismiss(turnId);
    this.#publish();
  }

  clear(): void {
    if (this.#phase === "closed") return;
    this.#outbox.clear(this.#view);
    this.#flush();
    this.#publish();
  }

  reconnect(): void {
    this.#connection.reconnect();
  }

  close(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#older.close();
    this.#connection.close();
  }

  #handleFrame(frame: ServerFrame): void {
    if (frame.type === "error") {
      this.#handleError(frame);
    } else {
      const { view, needsSync } = foldFrame(this.#view, frame);
      this.#view = view;
      if (frame.type === "sync") this.#handleSync(needsSync);
      else if (needsSync && this.#sync !== "unsynced") this.#requestSync();
      this.#flush();
    }
    this.#publish();
  }

  /** An error about a submit is shown on it, with its text. Any other is shown as the room's last error. */
  #handleError(frame: ErrorFrame): void {
    const refused = this.#outbox.refuse(frame);
    // Another device said the same, and the room has shown its turn.
    if (frame.code === "already-answered" && frame.turnId !== undefined) this.#outbox.dismiss(frame.turnId);
    // The room refused the clear, so no sync in a new epoch follows.
    if (refused === "clear" && this.#sync === "current") this.#connection.stopExpectingSync();
    // A stop that was sent in place of its submit names a turn that never was: that is what the user wanted.
    const isWanted = frame.turnId !== undefined && frame.code === "turn-unknown";
    if (refused !== "submit" && !isWanted) this.#error = frame;
    this.#flush();
  }

  #handleSync(isUnfit: boolean): void {
    const wasUnsynced = this.#sync === "unsynced";
    if (isUnfit) {
      this.#unfitSyncs += 1;
      if (this.#unfitSyncs >= maxUnfitSyncs) this.#connection.drop("unfit sync");
      else this.#sendSyncRequest();
      return;
    }
    this.#unfitSyncs = 0;
    this.#sync = "current";
    if (!wasUnsynced) return;
    this.#error = undefined;
    this.#connection.synced();
  }

  /** A gap is reported by each frame after it, and requested once. */
  #requestSync(): void {
    if (this.#sync === "requested") return;
    this.#sync = "requested";
    this.#sendSyncRequest();
  }

  #sendSyncRequest(): void {
    const have = haveOf(this.#view);
    if (have === undefined) {
      // A room whose first sync isn't whole: only a new hello is answered with everything.
      this.#connection.drop("no snapshot");
      return;
    }
    this.#connection.send({ type: "sync-request", have });
    this.#connection.expectSync();
  }

  #handleLost(): void {
    this.#sync = "unsynced";
    this.#outbox.disconnected();
  }

  #flush(): void {
    if (this.#sync === "unsynced") return;
    this.#outbox.reconcile(this.#view);
    for (const frame of this.#outbox.due(this.#view)) {
      this.#connection.send(frame);
      // Its answer is a sync in a new epoch, for which later submits wait.
      if (frame.type === "room-clear") this.#connection.expectSync();
    }
  }

  #publish(): void {
    const { connection, view, older, pending, stopping, error } = this.#snapshot;
    const isSame =
      connection === this.#connection.state &&
      view === this.#view &&
      older === this.#older.state &&
      pending === this.#outbox.pending &&
      stopping === this.#outbox.stopping &&
      error === this.#error;
    if (isSame) return;
    this.#snapshot = defined({
      room: this.#room,
      connection: this.#connection.state,
      view: this.#view,
      turns: this.#view.turns,
      older: this.#older.state,
      pending: this.#outbox.pending,
      notices: this.#view.notices,
      stopping: this.#outbox.stopping,
      error: this.#error,
    });
    for (const listener of [...this.#listeners]) callListener(listener);
  }
}

/** A listener that throws must not keep the others, or the connection, from the change. */
function callListener(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
