/**
 * People on plain HTTP: one request, one answer, and nothing open in between. What they ask is what sockets ask; an answer
 * waits until what it says is durable. A sign of life of such a person counts as a viewer for a while (R6), by name: those
 * who share one count as one.
 */
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { viewerTimeoutMs } from "../../../shared/protocol/limits.ts";
import type { Outcome, StopProof, SyncFrame, SyncTurn } from "../../../shared/protocol/server-frames.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { Submit } from "../log/turn-record.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import { type Act, mayDo, type Principal, type Refusal } from "../principal.ts";
import type { OlderTurns, Syncs } from "../sync/sync-builder.ts";
import { type PollAnswer, poll } from "./long-poll.ts";

/** When to ask again in a room whose queue is full and that cannot tell how long an answer takes. */
const queueRetryMs = 5_000;

/** When to ask again in a room that is starting over. */
const restartMs = 1_000;

/** A turn as a sync lists it, whole, and the epoch it belongs to. */
export interface TurnState {
  readonly epoch: string;
  readonly turn: SyncTurn;
}

/** How a stop ended, or the turn before it. */
export interface Stopped {
  readonly outcome: Outcome;
  readonly stop?: StopProof;
}

/** A sync for somebody without a socket, and what they hold with it. */
export interface Snapshot {
  readonly frame: SyncFrame;
  readonly holds: Have;
}

export interface VisitorsHost {
  /** Somebody of this name has a socket or a stream open: that is what counts, and what is missed when it closes. */
  isHere(sub: string): boolean;
  /** There may be a viewer more. */
  onSeen(): void;
  /** A request has been answered: a room that was only looked at is left as it was. */
  onAnswered(): void;
}

export class Visitors {
  readonly #conversation: Conversation;
  readonly #syncs: Syncs;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #host: VisitorsHost;
  /** When each of them was last seen, oldest first. */
  readonly #seen = new Map<string, number>();
  /** Polls that wait. */
  #polls = 0;

  constructor(conversation: Conversation, syncs: Syncs, ports: RoomPorts, policy: RoomPolicy, host: VisitorsHost) {
    this.#conversation = conversation;
    this.#syncs = syncs;
    this.#ports = ports;
    this.#policy = policy;
    this.#host = host;
  }

