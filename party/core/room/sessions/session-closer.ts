/**
 * Ends sessions: with an error code, by asking the client to come back later (`goaway`), or because the socket is gone. What
 * the room does afterwards (viewers, retention) follows from `onClosed`.
 */
import { defined } from "../../../../shared/defined.ts";
import { ERRORS, type ErrorCode } from "../../../../shared/protocol/errors.ts";
import type { Conversation } from "../../conversation/conversation.ts";
import type { RoomPolicy } from "../../policy.ts";
import type { RoomPorts } from "../../ports.ts";
import type { StreamHeartbeat } from "../plain-http/stream-heartbeat.ts";
import type { Session, SessionPhase } from "./session.ts";
import type { SessionList } from "./session-list.ts";
import { type SessionProblem, sendError, sendFrame } from "./session-output.ts";

/** Between the last moment at which a client is asked to leave and the end of the drain. */
const leaveGraceMs = 5_000;
/** For an error whose code closes no socket by itself. */
const fallbackClose = 4490;

export interface SessionCloserParts {
  readonly sessions: SessionList;
  readonly conversation: Conversation;
  readonly heartbeat: StreamHeartbeat;
}

export class SessionCloser {
  readonly #sessions: SessionList;
  readonly #conversation: Conversation;
  readonly #heartbeat: StreamHeartbeat;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #onClosed: (session: Session) => void;

  constructor(parts: SessionCloserParts, ports: RoomPorts, policy: RoomPolicy, onClosed: (session: Session) => void) {
    this.#sessions = parts.sessions;
    this.#conversation = parts.conversation;
    this.#heartbeat = parts.heartbeat;
    this.#ports = ports;
    this.#policy = policy;
    this.#onClosed = onClosed;
  }

  /** Sends the error and closes the socket. */
  end(session: Session, code: ErrorCode, detail?: string): void {
    sendError(session, { code, detail });
    this.close(session, ERRORS[code].close ?? fallbackClose, code);
  }

  /** Sends what was wrong with a frame. Where the error table says so, that ends the session (S3), never the room. */
  refuse(session: Session, problem: SessionProblem): void {
    sendError(session, problem);
    const { close } = ERRORS[problem.code];
    if (close !== null) this.close(session, close, problem.code);
  }

  /** S3: a fault in the handling of one session ends that session. */
  fault(session: Session, cause: unknown): void {
    this.#ports.report({ name: "session-fault", cause });
    this.end(session, "internal");
  }

  close(session: Session, closeCode: number, reason: string): void {
    session.socket.close(closeCode, reason);
    this.remove(session, reason);
  }

  /**
   * Asks a client to leave and come back, spread over the drain. One that stays is closed at the end of the drain, also when
   * the object has slept meanwhile.
   */
  askToLeave(session: Session, reason: string): void {
    if (session.leaveBy !== undefined) return;
    const spreadMs = Math.max(0, this.#policy.drainRoomMs - leaveGraceMs);
    session.leaveBy = this.#ports.clock.now() + this.#policy.drainRoomMs;
    const reconnectInMs = Math.floor(this.#ports.random() * spreadMs);
    sendFrame(session, { type: "goaway", reason, reconnectInMs });
    // A client that doesn't know the frame comes back at that time after its stream was closed.
    this.#heartbeat.comeBackIn(session.socket, reconnectInMs);
    session.attach();
    this.remind();
  }

  /** Closes sessions whose socket is gone, and those that were asked to leave and stayed. */
  closeOverdue(session: Session, now: number): void {
    if (!session.socket.isOpen) this.remove(session);
    else if (session.leaveBy !== undefined && now >= session.leaveBy) this.end(session, "draining");
  }

  /** Sets the alarm for the next session that was asked to leave. */
  remind(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { leaveBy } of this.#sessions) next = Math.min(next, leaveBy ?? next);
    if (next !== Number.POSITIVE_INFINITY) this.#conversation.wakeAt("away", next);
  }

  /** @param code why the room ended it; absent where the client left. */
  remove(session: Session, code?: string): void {
    const { phase } = session;
    if (phase.state === "closed") return;
    if (phase.state === "greeting") phase.helloTimer.cancel();
    session.phase = { state: "closed" };
    this.#sessions.remove(session);
    this.#conversation.delivery.remove(session);
    this.#heartbeat.drop(session.socket);
    this.#report(session, phase, code);
    this.#onClosed(session);
  }

  #report({ id, socket: { transport }, acceptedAt }: Session, phase: SessionPhase, code: string | undefined): void {
    if (phase.state === "welcomed") {
      const stayedMs = this.#ports.clock.now() - acceptedAt;
      this.#ports.report({ name: "session-closed", session: id, transport, stayedMs, ...defined({ code }) });
    } else if (code !== undefined) this.#ports.report({ name: "session-refused", session: id, transport, code });
  }
}
