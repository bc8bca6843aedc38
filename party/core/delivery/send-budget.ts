/**
 * Backpressure (F2): how much may be unsent, for each reader and for the room. A reader over its share is skipped, checked
 * again every 250 ms, and reported as slow when it stays there. Syncs wait here until they fit. Bodies of HTTP answers count
 * too. It sends nothing itself.
 */
import type { RoomPolicy } from "../policy.ts";
import type { AnswerBody, MonotonicClock, Timer } from "../ports.ts";
import { PendingBodies } from "./pending-bodies.ts";
import type { Reader } from "./reader.ts";

const checkEveryMs = 250;
/** The answers to one user may hold this much of the room's bound, so that others get theirs while one takes nothing. */
const userShare = 1 / 4;

export interface SendBudgetEvents {
  /** A skipped reader may be sent to again. */
  onDrained(reader: Reader): void;
  /** The reader must be closed: it took too little for too long. */
  onSlow(reader: Reader): void;
}

/** A sync that waits until the room may hold it. */
interface Waiting {
  readonly reader: Reader;
  readonly bytes: number;
  readonly since: number;
  readonly resume: () => void;
}

export class SendBudget {
  readonly #readers: ReadonlySet<Reader>;
  readonly #events: SendBudgetEvents;
  /** All times of this class are on `clock.elapsed()`. */
  readonly #clock: MonotonicClock;
  readonly #policy: RoomPolicy;
  /** Readers that are skipped, with the time since which they are. */
  readonly #skipped = new Map<Reader, number>();
  /** Syncs that wait for the room, first come first served. */
  readonly #waiting: Waiting[] = [];
  /** Readers whose sync may be sent, and which haven't sent it yet. */
  readonly #admitted = new Set<Reader>();
  /** Readers that had something unsent at every check since the given time. Kept while a sync waits. */
  readonly #busySince = new Map<Reader, number>();
  readonly #bodies = new PendingBodies();
  #timer: Timer | undefined;
  #isClosed = false;
  /** Unsent bytes of the room when they were last added up, and bytes sent since. */
  #measured = 0;
  #sentSince = 0;

  constructor(readers: ReadonlySet<Reader>, events: SendBudgetEvents, clock: MonotonicClock, policy: RoomPolicy) {
    this.#readers = readers;
    this.#events = events;
    this.#clock = clock;
    this.#policy = policy;
  }

  /** Unsent bytes at which one reader is skipped: many stalled readers together stay within the room's bound. */
  get share(): number {
    return Math.min(
      this.#policy.softBufferBytes,
      this.#policy.roomBufferBytes / Math.max(1, this.#readers.size + this.#bodies.size),
    );
  }

