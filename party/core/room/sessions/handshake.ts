/**
 * Lets clients in: a new socket waits for its hello, its token is checked, and it gets `welcome` and one sync (R1, R2). Sockets
 * that outlived an eviction and streams, whose user is known, enter without a hello.
 */

import type { Have, HelloFrame } from "../../../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../../../shared/protocol/errors.ts";
import { heartbeatMs, helloTimeoutMs, maxFrameBytes } from "../../../../shared/protocol/limits.ts";
import { PROTOCOL_VERSION } from "../../../../shared/protocol/version.ts";
import { fail, ok, type Result } from "../../../../shared/result.ts";
import type { Conversation } from "../../conversation/conversation.ts";
import type { BucketRate } from "../../limiter/token-bucket.ts";
import type { RoomPolicy } from "../../policy.ts";
import type { RoomPorts, RoomSocket } from "../../ports.ts";
import { type AccessRefusal, mayDo, type Principal, type SocketIdentity, unverified } from "../../principal.ts";
import { parseAttachment } from "./attachment.ts";
import { Session, type WaitingFrames } from "./session.ts";
import type { SessionCloser } from "./session-closer.ts";
import type { SessionList } from "./session-list.ts";
import { sendFrame } from "./session-output.ts";
import type { SessionSyncs } from "./session-syncs.ts";
import type { TokenCheck } from "./token-check.ts";
import { lifeOf } from "./token-expiry.ts";

export interface HandshakeParts {
  readonly conversation: Conversation;
  readonly sessions: SessionList;
  readonly closer: SessionCloser;
  readonly syncs: SessionSyncs;
  readonly tokens: TokenCheck;
}

export interface ReaderOptions {
  readonly have: Have | undefined;
  /** The only turn that the reader reads. */
  readonly only?: string;
}

export class Handshake {
  readonly #parts: HandshakeParts;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #room: string;
  readonly #frameRate: BucketRate;
  readonly #onWelcomed: (session: Session, principal: Principal) => void;

  /** @param onWelcomed the session has its first sync and counts as a viewer from now on. */
  constructor(
    parts: HandshakeParts,
    ports: RoomPorts,
    policy: RoomPolicy,
    room: string,
    onWelcomed: (session: Session, principal: Principal) => void,
  ) {
    this.#parts = parts;
    this.#ports = ports;
    this.#policy = policy;
    this.#room = room;
    this.#frameRate = { tokens: policy.framesPer10s, windowMs: 10_000 };
    this.#onWelcomed = onWelcomed;
  }

  /** A new socket. In a full room the session that has the weakest claim to a place is closed, which may be this one. */
  accept(socket: RoomSocket, identity: SocketIdentity): void {
    const session = this.#greet(socket, this.#ports.newId(), this.#ports.clock.now(), identity);
    session.attach();
    const loser = this.#parts.sessions.loserAtOpen(session);
    if (loser !== undefined) this.#parts.closer.end(loser, "room-full");
  }

