/**
 * Requests over plain HTTP: one request, one answer, and nothing open in between. They do what sockets do; an answer waits
 * until everything in it is durable. `room-http/` turns requests and answers into HTTP.
 */

import { defined } from "../../../../shared/defined.ts";
import type { Have } from "../../../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../../../shared/protocol/errors.ts";
import type { Outcome, StopProof, SyncFrame, SyncTurn } from "../../../../shared/protocol/server-frames.ts";
import { fail, ok, type Result } from "../../../../shared/result.ts";
import type { Conversation } from "../../conversation/conversation.ts";
import type { Submit } from "../../log/turn-record.ts";
import type { RoomPolicy } from "../../policy.ts";
import type { AnswerBody, RoomPorts } from "../../ports.ts";
import { type AccessRefusal, type Act, mayDo, type Principal } from "../../principal.ts";
import type { OlderTurns, SyncBuilder } from "../../sync/sync-builder.ts";
import { isOneUser } from "../fair-share.ts";
import type { SessionList } from "../sessions/session-list.ts";
import type { TurnSubmit } from "../turn-submit.ts";
import type { HttpViewers } from "./http-viewers.ts";
import { type PollAnswer, poll } from "./long-poll.ts";
import type { PollPlaces } from "./poll-places.ts";

/** The retry delay of a full queue or room that doesn't know how long an answer takes. */
const fullRetryMs = 5_000;
/** The retry delay of a room that is restarting. */
const restartMs = 1_000;

/** A turn as a sync lists it, whole, and the epoch it belongs to. */
export interface TurnState {
  readonly epoch: string;
  readonly turn: SyncTurn;
}

/** How a stopped turn ended; one that was settled before the stop keeps its outcome. */
export interface Stopped {
  readonly outcome: Outcome;
  readonly stop?: StopProof;
}

/** A sync for a client without a socket, and what the client holds with it. */
export interface Snapshot {
  readonly frame: SyncFrame;
  readonly holds: Have;
}

export interface HttpRequestsParts {
  readonly conversation: Conversation;
  readonly builder: SyncBuilder;
  readonly submits: TurnSubmit;
  readonly sessions: SessionList;
  readonly viewers: HttpViewers;
  readonly polls: PollPlaces;
}

export interface HttpRequestsEvents {
  /** There may be one more viewer. */
  onSeen(): void;
  /** A request has been answered: a room that was only looked at must leave nothing behind (F4). */
  onAnswered(): void;
}

export class HttpRequests {
  readonly #parts: HttpRequestsParts;
  readonly #conversation: Conversation;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #events: HttpRequestsEvents;

  constructor(parts: HttpRequestsParts, ports: RoomPorts, policy: RoomPolicy, events: HttpRequestsEvents) {
    this.#parts = parts;
    this.#conversation = parts.conversation;
    this.#ports = ports;
    this.#policy = policy;
    this.#events = events;
  }