  /** Those who were seen lately. */
  count(): number {
    const since = this.#ports.clock.now() - viewerTimeoutMs;
    for (const [sub, at] of this.#seen) if (at < since) this.#seen.delete(sub);
    return this.#seen.size;
  }

  /** Somebody who reads by coming back now and then was here. */
  saw(sub: string): void {
    this.remember(sub);
    this.#host.onSeen();
  }

  /** Somebody leaves who will come back: they go on being a viewer, and nothing changes. */
  remember(sub: string): void {
    this.#seen.delete(sub);
    this.#seen.set(sub, this.#ports.clock.now());
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > this.#policy.maxSockets && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** Somebody of this name has a socket or stream now. */
  forget(sub: string): void {
    this.#seen.delete(sub);
  }

  /**
   * Accepts a turn. Resolves when that is durable; for the same turn submitted again, with what has become of it (T1).
   * Who leaves `onLeave` out gets the room's own policy.
   */
  submit(principal: Principal, frame: Submit): Promise<Result<TurnState, Refusal>> {
    return this.#as(principal, "turn-submit", async () => {
      await this.#ports.prepare();
      const refused = this.#ports.refusalOf(frame);
      if (refused !== undefined) return fail({ code: "turn-not-allowed", detail: notAllowed(refused) });
      const conversation = this.#conversation;
      const result = conversation.submit(frame, principal.sub);
      const code = result.ok ? await conversation.decided(frame.turnId) : result.error;
      if (result.ok && result.value !== "known" && code === undefined) {
        this.#ports.audit({ act: "asked", by: principal, epoch: conversation.epoch, turnId: frame.turnId });
      }
      if (code !== undefined) return fail(this.#refusalOf(code));
      const state = await this.#stateOf(frame.turnId);
      // Accepted, and cleared before it could be told.
      return state === undefined ? fail({ code: "turn-stale" }) : ok(state);
    });
  }

  /** Stops a turn. Resolves when its end is durable (T3). */
  cancel(principal: Principal, turnId: string): Promise<Result<Stopped, Refusal>> {
    return this.#as(principal, "turn-cancel", async () => {
      const conversation = this.#conversation;
      const result = conversation.cancel(turnId);
      if (result.ok) await conversation.ended(result.value);
      // That an unknown id must not run is a promise too.
      else await conversation.journal.settled();
      const end = result.ok ? result.value.record.end : undefined;
      if (end === undefined) return fail({ code: "turn-unknown" });
      return ok({ outcome: end.outcome, ...(end.stop === undefined ? {} : { stop: end.stop }) });
    });
  }

  /** What has become of a turn, whole. */
  turn(principal: Principal, turnId: string): Promise<Result<TurnState, Refusal>> {
    return this.#as(principal, "look", async () => {
      const state = await this.#stateOf(turnId);
      return state === undefined ? fail({ code: "turn-unknown" }) : ok(state);
    });
  }

  /** The room as somebody sees it who comes for the first time, and what they hold then. */
  snapshot(principal: Principal): Promise<Result<Snapshot, Refusal>> {
    return this.#as(principal, "look", async () => {
      const made = await this.#syncs.once({ have: undefined });
      return made === undefined ? fail({ code: "draining" }) : ok(made);
    });
  }

  /** What is new since `have`, waited for up to `waitMs`. */
  async poll(principal: Principal, have: Have | undefined, waitMs: number): Promise<Result<PollAnswer, Refusal>> {
    if (this.#polls >= this.#policy.maxSockets) return fail({ code: "room-full", retryAfterMs: queueRetryMs });
    this.#polls += 1;
    const seenAt = this.#seen.get(principal.sub) ?? Number.NEGATIVE_INFINITY;
    const isFirst = have === undefined || this.#ports.clock.now() - seenAt > viewerTimeoutMs;
    const result = await this.#as(principal, "look", async () => {
      const { sub } = principal;
      // Each poll stands for itself; the first of a row is what comes closest to a session.
      if (isFirst) this.#ports.report({ name: "session-opened", transport: "poll", resumed: have !== undefined });
      // Who polls is a reader of their own, whatever else they have open.
      this.saw(sub);
      this.#conversation.recognize(have);
      const ports = { conversation: this.#conversation, syncs: this.#syncs, policy: this.#policy };
      const answer = await poll({ ...ports, clock: this.#ports.clock, random: this.#ports.random }, have, waitMs);
      this.saw(sub);
      return answer === undefined ? fail({ code: "draining" }) : ok(answer);
    });
    this.#polls -= 1;
    return result;
  }

  /**
   * Turns before `before`, oldest first and whole, at most `limit` and at most one sync's worth; from the newest where
   * `before` is left out.
   */
  older(principal: Principal, before: string | undefined, limit: number): Promise<Result<OlderTurns, Refusal>> {
    return this.#as(principal, "look", async () => {
      const page = await this.#syncs.older(before, limit);
      return page === undefined ? fail({ code: "turn-unknown" }) : ok(page);
    });
  }

  /** Stops and removes all turns. Resolves when that is durable, and what ran is to be stopped whatever happens. */
  clear(principal: Principal): Promise<Result<undefined, Refusal>> {
    return this.#as(principal, "room-clear", async () => {
      this.#conversation.clear();
      await this.#conversation.journal.settled();
      this.#ports.audit({ act: "cleared", by: principal });
      return ok(undefined);
    });
  }

  /** Deletes the room and everything stored of it; tabs that are open start afresh in a new epoch. */
  erase(principal: Principal): Promise<Result<undefined, Refusal>> {
    return this.#as(principal, "erase", async () => {
      await this.#conversation.erase();
      this.#ports.audit({ act: "erased", by: principal });
      return ok(undefined);
    });
  }

  /** What every request has in common: it is allowed or not, it is a sign of life, and it may be too late. */
  async #as<T>(principal: Principal, act: Act, work: () => Promise<Result<T, Refusal>>): Promise<Result<T, Refusal>> {
    if (!mayDo(principal, act)) return fail({ code: "forbidden" });
    // Somebody with a tab open counts by the tab, and is missed when it closes.
    if (!this.#host.isHere(principal.sub)) this.saw(principal.sub);
    try {
      const result = await work();
      // Nothing that was waited for is durable: whoever asks again finds out what is.
      return this.#conversation.isClosed ? fail({ code: "draining", retryAfterMs: restartMs }) : result;
    } finally {
      this.#host.onAnswered();
    }
  }

  async #stateOf(turnId: string): Promise<TurnState | undefined> {
    const made = await this.#syncs.once({ have: undefined, only: turnId });
    const turn = made?.frame.turns[0];
    return made === undefined || turn === undefined ? undefined : { epoch: made.frame.epoch, turn };
  }

  #refusalOf(code: ErrorCode): Refusal {
    if (code !== "queue-full") return { code };
    return { code, retryAfterMs: this.#conversation.turns.eta(1, this.#policy.maxActiveTurns).etaMs ?? queueRetryMs };
  }
}

/** @param field what of the submit the tenant may not use. */
export function notAllowed(field: string): string {
  return `The ${field} of this message may not be used here. Choose another and send it again.`;
}
