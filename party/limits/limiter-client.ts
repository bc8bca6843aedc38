/**
 * A room's client of its tenant's Limiter: the `TurnLimiter` port over calls to the Limiter object (Q4). It knows for each
 * turn whether and where a lease was asked for, renews the leases that are held, and answers locally while the Limiter
 * can't be reached. `limiter-calls.ts` makes the calls.
 */
import { defined } from "../../shared/defined.ts";
import {
  type CallFailure,
  type LeaseAnswer,
  type LeaseRequest,
  type ReleaseOutcome,
  renewLeaseMs,
  type TurnLimiter,
  type Wait,
} from "../core/limiter/limiter-port.ts";
import type { LimiterLimits, RoomRequest } from "../core/limiter/limiter-state.ts";
import type { Clock, Timer } from "../core/ports.ts";
import { hash } from "../platform/hash.ts";
import { LimiterCalls, type LimiterStub } from "./limiter-calls.ts";
import type { SlowingHints } from "./limiter-hints.ts";
import type { LimiterOperation } from "./limiter-messages.ts";
import { isLimited, limiterName, shareOf } from "./limiter-shards.ts";

/** When a turn asks again while the room's one local turn is running. */
const degradedRetryMs = 2_000;
/** A release is tried again after these: a lost release holds a lease until it expires. */
const releaseAgainAfterMs = [1_000, 5_000] as const;

export interface LeaseClientOptions {
  readonly tenant: string;
  readonly room: string;
  /** `LIMITER_SHARDS`. */
  readonly shards: number;
  /** Whether users are told apart (`AUTH=jwt`). Anonymous users have the same subject, which says nothing. */
  readonly hasSubjects: boolean;
  /** The tenant's limits of now; never rejects. */
  readonly limits: () => Promise<LimiterLimits>;
  /** The same without asking; undefined before the first answer. */
  readonly knownLimits: () => LimiterLimits | undefined;
  /** A fresh stub by the object's name: one that has failed stays broken. */
  readonly stubOf: (name: string) => LimiterStub;
  /** Shared by the rooms of an isolate. */
  readonly hints: SlowingHints;
  readonly clock: Clock;
  /** Called once each time that the Limiter stops being reachable. */
  readonly onDegraded: (cause: unknown) => void;
}

/** A turn of this life of the room. `limiter` is the object that may know of it, and that its release goes to. */
type TurnLease =
  /** The limits are being read, or the Limiter is being asked. */
  | { readonly state: "asking"; readonly limiter: string | undefined }
  /** The Limiter knows the turn; it waits, or retries by its own policy. */
  | { readonly state: "asked"; readonly limiter: string }
  | { readonly state: "held"; readonly limiter: string; readonly request: RoomRequest }
  /** The turn runs without a lease, because none was needed. */
  | { readonly state: "free"; readonly limiter: undefined }
  /** The turn runs without a lease, because the Limiter could not be asked. */
  | { readonly state: "local"; readonly limiter: string | undefined };

export class LeaseClient implements TurnLimiter {
  readonly #options: LeaseClientOptions;
  readonly #calls: LimiterCalls;
  readonly #turns = new Map<string, TurnLease>();
  #renewal: Timer | undefined;
  #isClosed = false;

  constructor(options: LeaseClientOptions) {
    this.#options = options;
    const { stubOf, hints, clock, onDegraded } = options;
    this.#calls = new LimiterCalls({ stubOf, hints, clock, onDegraded, own: () => this.#own() });
  }