  /**
   * Accepts a turn. Resolves when that is durable; for the same turn submitted again, with its present state (T1). A user who
   * may not read gets the id and state only.
   * @param answer `stream`: the caller opens a stream of the turn next, which needs the scope to read.
   */
  submit(
    principal: Principal,
    frame: Submit,
    answer: "state" | "stream" = "state",
  ): Promise<Result<TurnState, AccessRefusal>> {
    return this.#as(principal, answer === "stream" ? ["turn-submit", "look"] : ["turn-submit"], async () => {
      await this.#ports.prepare();
      const { submits } = this.#parts;
      const { turnId } = frame;
      const result = await submits.submit(frame, principal);
      if (!result.ok) return fail(this.#refusalOf(result.error));
      const state = await this.#stateOf(typeof result.value === "string" ? turnId : result.value.answeredBy);
      // Undefined: the turn was accepted, and removed before this answer.
      if (state === undefined) return fail({ code: "turn-stale" });
      return ok(mayDo(principal, "look") ? state : withoutContent(state));
    });
  }

  /** Stops a turn. Resolves when its end is durable (T3). */
  cancel(principal: Principal, turnId: string): Promise<Result<Stopped, AccessRefusal>> {
    return this.#as(principal, ["turn-cancel"], async () => {
      const result = await this.#conversation.cancel(turnId);
      if (result.ok) await result.value.ended;
      const end = result.ok ? result.value.record.end : undefined;
      if (end === undefined) return fail({ code: "turn-unknown" });
      return ok({ outcome: end.outcome, ...defined({ stop: end.stop }) });
    });
  }

  /** The present state of a turn, whole. */
  turn(principal: Principal, turnId: string): Promise<Result<TurnState, AccessRefusal>> {
    return this.#reading(principal, async () => {
      const state = await this.#stateOf(turnId);
      return state === undefined ? fail({ code: "turn-unknown" }) : ok(state);
    });
  }

  /** The room as a new client gets it. */
  snapshot(principal: Principal): Promise<Result<Snapshot, AccessRefusal>> {
    return this.#reading(principal, async () => {
      const built = await this.#parts.builder.once({ have: undefined });
      return built === undefined ? fail({ code: "draining" }) : ok(built);
    });
  }

  /** What is new since `have`, waited for up to `waitMs`. */
  async poll(principal: Principal, have: Have | undefined, waitMs: number): Promise<Result<PollAnswer, AccessRefusal>> {
    const { viewers, builder, polls } = this.#parts;
    const place = polls.take(principal);
    if (place === undefined) return fail({ code: "room-full", retryAfterMs: fullRetryMs });
    try {
      const isFirst = have === undefined || !viewers.has(principal.sub);
      return await this.#reading(principal, async () => {
        const { sub } = principal;
        // A client that polls has no session; the first of its polls is reported as one.
        if (isFirst) this.#ports.report({ name: "session-opened", transport: "poll", resumed: have !== undefined });
        // A poll counts as a viewer of its own, whatever else the user has open.
        this.#see(sub);
        this.#conversation.recognize(have);
        const { clock, random } = this.#ports;
        const ports = { conversation: this.#conversation, syncs: builder, policy: this.#policy, clock, random };
        const answer = await poll(ports, { have, waitMs, place: place.signal });
        this.#see(sub);
        return answer === undefined ? fail({ code: "draining" }) : ok(answer);
      });
    } finally {
      place.giveBack();
    }
  }

  /**
   * Turns before `before`, oldest first and whole, at most `limit` and at most one sync's worth; from the newest where
   * `before` is left out.
   */
  older(principal: Principal, before: string | undefined, limit: number): Promise<Result<OlderTurns, AccessRefusal>> {
    return this.#reading(principal, async () => {
      const page = await this.#parts.builder.older(before, limit);
      return page === undefined ? fail({ code: "turn-unknown" }) : ok(page);
    });
  }

  /** Whether the body of an answer may be sent (F2). It counts as unsent from now on, until its client has taken it. */
  admit(principal: Principal, body: AnswerBody): Result<undefined, AccessRefusal> {
    const isAdmitted = this.#conversation.delivery.admitBody(body, ownerOf(principal));
    return isAdmitted ? ok(undefined) : fail(tooMuchUnsent);
  }

  /** Stops and removes all turns. Resolves when that is durable, with the stops that are still to be carried out. */
  clear(principal: Principal): Promise<Result<undefined, AccessRefusal>> {
    return this.#as(principal, ["room-clear"], async () => {
      await this.#conversation.clear();
      if (!this.#conversation.journal.isBroken) this.#ports.audit({ act: "cleared", by: principal });
      return ok(undefined);
    });
  }

  /** Deletes the room and everything stored of it; open tabs start again in a new epoch. */
  erase(principal: Principal): Promise<Result<undefined, AccessRefusal>> {
    return this.#as(principal, ["erase"], async () => {
      await this.#conversation.erase();
      if (!this.#conversation.journal.isBroken) this.#ports.audit({ act: "erased", by: principal });
      return ok(undefined);
    });
  }

  /** For answers of any size: nothing is read from storage for a client that couldn't be sent it (F2). */
  #reading<T>(principal: Principal, work: () => Promise<Result<T, AccessRefusal>>): Promise<Result<T, AccessRefusal>> {
    return this.#as(principal, ["look"], async () => {
      const mayAnswer = this.#conversation.delivery.fitsBody(0, ownerOf(principal));
      return mayAnswer ? await work() : fail(tooMuchUnsent);
    });
  }

  /** The frame of every request: whether it is allowed, that it is a sign of life, and that it may come too late. */
  async #as<T>(
    principal: Principal,
    acts: readonly Act[],
    work: () => Promise<Result<T, AccessRefusal>>,
  ): Promise<Result<T, AccessRefusal>> {
    if (!acts.every((act) => mayDo(principal, act))) return fail({ code: "forbidden" });
    // A user with an open tab counts by the tab, and stops counting when it closes.
    if (!this.#parts.sessions.isReadBy(principal.sub)) this.#see(principal.sub);
    try {
      const result = await work();
      // Nothing that was waited for is durable: the client finds out by another request.
      return this.#conversation.isClosed ? fail({ code: "draining", retryAfterMs: restartMs }) : result;
    } finally {
      this.#parts.viewers.store();
      this.#events.onAnswered();
    }
  }

  #see(sub: string): void {
    this.#parts.viewers.see(sub);
    this.#events.onSeen();
  }

  async #stateOf(turnId: string): Promise<TurnState | undefined> {
    const built = await this.#parts.builder.once({ have: undefined, only: turnId });
    const turn = built?.frame.turns.find(({ id }) => id === turnId);
    return built === undefined || turn === undefined ? undefined : { epoch: built.frame.epoch, turn };
  }

  #refusalOf(refusal: { readonly code: ErrorCode; readonly detail?: string }): AccessRefusal {
    if (refusal.code !== "queue-full") return refusal;
    const { etaMs } = this.#conversation.turns.eta(1, this.#policy.maxActiveTurns);
    return { ...refusal, retryAfterMs: etaMs ?? fullRetryMs };
  }
}

const tooMuchUnsent: AccessRefusal = { code: "room-full", retryAfterMs: fullRetryMs };

/** Undefined where one name stands for many people, who share the room's bound and nothing less. */
function ownerOf(principal: Principal): string | undefined {
  return isOneUser(principal) ? principal.sub : undefined;
}

/** A turn as a user sees it who may write and not read: neither the question, which may be somebody else's, nor the answer. */
function withoutContent({ epoch, turn: { id, state, position, etaMs } }: TurnState): TurnState {
  return { epoch, turn: { id, state, from: 0, parts: [], length: 0, ...defined({ position, etaMs }) } };
}
