/**
 * Getting frames to readers. Every reader has a cursor, and a flush means "send what lies after the cursor": coalescing,
 * slow readers, late tabs and live text are the same operation (design §4). Room-level frames go in `seq` order, a turn's
 * deltas after its `turn-start`, its `turn-end` after its last unit (R5). One string serves every reader at one position.
 */
import { lengthOf } from "../../../shared/content.ts";
import type { RoomPolicy } from "../policy.ts";
import type { Clock, RoomSocket, Timer } from "../ports.ts";
import type { Turn } from "../turn/turn.ts";
import type { TurnList } from "../turn/turn-list.ts";

/** A position of one reader: which room-level frames it got, and how much of each turn that is not over. */
export interface ReaderCursor {
  /** The life of the log it counts in; empty before its first sync. */
  epoch: string;
  seq: number;
  readonly offsets: Map<string, number>;
}

export interface Reader {
  readonly socket: RoomSocket;
  readonly cursor: ReaderCursor;
  /** The one turn it is here for; undefined for who reads the room. */
  readonly only: string | undefined;
  /** A sync is being prepared: nothing else is sent until it has left. */
  syncing: boolean;
  /** Newest ambient word it got. */
  ambientSeen: number;
  /** From this time on it gets nothing before somebody has looked whether it may (`standing.ts`). */
  readonly lookAt: number;
  /** Since when its buffer has been too full to send to. */
  skippedAt: number | undefined;
}

/** A room-level change as it leaves: durable, encoded once. */
export interface RoomFrame {
  readonly seq: number;
  readonly text: string;
  readonly kind: "queued" | "start" | "end" | "removed";
  /** The turn it speaks of; of several, the first. */
  readonly turnId: string;
  /** Of a turn's end: the length of its answer. */
  readonly length?: number;
}

/** What the owner of the readers learns from the delivery. */
export interface DeliveryEvents {
  /** The reader's cursor points before what is kept here: it must be synced. */
  onBehind(reader: Reader): void;
  onSlow(reader: Reader): void;
  /** Its `lookAt` has passed: whether it may stay. One that may not has been ended. */
  mayStay(reader: Reader): boolean;
  /** The reader was here for one turn, and has all of it that there will be. */
  onOver(reader: Reader): void;
}

/** Units of room-level frames kept for readers that lag; who lags further gets a sync. */
const keptFrameUnits = 1_048_576;
const drainLookMs = 250;
/** A send costs some ten microseconds: at this many readers the coalescing time grows by a millisecond. */
const readersPerMs = 10;
/** Text that comes in steps longer than this no longer looks alive. */
const maxWideningMs = 250;

export class Delivery {
  readonly #readers = new Set<Reader>();
  readonly #turns: TurnList;
  readonly #events: DeliveryEvents;
  readonly #clock: Clock;
  readonly #policy: RoomPolicy;
  #frames: RoomFrame[] = [];
  #frameUnits = 0;
  #seq = 0;
  readonly #ambient = new Map<string, { readonly version: number; readonly text: string }>();
  #ambientVersion = 0;
  #newestNotice = 0;
  readonly #watchers = new Set<() => void>();
  #flushTimer: Timer | undefined;
  #drainTimer: Timer | undefined;
  /** When text last left. Other frames do not count: the first words of an answer must not wait because its start was told. */
  #lastTextAt = Number.NEGATIVE_INFINITY;
  /** How late the last coalescing timer rang. */
  #lagMs = 0;

  constructor(turns: TurnList, events: DeliveryEvents, clock: Clock, policy: RoomPolicy) {
    this.#turns = turns;
    this.#events = events;
    this.#clock = clock;
    this.#policy = policy;
  }

  /** The newest published `seq`. */
  get seq(): number {
    return this.#seq;
  }

  /** Begins at `seq`: nothing before it is kept, so a reader before it is synced. */
  reset(seq: number): void {
    this.#frames = [];
    this.#frameUnits = 0;
    this.#seq = seq;
    this.#ambient.clear();
  }

  add(reader: Reader): void {
    this.#readers.add(reader);
  }

  remove(reader: Reader): void {
    this.#readers.delete(reader);
  }

