/**
 * Syncs for sessions. At most one is being prepared for each session, and requests that arrive meanwhile are answered by the
 * same one. Syncs have an allowance in bytes for each session, and wait for the room's unsent bytes (F2).
 */
import type { Have } from "../../../../shared/protocol/client-frames.ts";
import type { SyncFrame } from "../../../../shared/protocol/server-frames.ts";
import { utf8Length } from "../../../../shared/text.ts";
import type { Delivery } from "../../delivery/delivery.ts";
import { TokenBucket } from "../../limiter/token-bucket.ts";
import type { RoomPolicy } from "../../policy.ts";
import type { RoomPorts } from "../../ports.ts";
import type { SyncBuilder, SyncRequest } from "../../sync/sync-builder.ts";
import type { Session } from "./session.ts";
import type { SessionCloser } from "./session-closer.ts";
import type { SessionList } from "./session-list.ts";

/** Turns of repeated submits that one sync shows whole. */
const maxAlsoTurns = 4;
/** The allowance counts in these: a sync of any size costs at least one. */
const allowanceUnitBytes = 1_024;
const allowanceWindowMs = 60_000;

/** A sync that is being prepared. */
interface Pending {
  have: Have | undefined;
  readonly alsoTurns: Set<string>;
  readonly done: Promise<void>;
}

export interface SessionSyncsParts {
  readonly sessions: SessionList;
  readonly builder: SyncBuilder;
  readonly delivery: Delivery;
  readonly closer: SessionCloser;
}

export class SessionSyncs {
  readonly #parts: SessionSyncsParts;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #pending = new WeakMap<Session, Pending>();
  readonly #allowances = new WeakMap<Session, TokenBucket>();

  constructor(parts: SessionSyncsParts, ports: RoomPorts, policy: RoomPolicy) {
    this.#parts = parts;
    this.#ports = ports;
    this.#policy = policy;
  }

  /**
   * Sends what lies between `have` and now, in one frame. Live frames wait meanwhile.
   * @param have of the client. @param alsoTurn a turn that is shown whole.
   * @returns when the sync was sent, or isn't wanted any more.
   */
  request(session: Session, have: Have | undefined, alsoTurn?: string): Promise<void> {
    const pending = this.#pending.get(session);
    if (pending === undefined) return this.#start(session, have, alsoTurn === undefined ? [] : [alsoTurn]);
    pending.have = have;
    if (alsoTurn !== undefined) pending.alsoTurns.add(alsoTurn);
    return pending.done;
  }

  /** For a reader that lags: syncs it from its cursor, unless the client's own request is being answered already. */
  bringUp(session: Session): void {
    if (!this.#pending.has(session)) void this.request(session, session.have());
  }

  #start(session: Session, have: Have | undefined, alsoTurns: Iterable<string>): Promise<void> {
    session.isSyncing = true;
    const pending: Pending = {
      have,
      alsoTurns: new Set(alsoTurns),
      // After this call: the entry is there when the builder reads it.
      done: Promise.resolve().then(() => this.#run(session, pending)),
    };
    this.#pending.set(session, pending);
    return pending.done;
  }

  async #run(session: Session, pending: Pending): Promise<void> {
    const { builder, delivery, sessions, closer } = this.#parts;
    const request = (): SyncRequest => {
      const alsoTurns = [...pending.alsoTurns].slice(0, maxAlsoTurns);
      return { have: pending.have, alsoTurns, only: session.only };
    };
    try {
      await builder.build({
        request,
        isHere: () => sessions.has(session),
        waitFor: (bytes) => this.#waitForAllowance(session, bytes) ?? delivery.waitForSync(session, bytes),
        take: (frame, holds) => this.#send(session, pending, frame, holds),
      });
    } catch (cause) {
      closer.fault(session, cause);
    }
  }

  #send(session: Session, pending: Pending, frame: SyncFrame, holds: Have): void {
    const text = JSON.stringify(frame);
    const bytes = utf8Length(text);
    session.socket.send(text);
    this.#parts.delivery.syncSent(session, bytes);
    this.#takeAllowance(session, bytes);
    const { id } = session;
    this.#ports.report({
      name: "sync-sent",
      session: id,
      mode: frame.mode,
      resumed: pending.have !== undefined,
      bytes,
    });
    session.hold(holds);
    session.isSyncing = false;
    // Ephemeral state is sent again after each sync.
    session.stateSeen = 0;
    session.attach();
    this.#pending.delete(session);
    const left = [...pending.alsoTurns].slice(maxAlsoTurns);
    if (left.length > 0) void this.#start(session, session.have(), left);
    else this.#parts.delivery.flushReader(session);
  }

  /** Undefined where the allowance has so much, or all that it can ever have. */
  #waitForAllowance(session: Session, bytes: number): Promise<void> | undefined {
    const { clock } = this.#ports;
    const waitMs = this.#allowanceOf(session).msUntil(this.#costOf(bytes), clock.now());
    return waitMs === 0 ? undefined : new Promise((resolve) => clock.after(waitMs, resolve));
  }

  #takeAllowance(session: Session, bytes: number): void {
    const allowance = this.#allowanceOf(session);
    const now = this.#ports.clock.now();
    for (let units = this.#costOf(bytes); units > 0 && allowance.take(now); units -= 1);
  }

  #costOf(bytes: number): number {
    return Math.min(this.#capacity, Math.max(1, Math.ceil(bytes / allowanceUnitBytes)));
  }

  get #capacity(): number {
    return Math.max(1, Math.floor(this.#policy.syncBytesPerMinute / allowanceUnitBytes));
  }

  #allowanceOf(session: Session): TokenBucket {
    let allowance = this.#allowances.get(session);
    if (allowance === undefined) {
      allowance = new TokenBucket({ tokens: this.#capacity, windowMs: allowanceWindowMs }, this.#ports.clock.now());
      this.#allowances.set(session, allowance);
    }
    return allowance;
  }
}