  /**
   * A socket that outlived an eviction. A welcomed one counts as a viewer at once. It gets nothing, and its frames wait, until
   * `resume`.
   */
  takeBack(socket: RoomSocket): void {
    const { sessions, closer } = this.#parts;
    const now = this.#ports.clock.now();
    const attachment = parseAttachment(socket.attachment);
    if (attachment === undefined && socket.attachment !== undefined && socket.attachment !== null) {
      // Another version of this code welcomed the socket: the client says hello again, to this one.
      closer.askToLeave(this.#greet(socket, this.#ports.newId(), now, unverified), "version-unsupported");
      return;
    }
    const { id = this.#ports.newId(), acceptedAt = now, heardAt = now, leaveBy, welcomed } = attachment ?? {};
    if (welcomed === undefined) {
      this.#greet(socket, id, acceptedAt, unverified).leaveBy = leaveBy;
      return;
    }
    const { principal, have } = welcomed;
    const phase = { state: "welcomed", principal } as const;
    const session = new Session({ id, socket, acceptedAt, phase, frameRate: this.#frameRate });
    session.heardAt = heardAt;
    session.leaveBy = leaveBy;
    session.hold(have);
    session.held = { frames: [], units: 0 };
    sessions.add(session);
  }

  /**
   * Goes on with the session of `takeBack` once its revocations and its tenant's settings are known. It gets its sync first.
   * @param handle handles the frames that waited meanwhile, in order.
   */
  resume(session: Session, handle: (frames: WaitingFrames) => void): void {
    const { conversation, sessions, syncs, tokens } = this.#parts;
    const { held } = session;
    session.held = undefined;
    if (held === undefined || !sessions.has(session) || !tokens.isGood(session)) return;
    const have = session.have();
    conversation.delivery.add(session);
    conversation.recognize(have);
    void syncs.request(session, have);
    handle(held);
  }

  /**
   * The hello of a session.
   * @param handle handles the frames that waited meanwhile, in order.
   */
  async hello(session: Session, frame: HelloFrame, handle: (frames: WaitingFrames) => void): Promise<void> {
    const { closer, sessions } = this.#parts;
    if (session.phase.state !== "greeting") return;
    session.phase.helloTimer.cancel();
    const waiting: WaitingFrames = { frames: [], units: 0 };
    session.phase = { state: "checking", waiting };
    try {
      if (frame.version !== PROTOCOL_VERSION) {
        closer.end(session, "version-unsupported");
        return;
      }
      const principal = await this.#identify(frame.token, session.identity);
      if (!sessions.has(session)) return;
      if (!principal.ok) closer.end(session, principal.error.code, principal.error.detail);
      else if (!mayDo(principal.value, frame.type)) closer.end(session, "forbidden");
      else if (this.#makeRoom(principal.value, session))
        await this.#enter(session, principal.value, frame.have, waiting);
      else closer.end(session, "room-full");
      handle(waiting);
    } catch (cause) {
      closer.fault(session, cause);
    }
  }

  /** A reader whose user is known and that sends nothing: a stream. Its session is returned before its first sync. */
  openReader(socket: RoomSocket, principal: Principal, { have, only }: ReaderOptions): Result<Session, ErrorCode> {
    if (!mayDo(principal, "hello")) return fail("forbidden");
    if (only !== undefined && this.#parts.conversation.turn(only) === undefined) return fail("turn-unknown");
    if (!this.#makeRoom(principal)) return fail("room-full");
    const waiting: WaitingFrames = { frames: [], units: 0 };
    const phase = { state: "entering", principal, waiting } as const;
    const acceptedAt = this.#ports.clock.now();
    const session = new Session({
      id: this.#ports.newId(),
      socket,
      acceptedAt,
      phase,
      frameRate: this.#frameRate,
      only,
    });
    this.#parts.sessions.add(session);
    void this.#enter(session, principal, have, waiting);
    return ok(session);
  }

  /** At an alarm: closes sessions that are gone or overdue, and asks sockets of great age to reconnect. */
  review(session: Session, now: number): void {
    const { closer, tokens } = this.#parts;
    closer.closeOverdue(session, now);
    if (session.isClosed || (now >= session.checkAt && !tokens.isGood(session))) return;
    if (session.phase.state === "greeting" && now - session.acceptedAt >= helloTimeoutMs) {
      closer.end(session, "hello-timeout");
    } else if (now - session.acceptedAt >= this.#policy.maxSocketAgeMs) closer.askToLeave(session, "socket-age");
  }

  #greet(socket: RoomSocket, id: string, acceptedAt: number, identity: SocketIdentity): Session {
    const { clock } = this.#ports;
    const left = Math.max(0, acceptedAt + helloTimeoutMs - clock.now());
    const helloTimer = clock.after(left, () => this.#parts.closer.end(session, "hello-timeout"));
    const phase = { state: "greeting", helloTimer } as const;
    const session = new Session({ id, socket, acceptedAt, phase, frameRate: this.#frameRate, identity });
    this.#parts.sessions.add(session);
    return session;
  }

  /** The token of a `hello` decides where it has one; otherwise the identity that came with the socket. */
  async #identify(token: string | undefined, { principal }: SocketIdentity): Promise<Result<Principal, AccessRefusal>> {
    if (token !== undefined || principal === undefined) return this.#ports.principalOf(token);
    // What the tenant may do is known before its first turn.
    await this.#ports.prepare();
    return ok(principal);
  }

  /** Whether a session of this user may enter; another one may be closed for it. */
  #makeRoom(principal: Principal, session?: Session): boolean {
    const loser = this.#parts.sessions.loserAtEntry(principal.sub, session);
    if (loser === "newcomer") return false;
    if (loser !== undefined) this.#parts.closer.end(loser, "room-full");
    return true;
  }

  async #enter(session: Session, principal: Principal, have: Have | undefined, waiting: WaitingFrames): Promise<void> {
    const { conversation, sessions, closer, syncs } = this.#parts;
    try {
      session.phase = { state: "entering", principal, waiting };
      this.#welcome(session, principal);
      session.isSyncing = true;
      conversation.delivery.add(session);
      conversation.recognize(have);
      await syncs.request(session, have);
      if (!sessions.has(session)) return;
      session.phase = { state: "welcomed", principal };
      const { id, socket } = session;
      const resumed = have !== undefined;
      this.#ports.report({ name: "session-opened", session: id, transport: socket.transport, resumed });
      session.attach();
      this.#onWelcomed(session, principal);
    } catch (cause) {
      closer.fault(session, cause);
    }
  }

  #welcome(session: Session, principal: Principal): void {
    sendFrame(session, {
      type: "welcome",
      version: PROTOCOL_VERSION,
      sessionId: session.id,
      room: this.#room,
      heartbeatMs,
      limits: {
        maxFrameBytes,
        maxQueuedTurns: this.#policy.maxQueuedTurns,
        maxActiveTurns: this.#policy.maxActiveTurns,
      },
      ...lifeOf(principal, this.#ports.clock.now()),
    });
  }

  /** Answers a hello on a welcomed socket: a client that lost its state says hello again. */
  welcomeAgain(session: Session, principal: Principal, have: Have | undefined): void {
    this.#welcome(session, principal);
    void this.#parts.syncs.request(session, have);
  }
}
