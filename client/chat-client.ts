/**
 * A room as an application sees it: the link's frames folded into a transcript, the outbox beside it, one snapshot of both.
 * It decides when to ask for a sync and when the outbox may speak; sockets and times are `link.ts`, order is `outbox.ts`.
 */
import type { TurnInput, TurnSubmitFrame } from "../shared/protocol/client-frames.ts";
import { maxFrameBytes, maxParamsBytes, turnIdPattern } from "../shared/protocol/limits.ts";
import type { ErrorFrame, ServerFrame } from "../shared/protocol/server-frames.ts";
import { utf8Length } from "../shared/text.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView } from "../shared/transcript.ts";
import type { ChatClientOptions, ChatRoomClient, ChatSnapshot, SubmitOptions } from "./api.ts";
import { Link } from "./link.ts";
import { Outbox } from "./outbox.ts";

/** Syncs in a row that did not fit before the transcript's own cursor is no longer trusted. */
const maxUnfitSyncs = 2;

/** What there is to see of a room before its client has started. */
export function idleSnapshot(room: string): ChatSnapshot {
  return {
    room,
    connection: { state: "connecting" },
    view: EMPTY_VIEW,
    turns: EMPTY_VIEW.turns,
    pending: [],
    notices: EMPTY_VIEW.notices,
    stopping: new Set(),
  };
}

export class ChatClient implements ChatRoomClient {
  readonly #room: string;
  readonly #link: Link;
  readonly #outbox = new Outbox();
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

  /** Starts to connect at once. */
  constructor(options: ChatClientOptions) {
    this.#room = options.room;
    this.#snapshot = idleSnapshot(options.room);
    this.#link = new Link(options, {
      have: () => (this.#startAfresh ? undefined : haveOf(this.#view)),
      frame: (frame) => this.#handleFrame(frame),
      error: (error) => {
        this.#error = error;
        this.#publish();
      },
      change: () => this.#publish(),
      lost: () => this.#handleLost(),
    });
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
    if (this.#closed) throw new Error("submit after close()");
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
    if (frame.turnId === undefined || !this.#outbox.refuse(frame.turnId, frame)) this.#error = frame;
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
    this.#publish();
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
    const { connection, view, pending, stopping, error } = this.#snapshot;
    const isSame =
      connection === this.#link.state &&
      view === this.#view &&
      pending === this.#outbox.pending &&
      stopping === this.#outbox.stopping &&
      error === this.#error;
    if (isSame) return;
    this.#snapshot = {
      room: this.#room,
      connection: this.#link.state,
      view: this.#view,
      turns: this.#view.turns,
      pending: this.#outbox.pending,
      notices: this.#view.notices,
      stopping: this.#outbox.stopping,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        // One listener's mistake must not keep the others, or the connection, from what happened.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** Named field by field: one more than the room knows would end the session (`bad-frame`). */
function submitFrame(input: string | TurnInput, options: SubmitOptions): TurnSubmitFrame {
  const { turnId = newTurnId(), provider, model, params, metadata, replaces, onLeave } = options;
  return {
    type: "turn-submit",
    turnId,
    input: plainInput(typeof input === "string" ? { prompt: input } : input),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(params === undefined ? {} : { params: params as NonNullable<TurnSubmitFrame["params"]> }),
    ...(metadata === undefined ? {} : { metadata: metadata as NonNullable<TurnSubmitFrame["metadata"]> }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(onLeave === undefined ? {} : { onLeave }),
  };
}

function plainInput(input: TurnInput): TurnInput {
  if ("prompt" in input) return { prompt: input.prompt };
  return { messages: input.messages.map(({ role, content }) => ({ role, content })) };
}

/** 128 random bits as hex. Not `randomUUID`, which pages served over plain HTTP do not have. */
function newTurnId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A frame that is not well-formed would end the session for good (`bad-frame`), so a mistake is told where it was made. */
function assertSendable(frame: TurnSubmitFrame): void {
  const { turnId, input, provider, model, params, metadata, replaces } = frame;
  if (!turnIdPattern.test(turnId)) throw new TypeError("turnId must be 1–64 of A–Z a–z 0–9 _ -");
  if (replaces !== undefined && !turnIdPattern.test(replaces)) throw new TypeError("replaces must be a turn id");
  if ("prompt" in input ? input.prompt.trim() === "" : input.messages.length === 0) {
    throw new TypeError("there is nothing to submit");
  }
  if (provider !== undefined && !isBetween(provider.length, 1, 64)) throw new TypeError("provider must be 1–64 long");
  if (model !== undefined && !isBetween(model.length, 1, 128)) throw new TypeError("model must be 1–128 long");
  for (const record of [params, metadata]) {
    if (record !== undefined && utf8Length(JSON.stringify(record)) > maxParamsBytes) {
      throw new RangeError(`params and metadata are each at most ${maxParamsBytes} bytes as JSON`);
    }
  }
}

function isBetween(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

/** A prompt may well be too long, and is a person's text: refused as the room would, but without losing the socket to it. */
function tooLarge(frame: TurnSubmitFrame): ErrorFrame | undefined {
  // 64 more: the epoch is stamped later.
  if (utf8Length(JSON.stringify(frame)) + 64 <= maxFrameBytes) return undefined;
  const { turnId } = frame;
  return { type: "error", code: "frame-too-large", message: "The message is too large.", turnId, retryable: false };
}
