/**
 * An isolate's copy of each tenant's revocations. What is known decides at once; the copy is read again when it has aged,
 * and only by who asks: nothing polls while nobody does anything.
 */
import type { Clock } from "../core/ports.ts";
import { SharedFetch } from "../platform/shared-fetch.ts";
import { withTimeout } from "../platform/with-timeout.ts";
import { isRevoked, type Revocable, type Revocation } from "./revocation-list.ts";

/** A revocation is known everywhere after this, wherever anything happens at all. */
export const revocationsMaxAgeMs = 10_000;
/** A new session waits for the list no longer than this. */
const readTimeoutMs = 2_000;
const maxTenants = 1_000;

interface Copy {
  readonly list: readonly Revocation[];
  readonly readAt: number;
}

/** Shared by the rooms of an isolate: plain data, so that it may cross from one request to another. */
export class RevocationCopies {
  readonly #copies = new Map<string, Copy>();
  readonly #reads = new Map<string, SharedFetch>();

  get(tenant: string): Copy | undefined {
    return this.#copies.get(tenant);
  }

  set(tenant: string, copy: Copy): void {
    this.#copies.delete(tenant);
    this.#copies.set(tenant, copy);
    const [oldest] = this.#copies.keys();
    if (this.#copies.size <= maxTenants || oldest === undefined) return;
    this.#copies.delete(oldest);
    this.#reads.delete(oldest);
  }

  /** Resolves when `work`, or that of another request which began a moment ago, has set the tenant's copy. */
  read(tenant: string, clock: Clock, work: () => Promise<void>): Promise<void> {
    const read = this.#reads.get(tenant) ?? new SharedFetch(clock);
    this.#reads.set(tenant, read);
    return read.share(work);
  }
}

export interface RevocationCacheOptions {
  readonly copies: RevocationCopies;
  /** The tenant's list from where it is stored. */
  readonly read: (tenant: string) => Promise<readonly Revocation[]>;
  readonly clock: Clock;
  /** The list could not be read: what was known holds, and where nothing was, nobody is taken for revoked. */
  readonly onFault: (cause: unknown) => void;
}

export class RevocationCache {
  readonly #options: RevocationCacheOptions;
  /** Of this room or request alone: one may not wait for another's call. */
  readonly #reading = new Map<string, Promise<void>>();

  constructor(options: RevocationCacheOptions) {
    this.#options = options;
  }

  /** At once where the copy is fresh enough, else when it has been read again. Never rejects. */
  isRevoked(tenant: string, token: Revocable): boolean | Promise<boolean> {
    const { copies, clock } = this.#options;
    const copy = copies.get(tenant);
    // What is revoked stays so.
    if (copy !== undefined && isRevoked(copy.list, token)) return true;
    if (copy !== undefined && clock.now() - copy.readAt < revocationsMaxAgeMs) return false;
    return this.#read(tenant).then(() => isRevoked(copies.get(tenant)?.list ?? [], token));
  }

  #read(tenant: string): Promise<void> {
    const { copies, clock } = this.#options;
    let reading = this.#reading.get(tenant);
    if (reading === undefined) {
      reading = copies.read(tenant, clock, () => this.#readNow(tenant)).finally(() => this.#reading.delete(tenant));
      this.#reading.set(tenant, reading);
    }
    return reading;
  }

  /** Never rejects. */
  async #readNow(tenant: string): Promise<void> {
    const { copies, clock, read, onFault } = this.#options;
    const readAt = clock.now();
    try {
      copies.set(tenant, { list: await withTimeout(read(tenant), readTimeoutMs, clock), readAt });
    } catch (cause) {
      onFault(cause);
      // Asked again after the same time: a list that cannot be read must not slow down every frame.
      copies.set(tenant, { list: copies.get(tenant)?.list ?? [], readAt });
    }
  }
}