  /** Sends a durable room-level change, after all text that precedes it. */
  publish(frame: RoomFrame): void {
    this.#frames.push(frame);
    this.#frameUnits += frame.text.length;
    this.#seq = frame.seq;
    while (this.#frameUnits > keptFrameUnits && this.#frames.length > 1) {
      this.#frameUnits -= this.#frames.shift()?.text.length ?? 0;
    }
    this.flush();
  }

  /** A word of which only the latest counts: presence, positions, notices. Sent again after each sync. */
  say(key: string, text: string): void {
    if (this.#ambient.get(key)?.text === text) return;
    this.#ambientVersion += 1;
    this.#ambient.set(key, { version: this.#ambientVersion, text });
    if (key.startsWith("notice/")) this.#newestNotice = this.#ambientVersion;
    this.flush();
  }

  /** Grows with each notice that is said. */
  get newestNotice(): number {
    return this.#newestNotice;
  }

  /** The words that hold now. */
  words(): string[] {
    return [...this.#ambient.values()].map(({ text }) => text);
  }

  /** Calls `wake` after each flush, and at the end; returns how to stop that. For who reads by syncs alone. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  unsay(key: string): void {
    this.#ambient.delete(key);
  }

  /** Text has grown: send now, or with what follows within the coalescing time (F1). */
  poke(): void {
    if (this.#flushTimer !== undefined) return;
    const now = this.#clock.now();
    const dueAt = this.#lastTextAt + this.#coalesceMs();
    if (dueAt <= now) this.flush();
    else {
      this.#flushTimer = this.#clock.after(dueAt - now, () => {
        // A timer that rings late says that this object has more to do than it can.
        this.#lagMs = Math.min(maxWideningMs, this.#clock.now() - dueAt);
        this.flush();
      });
    }
  }

  /** The coalescing time: wider for many tabs and for an object that lags behind, so that sending is never what fills it. */
  #coalesceMs(): number {
    const widening = this.#readers.size / readersPerMs + 2 * this.#lagMs;
    return this.#policy.coalesceMs + Math.min(maxWideningMs, Math.floor(widening));
  }

