/**
 * A room as an application sees it: the link's frames folded into a transcript, the outbox beside it, one snapshot of both.
 * It decides when to ask for a sync and when the outbox may speak; sockets and times are `link.ts`, order is `outbox.ts`.
 */
import type { TurnInput } from "../../shared/protocol/client-frames.ts";
import { turnIdPattern } from "../../shared/protocol/limits.ts";
import type { ErrorFrame, ServerFrame } from "../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView, type TurnView } from "../../shared/transcript.ts";
import type {
  ChatClientOptions,
  ChatRoomClient,
  ChatSnapshot,
  ContinueOptions,
  ReplaceOptions,
  SubmitOptions,
} from "../api/api.ts";
import { CONTINUE_PROMPT, isContinuable, withPrompt } from "../api/follow-ups.ts";
import { Link } from "../connection/connection.ts";
import { LadderMemory } from "../connection/fallback-memory.ts";
import { roomAddress } from "../transports/room-address.ts";
import { openers } from "../transports/transport-factory.ts";
import { OlderTurns } from "./older-turns.ts";
import { Outbox } from "./outbox.ts";
import { OutboxStore, tabStorage } from "./outbox-store.ts";
import { assertSendable, submitFrame, tooLarge } from "./submit-frame.ts";

/** Syncs in a row that did not fit before the transcript's own cursor is no longer trusted. */
const maxUnfitSyncs = 2;

/** What there is to see of a room before its client has started. */
export function idleSnapshot(room: string): ChatSnapshot {
  return {
    room,
    connection: { state: "connecting" },
    view: EMPTY_VIEW,
    turns: EMPTY_VIEW.turns,
    older: { state: "none" },
    pending: [],
    notices: EMPTY_VIEW.notices,
    stopping: new Set(),
  };
}

/** Connects when it is made, and stays until `close()`; what each call does is said in `ChatRoomClient`. */
export class ChatClient implements ChatRoomClient {
  readonly #room: string;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #older: OlderTurns;
  readonly #listeners = new Set<() => void>();
  #view: RoomView = EMPTY_VIEW;
  #error: ErrorFrame | undefined;
  #snapshot: ChatSnapshot;
  #closed = false;
  /** A sync was folded on this connection: what is shown is what the room holds. */
  #synced = false;
  /** A sync was asked for and has not come: what follows a gap is not asked for twice. */
  #syncAsked = false;
  #unfitSyncs = 0;
  /** The cursor was refused too often: the next hello goes without one and gets everything. */
  #startAfresh = false;

  /** Throws for a room or a gateway that cannot exist. */
  constructor(options: ChatClientOptions) {
    this.#room = options.room;
    const address = roomAddress(options);
    const storage = options.storage ?? tabStorage();
    const store = new OutboxStore(storage, address.url.host, options.room);
    this.#outbox = new Outbox(store.load(Date.now()), (entries) => store.save(entries));
    const transports = openers(address, options.transports);
    const memory = new LadderMemory(storage, address.url.host);
    this.#link = new Link(
      { transports, memory, hasToken: () => options.token !== undefined },
      {
        have: () => (this.#startAfresh ? undefined : haveOf(this.#view)),
        frame: (frame) => {
          tell(() => options.onFrame?.(frame));
          if (!this.#closed) this.#handleFrame(frame);
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
    // Wrapped, so that one function subscribed twice is two subscriptions.
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
    if (this.#closed) throw new Error("submit after close(): make a new client");
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

  regenerate(turnId: string, options: ReplaceOptions = {}): string {
    const { input } = this.#shown(turnId);
    if (input === undefined) throw new Error(`the question of turn ${turnId} is not known`);
    return this.submit(input, { ...options, replaces: turnId });
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
    if (this.#closed || !turnIdPattern.test(turnId)) return;
    this.#outbox.cancel(turnId, this.#view);
    this.#flush();
    this.#publish();
  }

  dismiss(turnId: string): void {
    this.#outbox.dismiss(turnId);
    this.#publish();
  }

  clear(): void {
    if (this.#closed) return;
    this.#outbox.clear(this.#view);
    this.#flush();
    this.#publish();
  }

  reconnect(): void {
    this.#link.reconnect();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#older.close();
    this.#link.close();
  }

  #handleFrame(frame: ServerFrame): void {
    if (frame.type === "error") {
      this.#handleError(frame);
    } else {
      const { view, needsSync } = foldFrame(this.#view, frame);
      this.#view = view;
      if (frame.type === "sync") this.#handleSync(needsSync);
      else if (needsSync && this.#synced) this.#askForSync();
      this.#flush();
    }
    this.#publish();
  }

  /** About a submit or a stop: told there, with its text. Anything else is shown as the room's last error. */
  #handleError(frame: ErrorFrame): void {
    if (frame.turnId === undefined) this.#outbox.refuseClear();
    const isTold = frame.turnId !== undefined && this.#outbox.refuse(frame.turnId, frame);
    // A stop that was said in place of its submit names a turn that never was: that is what was wanted.
    if (!isTold && (frame.turnId === undefined || frame.code !== "turn-unknown")) this.#error = frame;
    this.#flush();
  }

  #handleSync(isUnfit: boolean): void {
    this.#syncAsked = false;
    if (isUnfit) {
      this.#unfitSyncs += 1;
      if (this.#unfitSyncs < maxUnfitSyncs) this.#askForSync();
      else {
        this.#unfitSyncs = 0;
        this.#startAfresh = true;
        this.#link.drop("unfit sync");
      }
      return;
    }
    this.#unfitSyncs = 0;
    this.#startAfresh = false;
    if (this.#synced) return;
    this.#synced = true;
    this.#error = undefined;
    this.#link.synced();
  }

  #askForSync(): void {
    if (this.#syncAsked) return;
    const have = haveOf(this.#view);
    if (have === undefined) {
      // A room that starts in the middle: only a new hello can be answered with the whole.
      this.#link.drop("no snapshot");
      return;
    }
    this.#syncAsked = true;
    this.#link.send({ type: "sync-request", have });
    this.#link.expectSync();
  }

  #handleLost(): void {
    this.#synced = false;
    this.#syncAsked = false;
    this.#outbox.disconnected();
  }

  #flush(): void {
    if (!this.#synced) return;
    this.#outbox.reconcile(this.#view);
    for (const frame of this.#outbox.due(this.#view)) {
      this.#link.send(frame);
      // Its answer is a sync in a new epoch, for which what was submitted since is waiting.
      if (frame.type === "room-clear") this.#link.expectSync();
    }
  }

  #publish(): void {
    const { connection, view, older, pending, stopping, error } = this.#snapshot;
    const isSame =
      connection === this.#link.state &&
      view === this.#view &&
      older === this.#older.state &&
      pending === this.#outbox.pending &&
      stopping === this.#outbox.stopping &&
      error === this.#error;
    if (isSame) return;
    this.#snapshot = {
      room: this.#room,
      connection: this.#link.state,
      view: this.#view,
      turns: this.#view.turns,
      older: this.#older.state,
      pending: this.#outbox.pending,
      notices: this.#view.notices,
      stopping: this.#outbox.stopping,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
    for (const listener of [...this.#listeners]) tell(listener);
  }
}

/** A page's own mistake must not keep others, or the connection, from what happened. */
function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
