/**
 * The tenant's upstreams by key, each with its own slow-down and circuit (`upstream-admission.ts`), so that one provider
 * that refuses doesn't slow down calls to another. States at rest are forgotten. It decides nothing by itself.
 */
import { UpstreamAdmission, type UpstreamState } from "./upstream-admission.ts";

/** The key of the only upstream, and of those beyond the number that is kept apart. */
const sharedKey = "";
/** Upstreams that are told apart. A client may name the provider, so their number must be bounded. */
const maxUpstreams = 32;
const maxKeyLength = 64;

export class Upstreams {
  readonly #upstreams: Map<string, UpstreamAdmission>;

  constructor(states: Readonly<Record<string, UpstreamState>> = {}) {
    this.#upstreams = new Map(Object.entries(states).map(([key, state]) => [key, new UpstreamAdmission(state)]));
  }

  /** The key under which calls to the requested upstream are counted. */
  keyOf(requested: string | undefined): string {
    const key = (requested ?? sharedKey).slice(0, maxKeyLength);
    return this.#upstreams.has(key) || this.#upstreams.size < maxUpstreams ? key : sharedKey;
  }

  of(key: string): UpstreamAdmission {
    let upstream = this.#upstreams.get(key);
    if (upstream === undefined) {
      upstream = new UpstreamAdmission();
      this.#upstreams.set(key, upstream);
    }
    return upstream;
  }

  isAny(is: (upstream: UpstreamAdmission) => boolean): boolean {
    for (const upstream of this.#upstreams.values()) if (is(upstream)) return true;
    return false;
  }

  /** What time alone changes. @param limit what the tenant may have anyway. */
  sweep(limit: number, now: number): void {
    for (const [key, upstream] of this.#upstreams) {
      upstream.sweep(limit, now);
      if (upstream.isAtRest) this.#upstreams.delete(key);
    }
  }

  /** When time alone changes something; never if everything is at rest. */
  nextAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const upstream of this.#upstreams.values()) next = Math.min(next, upstream.nextAt());
    return next;
  }

  state(): Readonly<Record<string, UpstreamState>> {
    const states = [...this.#upstreams].filter(([, upstream]) => !upstream.isAtRest);
    return Object.fromEntries(states.map(([key, upstream]) => [key, upstream.state()]));
  }
}