  /** Brings every reader that can take it up to date. */
  flush(): void {
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    const deltas: DeltaCache = new Map();
    for (const reader of this.#readers) this.#bring(reader, deltas);
    if (deltas.size > 0) this.#lastTextAt = this.#clock.now();
    for (const wake of this.#watchers) wake();
  }

  /** Brings one reader up to date: after its sync. */
  flushReader(reader: Reader): void {
    this.#bring(reader, new Map());
  }

  /** Stops all timers; nothing is sent any more. */
  close(): void {
    this.#readers.clear();
    this.#flushTimer?.cancel();
    this.#drainTimer?.cancel();
    this.#flushTimer = undefined;
    this.#drainTimer = undefined;
    for (const wake of this.#watchers) wake();
  }

  #bring(reader: Reader, deltas: DeltaCache): void {
    if (reader.syncing || !reader.socket.isOpen) return;
    if (this.#clock.now() >= reader.lookAt && !this.#events.mayStay(reader)) return;
    if (this.#isFull(reader)) return;
    const { cursor } = reader;
    while (cursor.seq < this.#seq) {
      const first = this.#frames[0];
      const frame = first === undefined ? undefined : this.#frames[cursor.seq + 1 - first.seq];
      if (frame === undefined || !this.#sendFrame(reader, frame, deltas)) {
        this.#events.onBehind(reader);
        return;
      }
    }
    for (const turn of this.#turns.live()) {
      if (cursor.offsets.has(turn.id)) this.#sendDelta(reader, turn, deltas);
    }
    if (reader.ambientSeen < this.#ambientVersion) {
      for (const [key, { version, text }] of this.#ambient) {
        if (version > reader.ambientSeen && isWordFor(reader, key)) reader.socket.send(text);
      }
      reader.ambientSeen = this.#ambientVersion;
    }
    if (reader.only !== undefined && this.#isOver(reader, reader.only)) this.#events.onOver(reader);
  }

  /** Whether the reader of one turn has its end, or the turn is gone. */
  #isOver({ cursor }: Reader, turnId: string): boolean {
    const turn = this.#turns.get(turnId);
    return turn === undefined || (turn.record.end?.seq ?? Infinity) <= cursor.seq;
  }

  /** False when the turn's text is no longer in memory: only a sync can help then. */
  #sendFrame(reader: Reader, frame: RoomFrame, deltas: DeltaCache): boolean {
    const { cursor } = reader;
    if (reader.only !== undefined && !this.#isFrameFor(reader.only, frame)) {
      cursor.seq = frame.seq;
      return true;
    }
    if (frame.kind === "end") {
      const turn = this.#turns.get(frame.turnId);
      const offset = cursor.offsets.get(frame.turnId) ?? 0;
      if (offset < (frame.length ?? 0)) {
        // R5: the answer isn't in memory, or was removed meanwhile. A sync brings the reader up to date.
        if (turn?.content === undefined) return false;
        this.#sendDelta(reader, turn, deltas);
      }
      cursor.offsets.delete(frame.turnId);
    }
    reader.socket.send(frame.text);
    cursor.seq = frame.seq;
    if (frame.kind === "start") cursor.offsets.set(frame.turnId, 0);
    return true;
  }

  /** Of several removed turns a frame names the first: whether it was this one shows in that it is gone. */
  #isFrameFor(turnId: string, frame: RoomFrame): boolean {
    return frame.turnId === turnId || (frame.kind === "removed" && this.#turns.get(turnId) === undefined);
  }

  #sendDelta(reader: Reader, turn: Turn, deltas: DeltaCache): void {
    const offset = reader.cursor.offsets.get(turn.id) ?? 0;
    const cached = deltas.get(turn.id);
    const delta = cached?.offset === offset ? cached : encodeDelta(turn, offset);
    if (delta === undefined) return;
    deltas.set(turn.id, delta);
    reader.socket.send(delta.text);
    reader.cursor.offsets.set(turn.id, delta.end);
  }

  /** F2: a reader whose buffer is full is left out; its cursor remembers what it is owed. */
  #isFull(reader: Reader): boolean {
    if (reader.socket.bufferedAmount <= this.#softBufferBytes()) {
      reader.skippedAt = undefined;
      return false;
    }
    reader.skippedAt ??= this.#clock.now();
    this.#drainTimer ??= this.#clock.after(drainLookMs, () => this.#lookAtSkipped());
    return true;
  }

  /** One reader's share of what the room may have unsent: many stalled readers together stay within bounds. */
  #softBufferBytes(): number {
    return Math.min(this.#policy.softBufferBytes, this.#policy.roomBufferBytes / Math.max(1, this.#readers.size));
  }

  #lookAtSkipped(): void {
    this.#drainTimer = undefined;
    const now = this.#clock.now();
    for (const reader of this.#readers) {
      if (reader.skippedAt === undefined) continue;
      if (now - reader.skippedAt >= this.#policy.drainMs && reader.socket.bufferedAmount > this.#softBufferBytes()) {
        this.#events.onSlow(reader);
      } else this.#bring(reader, new Map());
    }
  }
}

/** Words are said under `presence`, or under a kind and a turn. */
function isWordFor({ only }: Reader, key: string): boolean {
  return only === undefined || key.endsWith(`/${only}`);
}

interface EncodedDelta {
  readonly offset: number;
  readonly end: number;
  readonly text: string;
}

/** The delta last encoded of each turn in one flush: readers are almost always at one position. */
type DeltaCache = Map<string, EncodedDelta>;

function encodeDelta(turn: Turn, offset: number): EncodedDelta | undefined {
  const parts = turn.slice(offset);
  if (parts.length === 0) return undefined;
  // A cut inside a surrogate pair moved down to its start: say where the parts really begin.
  const from = turn.length - lengthOf(parts);
  const simulated = turn.record.simulated === undefined ? "" : ',"simulated":true';
  const text = `{"type":"turn-delta","turnId":"${turn.id}","offset":${from},"parts":${JSON.stringify(parts)}${simulated}}`;
  return { offset, end: turn.length, text };
}
