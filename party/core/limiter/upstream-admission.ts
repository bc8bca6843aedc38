/**
 * Whether one of the tenant's upstreams may be called now (U3): its concurrency limit while it slows down, and its circuit
 * breaker. It knows nothing of the queue or of the tenant's own limits; `limiter.ts` combines them.
 */
import {
  afterAnswer,
  afterFailure,
  type CircuitState,
  CLOSED,
  circuitAt,
  restsAt,
  withoutProbe,
  withProbe,
} from "./circuit-breaker.ts";
import {
  afterGrant,
  afterRefusal,
  afterSuccess,
  beginSlowDown,
  type CallRefusal,
  calmMs,
  isSlowDownOver,
  type SlowDownState,
} from "./concurrency-limit.ts";

/** As stored. */
export interface UpstreamState {
  readonly slowDown?: SlowDownState;
  readonly circuit: CircuitState;
}

/** What keeps a turn from calling the upstream, and for how long where that is known. */
export type Barrier =
  | { readonly kind: "circuit-open"; readonly ms: number }
  /** One turn calls the upstream; nothing is known before it has been answered. */
  | { readonly kind: "probing" }
  | { readonly kind: "paused"; readonly ms: number }
  /** As many calls run as the upstream takes. */
  | { readonly kind: "full" };

export interface RefusedCall extends CallRefusal {
  readonly id: string;
}

export class UpstreamAdmission {
  #slowDown: SlowDownState | undefined;
  #circuit: CircuitState;

  constructor(state?: UpstreamState) {
    this.#slowDown = state?.slowDown;
    this.#circuit = state?.circuit ?? CLOSED;
  }

  /** Open or half open: the upstream is not called, or by one turn at a time. */
  get isCircuitOpen(): boolean {
    return this.#circuit.state !== "closed";
  }

  get isSlowedDown(): boolean {
    return this.#slowDown !== undefined;
  }

  /** How many calls may run at a time. */
  get cap(): number {
    return this.#slowDown?.cap ?? Number.POSITIVE_INFINITY;
  }

  /** Nothing is slowed down, open or counted: the state need not be kept. */
  get isAtRest(): boolean {
    return this.#slowDown === undefined && this.#circuit === CLOSED;
  }

  isProbe(id: string): boolean {
    return this.#circuit.state === "half-open" && this.#circuit.probe === id;
  }

  /** What time alone changes. @param limit what the tenant may have anyway. */
  sweep(limit: number, now: number): void {
    this.#circuit = circuitAt(this.#circuit, now);
    if (this.#slowDown !== undefined && isSlowDownOver(this.#slowDown, limit, now)) this.#slowDown = undefined;
  }

  /** How many more calls may begin now. */
  free(inUse: number, now: number): number {
    if (this.#circuit.state === "open" || this.#pauseMs(now) > 0) return 0;
    const byCap = Math.max(0, this.cap - inUse);
    if (this.#circuit.state === "closed") return byCap;
    return this.#circuit.probe === undefined ? Math.min(1, byCap) : 0;
  }

  /** @param claims turns ahead that are about to call this upstream. */
  barrier(inUse: number, claims: number, now: number): Barrier | undefined {
    if (this.free(inUse, now) > claims) return undefined;
    if (this.#circuit.state === "open") return { kind: "circuit-open", ms: this.#circuit.until - now };
    const pauseMs = this.#pauseMs(now);
    if (pauseMs > 0) return { kind: "paused", ms: pauseMs };
    return this.#circuit.state === "half-open" ? { kind: "probing" } : { kind: "full" };
  }

  /** A turn was allowed to call. In a half-open circuit it is the probe. */
  admitted(id: string): void {
    this.#circuit = withProbe(this.#circuit, id);
  }

  /** A lease was granted, which leaves `inUse` of them. */
  used(inUse: number): void {
    if (this.#slowDown !== undefined) this.#slowDown = afterGrant(this.#slowDown, inUse);
  }

  /** The upstream had too much to do. @param isAnswer a 429, which shows that the upstream is there. */
  refused({ id, ...refusal }: RefusedCall, isAnswer: boolean, limit: number, now: number): void {
    this.#circuit = isAnswer ? afterAnswer(this.#circuit, id) : afterFailure(this.#circuit, id, now);
    this.#slowDown =
      this.#slowDown === undefined
        ? beginSlowDown(limit, refusal.inUse, now)
        : afterRefusal(this.#slowDown, refusal, now);
  }

  failed(id: string, now: number): void {
    this.#circuit = afterFailure(this.#circuit, id, now);
  }

  /** The upstream answers. All turns that waited for that would come at once, so a closing circuit begins a slow-down. */
  answered(id: string, inUse: number, limit: number, now: number): void {
    const before = this.#circuit;
    this.#circuit = afterAnswer(before, id);
    if (before.state !== "closed" && this.#circuit === CLOSED) this.#slowDown ??= beginSlowDown(limit, inUse, now);
  }

  succeeded(grantedAt: number): void {
    if (this.#slowDown !== undefined) this.#slowDown = afterSuccess(this.#slowDown, grantedAt);
  }

  /** The turn is gone: if it was the probe, nothing was learnt and the next turn may try. */
  gone(id: string): void {
    this.#circuit = withoutProbe(this.#circuit, id);
  }

  /** A turn was held back, so the slow-down goes on. */
  heldBack(now: number): void {
    if (this.#slowDown !== undefined) this.#slowDown = { ...this.#slowDown, busyAt: now };
  }

  /** When time alone changes something. */
  nextAt(): number {
    const slowDownEndsAt = this.#slowDown === undefined ? Number.POSITIVE_INFINITY : this.#slowDown.busyAt + calmMs;
    return Math.min(slowDownEndsAt, restsAt(this.#circuit) ?? Number.POSITIVE_INFINITY);
  }

  state(): UpstreamState {
    return this.#slowDown === undefined
      ? { circuit: this.#circuit }
      : { slowDown: this.#slowDown, circuit: this.#circuit };
  }

  #pauseMs(now: number): number {
    return Math.max(0, (this.#slowDown?.pausedUntil ?? 0) - now);
  }
}