  /**
   * Whether the reader may be sent `bytes` now. Where it may not it is skipped, and `onDrained` follows. Readers within their
   * share may fill the room up to twice its bound: stalled readers alone must not stop live text for the others.
   */
  maySend(reader: Reader, bytes: number): boolean {
    if (reader.socket.bufferedAmount > this.share || !this.#fitsRoom(bytes)) {
      this.#skip(reader);
      return false;
    }
    if (this.#skipped.size > 0) this.#skipped.delete(reader);
    return true;
  }

  sent(bytes: number): void {
    this.#sentSince += bytes;
  }

  syncSent(reader: Reader, bytes: number): void {
    this.#admitted.delete(reader);
    this.#sentSince += bytes;
  }

  /**
   * Before a sync of `bytes` is sent to `reader`. Undefined: it may be sent now. Otherwise check again when the promise
   * resolves, which also happens when the reader is gone. A reader over its own share waits alone; others wait for the room in
   * order. While one waits, readers that take nothing are closed, so that every wait ends.
   */
  waitForSync(reader: Reader, bytes: number): Promise<void> | undefined {
    if (reader.socket.bufferedAmount > this.share) {
      this.#skip(reader);
      return this.#wait(reader, bytes);
    }
    if (this.#admitted.has(reader)) return undefined;
    const mustQueue = this.#waiting.some((other) => !this.#skipped.has(other.reader));
    if (!mustQueue && this.#fitsSync(bytes)) return undefined;
    return this.#wait(reader, bytes);
  }

  /**
   * Counts the body of an answer with the room's unsent bytes, until it is taken or broken off. False where the room, or the
   * share of `owner`, has no place for it: then it isn't counted and must not be sent. One that is larger than the bound fits
   * when nothing else is unsent. @param owner the user, where the name stands for one person.
   */
  admitBody(body: AnswerBody, owner: string | undefined): boolean {
    if (!this.fitsBody(body.unsentBytes, owner)) return false;
    this.keepBody(body, owner);
    return true;
  }

  /** Whether an answer of `bytes` may be sent now. Syncs that wait for the room go first. */
  fitsBody(bytes: number, owner: string | undefined): boolean {
    if (this.#waiting.some(({ reader }) => !this.#skipped.has(reader)) || !this.#fitsSync(bytes)) return false;
    const own = owner === undefined ? 0 : this.#bodies.unsentBytesOf(owner);
    return own === 0 || own + bytes <= this.#policy.roomBufferBytes * userShare;
  }

  /** Counts a body that is being sent whether it fits or not: the rest of a stream that has ended. */
  keepBody(body: AnswerBody, owner?: string): void {
    if (body.unsentBytes === 0) return;
    this.#bodies.add(body, owner, this.#clock.elapsed());
    this.#arm();
  }

  /** The reader is gone: nobody waits for it. */
  remove(reader: Reader): void {
    this.#skipped.delete(reader);
    this.#busySince.delete(reader);
    this.#admitted.delete(reader);
    for (const { resume } of this.#takeWaiting((waiting) => waiting.reader === reader)) resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const { resume } of this.#waiting.splice(0)) resume();
  }

  #fitsRoom(bytes: number): boolean {
    const { roomBufferBytes } = this.#policy;
    // Adding up costs a call for each reader, so it isn't done for every frame.
    if (this.#sentSince > roomBufferBytes / 8) this.#measure();
    if (this.#measured + this.#sentSince + bytes <= 2 * roomBufferBytes) return true;
    this.#measure();
    return this.#measured + bytes <= 2 * roomBufferBytes;
  }

  #fitsSync(bytes: number): boolean {
    this.#measure();
    // A sync that is larger than the bound leaves when nothing else is unsent.
    return this.#measured === 0 || this.#measured + bytes <= this.#policy.roomBufferBytes;
  }

  #measure(): void {
    let unsent = 0;
    for (const { socket } of this.#readers) if (socket.isOpen) unsent += socket.bufferedAmount;
    this.#measured = unsent + this.#bodies.unsentBytes;
    this.#sentSince = 0;
  }

  #skip(reader: Reader): void {
    if (!this.#skipped.has(reader)) this.#skipped.set(reader, this.#clock.elapsed());
    this.#arm();
  }

  #wait(reader: Reader, bytes: number): Promise<void> {
    this.#arm();
    return new Promise((resume) => this.#waiting.push({ reader, bytes, since: this.#clock.elapsed(), resume }));
  }

  #arm(): void {
    if (this.#isClosed) return;
    this.#timer ??= this.#clock.after(checkEveryMs, () => this.#check());
  }

  #check(): void {
    this.#timer = undefined;
    const now = this.#clock.elapsed();
    this.#bodies.review(now, this.#policy.drainMs);
    for (const [reader, since] of [...this.#skipped]) {
      if (!reader.socket.isOpen) this.#skipped.delete(reader);
      else if (reader.socket.bufferedAmount <= this.share) this.#drained(reader);
      else if (now - since >= this.#policy.drainMs) this.#events.onSlow(reader);
    }
    if (this.#waiting.length > 0) this.#admit(now);
    if (this.#waiting.length === 0) this.#busySince.clear();
    if (this.#skipped.size + this.#waiting.length + this.#bodies.size > 0) this.#arm();
  }

  #drained(reader: Reader): void {
    this.#skipped.delete(reader);
    // A sync that waited for this reader alone goes on; it is held against the room then.
    for (const { resume } of this.#takeWaiting((waiting) => waiting.reader === reader)) resume();
    this.#events.onDrained(reader);
  }

  /** Lets syncs go that fit, in order; where the first has waited too long, a reader that takes nothing makes room. */
  #admit(now: number): void {
    this.#measure();
    this.#watchBusy(now);
    let admitted = 0;
    for (const waiting of [...this.#waiting]) {
      const { reader, bytes, since, resume } = waiting;
      if (this.#skipped.has(reader)) continue;
      const fits = this.#measured + admitted === 0 || this.#measured + admitted + bytes <= this.#policy.roomBufferBytes;
      if (!fits) {
        if (now - since >= this.#policy.drainMs) this.#makeRoom(now, now - since);
        return;
      }
      admitted += bytes;
      this.#takeWaiting((other) => other === waiting);
      this.#admitted.add(reader);
      resume();
    }
  }

  #watchBusy(now: number): void {
    for (const reader of this.#readers) {
      if (reader.socket.bufferedAmount === 0) this.#busySince.delete(reader);
      else if (!this.#busySince.has(reader)) this.#busySince.set(reader, now);
    }
  }

  /** Ends the reader with the most unsent bytes, of those that were never drained while somebody waited. */
  #makeRoom(now: number, waitedMs: number): void {
    const { drainMs } = this.#policy;
    let largest: Reader | undefined;
    for (const [reader, since] of this.#busySince) {
      const isStalled = now - since >= drainMs - checkEveryMs || waitedMs >= 2 * drainMs;
      if (!isStalled || !reader.socket.isOpen) continue;
      if (largest === undefined || reader.socket.bufferedAmount > largest.socket.bufferedAmount) largest = reader;
    }
    // Bodies that stand still are gone by now: this one is taken too slowly for those who wait.
    const body = waitedMs >= 2 * drainMs ? this.#bodies.largest : undefined;
    if (body !== undefined && body.unsentBytes > (largest?.socket.bufferedAmount ?? 0)) this.#bodies.breakOff(body);
    else if (largest !== undefined) this.#events.onSlow(largest);
  }

  #takeWaiting(isTaken: (waiting: Waiting) => boolean): Waiting[] {
    const taken = this.#waiting.filter(isTaken);
    for (const waiting of taken) this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    return taken;
  }
}
