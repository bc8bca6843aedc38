/**
 * Sends frames to readers. Every reader has a cursor, and a flush sends what lies after it: coalescing, slow readers, late
 * tabs and live text are one operation. Room-level frames leave in `seq` order, a turn's deltas after its `turn-start`, its
 * `turn-end` after its last unit (R5). How much may be unsent is decided in `send-budget.ts`.
 */

import { utf8Length } from "../../../shared/text.ts";
import type { RoomPolicy } from "../policy.ts";
import type { AnswerBody, MonotonicClock } from "../ports.ts";
import type { Turn } from "../turn/turn.ts";
import type { TurnList } from "../turn/turn-list.ts";
import { DeltaEncoder } from "./delta-encoder.ts";
import { EphemeralState } from "./ephemeral-state.ts";
import { Coalescing } from "./flush-timing.ts";
import type { Reader } from "./reader.ts";
import { type RoomFrame, RoomFrames } from "./room-frames.ts";
import { SendBudget } from "./send-budget.ts";

/** What the owner of the readers learns from the delivery. */
export interface DeliveryEvents {
  /** The reader's cursor points before what is kept here: it must be synced. */
  onBehind(reader: Reader): void;
  /** The reader took too little for too long: it must be closed. */
  onSlow(reader: Reader): void;
  /** The time of its `checkAt` has passed. Returns whether the reader may stay; one that may not has been closed. */
  onCheckDue(reader: Reader): boolean;
  /** The reader reads one turn, and has all of it. */
  onOver(reader: Reader): void;
}

/** One pass over the readers. */
interface Pass {
  readonly now: number;
  readonly deltas: DeltaEncoder;
  /** Turns that may have content to send. Listed once, so that a flush costs the same however many turns the room keeps. */
  readonly live: readonly Turn[];
  /** A delta was cut: the rest follows in the next flush. */
  hasMore: boolean;
}

/** What became of one reader's room-level frame. */
type Step = "sent" | "later" | "behind";

export class Delivery {
  readonly #readers = new Set<Reader>();
  readonly #turns: TurnList;
  readonly #events: DeliveryEvents;
  readonly #clock: MonotonicClock;
  readonly #frames = new RoomFrames();
  readonly #state = new EphemeralState();
  readonly #coalescing: Coalescing;
  readonly #budget: SendBudget;
  readonly #watchers = new Set<() => void>();

  constructor(turns: TurnList, events: DeliveryEvents, clock: MonotonicClock, policy: RoomPolicy) {
    this.#turns = turns;
    this.#events = events;
    this.#clock = clock;
    this.#coalescing = new Coalescing(clock, policy.coalesceMs, () => this.flush());
    const budgetEvents = {
      onSlow: (reader: Reader) => events.onSlow(reader),
      onDrained: (reader: Reader) => this.flushReader(reader),
    };
    this.#budget = new SendBudget(this.#readers, budgetEvents, clock, policy);
  }

  /** The newest published `seq`. */
  get seq(): number {
    return this.#frames.seq;
  }

  /** Grows with each notice. */
  get newestNotice(): number {
    return this.#state.newestNotice;
  }

  /** Starts at `seq`: a new epoch, or a wake. Readers before it are synced. */
  reset(seq: number): void {
    this.#frames.reset(seq);
    this.#state.clear();
  }

  add(reader: Reader): void {
    this.#readers.add(reader);
  }

  remove(reader: Reader): void {
    this.#readers.delete(reader);
    this.#budget.remove(reader);
  }

  /** Sends a durable room-level change, after all content that precedes it. */
  publish(frame: RoomFrame): void {
    this.#frames.add(frame);
    this.flush();
  }