  async acquire(request: LeaseRequest): Promise<LeaseAnswer> {
    const { generationId } = request;
    const known = this.#turns.get(generationId)?.limiter;
    const asking: TurnLease = { state: "asking", limiter: known };
    this.#turns.set(generationId, asking);
    const limits = await this.#options.limits();
    // The turn was released while the limits were being read: nobody uses the answer.
    if (this.#turns.get(generationId) !== asking) return { kind: "granted" };
    const { name } = this.#shareOf(limits);
    const mustAsk = isLimited(limits) || this.#options.hints.isSlowing(name) || request.hasWaited === true;
    if (!mustAsk && known === undefined) {
      this.#turns.set(generationId, { state: "free", limiter: undefined });
      return { kind: "granted" };
    }
    // The room belongs to another shard than before: the old one must not keep a lease or a position for this turn.
    if (known !== undefined && known !== name) this.#release(known, generationId, "cancelled", 0);
    const full = this.#full(request);
    const answer = await this.#ask(generationId, name, { kind: "acquire", request: full });
    if (answer === undefined) return this.#acquireLocally(request, name);
    if (answer.kind === "granted") this.#advance(generationId, name, { state: "held", limiter: name, request: full });
    return answer;
  }

  async report(request: LeaseRequest, refused: CallFailure, retryAfterMs?: number): Promise<Wait | undefined> {
    const { generationId } = request;
    const limiter = this.#turns.get(generationId)?.limiter ?? (await this.#own()).name;
    const operation = { kind: "report", request: this.#full(request), refused, ...defined({ retryAfterMs }) } as const;
    const answer = await this.#ask(generationId, limiter, operation);
    return answer?.kind === "wait" ? answer : undefined;
  }

  accepted(generationId: string): void {
    const limiter = this.#turns.get(generationId)?.limiter;
    if (limiter === undefined) return;
    this.#calls.send(limiter, { kind: "accepted", generationId }).catch((cause: unknown) => this.#calls.failed(cause));
  }

  release(generationId: string, outcome: ReleaseOutcome): void {
    const turn = this.#turns.get(generationId);
    this.#turns.delete(generationId);
    if (turn?.state === "free") return;
    if (turn?.limiter !== undefined) this.#release(turn.limiter, generationId, outcome, 0);
    // An earlier life of the room may have asked for a turn that this life doesn't know.
    else void this.#own().then(({ name }) => this.#release(name, generationId, outcome, 0));
  }

  close(): void {
    this.#isClosed = true;
    this.#renewal?.cancel();
    this.#renewal = undefined;
  }

  /** Asks the Limiter about a turn. Undefined where it has no answer or can't be reached. */
  async #ask(id: string, limiter: string, operation: LimiterOperation): Promise<LeaseAnswer | undefined> {
    this.#turns.set(id, { state: "asked", limiter });
    try {
      return await this.#calls.send(limiter, operation);
    } catch (cause) {
      this.#calls.failed(cause);
      return undefined;
    }
  }

  /** Sets the turn's state, unless it was released or asked elsewhere meanwhile. */
  #advance(id: string, limiter: string, next: TurnLease): void {
    const current = this.#turns.get(id);
    if (current?.state !== "asked" || current.limiter !== limiter) return;
    this.#turns.set(id, next);
    if (next.state === "held") this.#renewLater();
  }

  #acquireLocally({ generationId, credit }: LeaseRequest, limiter: string): LeaseAnswer {
    const others = [...this.#turns].filter(([id, { state }]) => state === "local" && id !== generationId).length;
    if (others > 0 && credit !== true) {
      return { kind: "wait", retryAfterMs: degradedRetryMs, position: others, reason: "degraded" };
    }
    this.#advance(generationId, limiter, { state: "local", limiter });
    return { kind: "granted" };
  }

  /** One timer for all leases that are held. A room that holds one has a call open, so the timer keeps no room awake. */
  #renewLater(): void {
    if (this.#isClosed) return;
    this.#renewal ??= this.#options.clock.after(renewLeaseMs, () => {
      this.#renewal = undefined;
      const now = this.#options.clock.now();
      // A turn is settled at its deadline. If that went wrong, its lease must expire.
      const held = [...this.#turns.values()]
        .filter((turn) => turn.state === "held")
        .filter(({ request }) => request.deadlineAt > now);
      for (const { limiter, request } of held) {
        const operation = { kind: "acquire", request: { ...request, credit: true } } as const;
        this.#calls.send(limiter, operation).catch((cause: unknown) => this.#calls.failed(cause));
      }
      if (held.length > 0) this.#renewLater();
    });
  }

  #release(limiter: string, generationId: string, outcome: ReleaseOutcome, tries: number): void {
    this.#calls.send(limiter, { kind: "release", generationId, outcome }, true).catch((cause: unknown) => {
      this.#calls.failed(cause);
      const ms = releaseAgainAfterMs[tries];
      if (ms !== undefined)
        this.#options.clock.after(ms, () => this.#release(limiter, generationId, outcome, tries + 1));
    });
  }

  #full({ hasWaited: _, subject, ...request }: LeaseRequest): RoomRequest {
    // The Limiter only compares subjects, so it need not know who they are.
    const group = subject === undefined || !this.#options.hasSubjects ? undefined : hash(subject).toString(36);
    return { ...request, room: this.#options.room, ...defined({ subject: group }) };
  }

  async #own(): Promise<{ name: string; share: LimiterLimits }> {
    return this.#shareOf(this.#options.knownLimits() ?? (await this.#options.limits()));
  }

  /** The room's Limiter object, and that object's share of the limits. */
  #shareOf(limits: LimiterLimits): { name: string; share: LimiterLimits } {
    const { tenant, room, shards } = this.#options;
    const { shard, limits: share } = shareOf(limits, room, shards);
    return { name: limiterName(tenant, shard), share };
  }
}
