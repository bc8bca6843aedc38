/**
 * Calls to Limiter objects for one room: what is sent at one moment to one object goes in one call, in order, on one stub.
 * It also remembers that the Limiter could not be reached. It knows nothing of leases; `limiter-client.ts` does.
 */
import type { LeaseAnswer, Wait } from "../core/limiter/limiter-port.ts";
import type { LimiterLimits } from "../core/limiter/limiter-state.ts";
import type { Clock } from "../core/ports.ts";
import { withTimeout } from "../platform/with-timeout.ts";
import type { SlowingHints } from "./limiter-hints.ts";
import type { LimiterCall, LimiterOperation, LimiterReply } from "./limiter-messages.ts";

/** The Limiter decides in a millisecond; this is for the way to it. */
const callTimeoutMs = 2_000;
/** For this long after a failed call turns are answered for locally and don't wait for another failure. */
const avoidMs = 5_000;

/** What is used of a stub. */
export interface LimiterStub {
  handle(call: LimiterCall): Promise<LimiterReply>;
}

export interface LimiterCallsOptions {
  /** A fresh stub by the object's name: one that has failed stays broken. */
  readonly stubOf: (name: string) => LimiterStub;
  /** The object of this room and its share of the limits. Never rejects. */
  readonly own: () => Promise<{ readonly name: string; readonly share: LimiterLimits }>;
  /** Shared by the rooms of an isolate. */
  readonly hints: SlowingHints;
  readonly clock: Clock;
  /** Called once each time that the Limiter stops being reachable. */
  readonly onDegraded: (cause: unknown) => void;
}

interface Pending {
  readonly operation: LimiterOperation;
  readonly resolve: (answer: LeaseAnswer | Wait | undefined) => void;
  readonly reject: (cause: unknown) => void;
}

type Reach =
  | { readonly state: "reachable" }
  /** Not called before `avoidUntil`; reachable again with the first call that succeeds. */
  | { readonly state: "degraded"; readonly avoidUntil: number };

export class LimiterCalls {
  readonly #options: LimiterCallsOptions;
  #reach: Reach = { state: "reachable" };
  readonly #pending = new Map<string, Pending[]>();
  /** Only calls on the same stub arrive in order, so each is used for as long as it works. */
  readonly #stubs = new Map<string, LimiterStub>();

  constructor(options: LimiterCallsOptions) {
    this.#options = options;
  }

  /**
   * Rejects where the Limiter can't be reached, and at once where it was not reachable a moment ago.
   *
   * @param always tries in any case.
   */
  send(name: string, operation: LimiterOperation, always = false): Promise<LeaseAnswer | Wait | undefined> {
    if (!always && this.#isAvoided()) return Promise.reject(new Error("The Limiter was not reachable a moment ago."));
    return new Promise((resolve, reject) => {
      const pending = this.#pending.get(name);
      if (pending !== undefined) pending.push({ operation, resolve, reject });
      else {
        this.#pending.set(name, [{ operation, resolve, reject }]);
        queueMicrotask(() => void this.#flush(name));
      }
    });
  }

  /** A call has failed. */
  failed(cause: unknown): void {
    // Calls that were not even made because one before them had failed.
    if (this.#isAvoided()) return;
    const wasReachable = this.#reach.state === "reachable";
    this.#reach = { state: "degraded", avoidUntil: this.#options.clock.now() + avoidMs };
    if (wasReachable) this.#options.onDegraded(cause);
  }

  #isAvoided(): boolean {
    return this.#reach.state === "degraded" && this.#options.clock.now() < this.#reach.avoidUntil;
  }

  async #flush(name: string): Promise<void> {
    const { own, stubOf, hints, clock } = this.#options;
    const { name: ownName, share } = await own();
    const pending = this.#pending.get(name) ?? [];
    this.#pending.delete(name);
    try {
      const operations = pending.map(({ operation }) => operation);
      const call = ownName === name ? { limits: share, operations } : { operations };
      const stub = this.#stubs.get(name) ?? stubOf(name);
      this.#stubs.set(name, stub);
      const reply = await withTimeout(stub.handle(call), callTimeoutMs, clock);
      hints.note(name, reply.isSlowing);
      this.#reach = { state: "reachable" };
      for (const [index, { resolve }] of pending.entries()) resolve(reply.answers[index]);
    } catch (cause) {
      this.#stubs.delete(name);
      for (const { reject } of pending) reject(cause);
    }
  }
}