  /** Sets ephemeral state (presence, positions, notices). Only the latest value per key is sent. */
  setState(key: string, text: string): void {
    if (this.#state.set(key, text)) this.flush();
  }

  deleteState(key: string): void {
    this.#state.delete(key);
  }

  /** All ephemeral state, as JSON. */
  states(): string[] {
    return [...this.#state.after(0, undefined)];
  }

  /** Calls `wake` after each flush and at the end; returns a function that stops it. For readers that are synced only. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  /** Text has grown: sends it now, or with what follows within the coalescing time (F1). */
  poke(): void {
    this.#coalescing.poke(this.#readers.size);
  }

  /** Brings every reader that may be sent to up to date. */
  flush(): void {
    this.#coalescing.cancel();
    const pass = this.#pass();
    for (const reader of this.#readers) this.#bring(reader, pass);
    this.#end(pass);
    for (const wake of this.#watchers) wake();
  }

  /** Brings one reader up to date: after its sync, or when it may be sent to again. */
  flushReader(reader: Reader): void {
    const pass = this.#pass();
    this.#bring(reader, pass);
    if (pass.hasMore) this.poke();
  }

  /** F2: see `SendBudget.waitForSync`. */
  waitForSync(reader: Reader, bytes: number): Promise<void> | undefined {
    return this.#budget.waitForSync(reader, bytes);
  }

  /** F2: see `SendBudget.fitsBody`. */
  fitsBody(bytes: number, owner: string | undefined): boolean {
    return this.#budget.fitsBody(bytes, owner);
  }

  /** F2: see `SendBudget.admitBody`. */
  admitBody(body: AnswerBody, owner: string | undefined): boolean {
    return this.#budget.admitBody(body, owner);
  }

  /** F2: see `SendBudget.keepBody`. */
  keepBody(body: AnswerBody): void {
    this.#budget.keepBody(body);
  }

  syncSent(reader: Reader, bytes: number): void {
    this.#budget.syncSent(reader, bytes);
  }

  /** Stops all timers; nothing is sent any more. */
  close(): void {
    this.#readers.clear();
    this.#coalescing.cancel();
    this.#budget.close();
    for (const wake of this.#watchers) wake();
  }

  #pass(): Pass {
    return {
      now: this.#clock.now(),
      deltas: new DeltaEncoder(this.#budget.share),
      live: [...this.#turns.live()],
      hasMore: false,
    };
  }

  #end(pass: Pass): void {
    if (!pass.deltas.isEmpty) this.#coalescing.sent();
    if (pass.hasMore) this.poke();
  }

  #bring(reader: Reader, pass: Pass): void {
    if (reader.isSyncing || !reader.socket.isOpen) return;
    if (pass.now >= reader.checkAt && !this.#events.onCheckDue(reader)) return;
    if (!this.#bringFrames(reader, pass)) return;
    for (const turn of pass.live) {
      if (reader.cursor.offsets.has(turn.id) && !this.#sendDelta(reader, turn, pass)) return;
    }
    if (reader.stateSeen < this.#state.version && !this.#sendState(reader)) return;
    if (reader.only !== undefined && this.#isOver(reader, reader.only)) this.#events.onOver(reader);
  }

  /** Sends the room-level frames after the cursor. Returns whether the reader has all of them. */
  #bringFrames(reader: Reader, pass: Pass): boolean {
    const { cursor } = reader;
    while (cursor.seq < this.#frames.seq) {
      const frame = this.#frames.after(cursor.seq);
      const step = frame === undefined ? "behind" : this.#sendFrame(reader, frame, pass);
      if (step === "behind") this.#events.onBehind(reader);
      if (step !== "sent") return false;
    }
    return true;
  }

  /** `behind`: content that precedes the frame isn't in memory any more, so only a sync can help. */
  #sendFrame(reader: Reader, frame: RoomFrame, pass: Pass): Step {
    const { cursor } = reader;
    if (reader.only !== undefined && !this.#isFrameFor(reader.only, frame)) {
      cursor.seq = frame.seq;
      return "sent";
    }
    if (frame.kind === "end") {
      const turn = this.#turns.get(frame.turnId);
      const isShort = () => (cursor.offsets.get(frame.turnId) ?? 0) < (frame.length ?? 0);
      // R5: the answer isn't in memory, or was removed meanwhile.
      if (isShort() && turn?.answer === undefined) return "behind";
      if (turn !== undefined && isShort() && (!this.#sendDelta(reader, turn, pass) || isShort())) return "later";
    }
    if (!this.#send(reader, frame.text, frame.bytes)) return "later";
    if (frame.kind === "end") cursor.offsets.delete(frame.turnId);
    if (frame.kind === "start") cursor.offsets.set(frame.turnId, 0);
    cursor.seq = frame.seq;
    return "sent";
  }

  /** A removal names the first of several turns: whether `only` was one of them shows in that it is gone. */
  #isFrameFor(only: string, frame: RoomFrame): boolean {
    return frame.turnId === only || (frame.kind === "removed" && this.#turns.get(only) === undefined);
  }

  /** False where the reader may not be sent to now. */
  #sendDelta(reader: Reader, turn: Turn, pass: Pass): boolean {
    const delta = pass.deltas.encode(turn, reader.cursor.offsets.get(turn.id) ?? 0);
    if (delta === undefined) return true;
    if (!this.#send(reader, delta.text, delta.bytes)) return false;
    reader.cursor.offsets.set(turn.id, delta.end);
    if (delta.end < turn.length) pass.hasMore = true;
    return true;
  }

  #sendState(reader: Reader): boolean {
    for (const text of this.#state.after(reader.stateSeen, reader.only)) {
      if (!this.#send(reader, text, utf8Length(text))) return false;
    }
    reader.stateSeen = this.#state.version;
    return true;
  }

  #send(reader: Reader, text: string, bytes: number): boolean {
    if (!this.#budget.maySend(reader, bytes)) return false;
    reader.socket.send(text);
    this.#budget.sent(bytes);
    return true;
  }

  /** Whether the reader of one turn has its end, or the turn is gone. */
  #isOver({ cursor }: Reader, turnId: string): boolean {
    const turn = this.#turns.get(turnId);
    return turn === undefined || (turn.record.end?.seq ?? Infinity) <= cursor.seq;
  }
}
