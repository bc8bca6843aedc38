/**
 * Which tenants' upstreams are being spared, as far as this isolate has heard: rooms that share it learn from each other's
 * answers, so that one that comes late need not be refused to learn it by itself (U3). A hint, not a truth: it only decides
 * whether the Limiter is asked.
 */
import type { Clock } from "./core/ports.ts";

/** A hint is good for this long after the last answer that confirmed it. */
const hintMs = 30_000;
const maxTenants = 1_000;

export class SlowingHints {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isSlowing(tenant: string): boolean {
    return (this.#until.get(tenant) ?? 0) > this.#clock.now();
  }

  /** What a Limiter's answer said. */
  note(tenant: string, isSlowing: boolean): void {
    this.#until.delete(tenant);
    if (!isSlowing) return;
    this.#until.set(tenant, this.#clock.now() + hintMs);
    const [oldest] = this.#until.keys();
    if (this.#until.size > maxTenants && oldest !== undefined) this.#until.delete(oldest);
  }
}
