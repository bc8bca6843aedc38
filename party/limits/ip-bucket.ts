/**
 * The token bucket of one address in its Limiter object (S2), which survives the sleep of the object. A bucket that refills
 * within ten seconds is not stored, because no object sleeps sooner: an address that asks like a person costs no row. Any
 * other bucket is stored at most once a second, and deleted when it is full. No reply waits for the writes.
 */

import { type BucketRate, type BucketState, TokenBucket } from "../core/limiter/token-bucket.ts";
import type { Clock, Timer } from "../core/ports.ts";
import type { IpCount } from "./limiter-messages.ts";

/** The shortest idleness after which an object leaves memory. */
const untilAsleepMs = 10_000;
const saveEveryMs = 1_000;

export const addressKey = "address";

export interface StoredAddress extends BucketRate, BucketState {
  readonly v: 1;
}

/** What is used of a Durable Object's storage. */
export interface AddressStorage {
  put(key: string, value: StoredAddress, options: { allowUnconfirmed: boolean }): Promise<void>;
  setAlarm(at: number, options: { allowUnconfirmed: boolean }): Promise<void>;
}

const options = { allowUnconfirmed: true };

export class AddressBucket {
  readonly #storage: AddressStorage;
  readonly #clock: Clock;
  #bucket: TokenBucket | undefined;
  #savedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  /** Set with the first write. The alarm checks whether there is still something to remember. */
  #hasAlarm: boolean;

  constructor(storage: AddressStorage, clock: Clock, stored?: StoredAddress) {
    this.#storage = storage;
    this.#clock = clock;
    this.#bucket = stored === undefined ? undefined : new TokenBucket(stored, clock.now(), stored);
    this.#hasAlarm = stored !== undefined;
  }

  /** Counts a request. */
  count(tokens: number, windowMs: number): IpCount {
    const now = this.#clock.now();
    this.#bucket ??= new TokenBucket({ tokens, windowMs }, now);
    this.#bucket.resize(tokens, now);
    const isAllowed = this.#bucket.take(now);
    if (isAllowed && this.#bucket.msUntilFull(now) > untilAsleepMs) this.#saveSoon({ tokens, windowMs }, now);
    return {
      isAllowed,
      left: this.#bucket.left(now),
      retryAfterMs: this.#bucket.msUntil(1, now),
      resetMs: this.#bucket.msUntilFull(now),
    };
  }

  /** Handles the alarm. True where there is still something to remember, for which the alarm is set again. */
  isRemembered(): boolean {
    const now = this.#clock.now();
    const untilFullMs = this.#bucket?.msUntilFull(now) ?? 0;
    if (untilFullMs > 0) {
      this.#hasAlarm = true;
      void this.#storage.setAlarm(now + untilFullMs, options);
      return true;
    }
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#bucket = undefined;
    this.#hasAlarm = false;
    return false;
  }

  #saveSoon(rate: BucketRate, now: number): void {
    if (this.#timer !== undefined) return;
    const dueInMs = this.#savedAt + saveEveryMs - now;
    if (dueInMs <= 0) this.#save(rate, now);
    else this.#timer = this.#clock.after(dueInMs, () => this.#save(rate, this.#clock.now()));
  }

  #save(rate: BucketRate, now: number): void {
    this.#timer = undefined;
    if (this.#bucket === undefined) return;
    this.#savedAt = now;
    void this.#storage.put(addressKey, { v: 1, ...rate, ...this.#bucket.state() }, options);
    if (this.#hasAlarm) return;
    this.#hasAlarm = true;
    void this.#storage.setAlarm(now + this.#bucket.msUntilFull(now), options);
  }
}
