/**
 * A room: its sessions, and what they may ask of its conversation. Handles every socket event and alarm; decides; tells.
 * The shells translate their host's callbacks into these five methods and nothing more.
 */

import type { ClientFrame, Have, HelloFrame, TurnSubmitFrame } from "../../../shared/protocol/client-frames.ts";
import { type FrameProblem, parseClientFrame } from "../../../shared/protocol/codec.ts";
import { ERRORS, type ErrorCode } from "../../../shared/protocol/errors.ts";
import {
  heartbeatMs,
  helloTimeoutMs,
  maxFrameBytes,
  maxWaitingFrames,
  viewerTimeoutMs,
} from "../../../shared/protocol/limits.ts";
import { ERROR_MESSAGES, NOTICE_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import type { ErrorFrame, ServerFrame, SyncFrame } from "../../../shared/protocol/server-frames.ts";
import { PROTOCOL_VERSION } from "../../../shared/protocol/version.ts";
import { assertNever, fail, ok, type Result } from "../../../shared/result.ts";
import { utf8Length } from "../../../shared/text.ts";
import { Conversation, type ConversationEvents } from "../conversation/conversation.ts";
import type { Reader } from "../delivery/delivery.ts";
import type { BucketRate } from "../limiter/token-bucket.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts, RoomSocket, StreamSocket } from "../ports.ts";
import { mayDo, type Principal, type Refusal, type SocketIdentity, unverified } from "../principal.ts";
import { Syncs, type SyncTaker } from "../sync/sync-builder.ts";
import { notAllowed, Visitors } from "./http-requests.ts";
import { Ambient } from "./presence.ts";
import { parseAttachment, Session, type SessionPhase } from "./session.ts";
import { Streams } from "./stream-heartbeat.ts";
import { type Ticket, type TicketSession, Tickets } from "./stream-tickets.ts";
import { standingOf } from "./token-expiry.ts";

/** Between the last moment a tab is asked to leave at and the end of the drain. */
const awayGraceMs = 5_000;
const expired: Refusal = { code: "unauthenticated", detail: "The token has expired." };
const revoked: Refusal = { code: "unauthenticated", detail: "The token has been revoked." };
/** What `token-accepted` says where tokens do not run out: the last time a Date can hold. */
const neverMs = 8.64e15;

export class RoomCore {
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #room: string;
  readonly #frameRate: BucketRate;
  readonly #conversation: Conversation;
  readonly #syncs: Syncs;
  readonly #ambient: Ambient;
  readonly #streams: Streams;
  /** What people on plain HTTP ask. */
  readonly visitors: Visitors;
  readonly #tickets: Tickets;
  readonly #sessions = new Map<RoomSocket, Session>();
  /** Aborts when this life of the room is over. Everything that waits, writes or sends listens to it. */
  readonly #life = new AbortController();

  constructor(ports: RoomPorts, policy: RoomPolicy, room: string) {
    this.#ports = ports;
    this.#policy = policy;
    this.#room = room;
    this.#frameRate = { tokens: policy.framesPer10s, windowMs: 10_000 };
    const events: ConversationEvents = {
      viewers: () => this.viewers(),
      onCommitted: () => this.#ambient.soon(),
      onLogged: () => {
        for (const session of this.#sessions.values()) {
          if (session.phase.state === "welcomed") session.attach();
        }
      },
      onCleared: () => {
        for (const session of this.#sessions.values())
          if (session.phase.state === "welcomed") this.#sync(session, undefined);
      },
      onBehind: (reader) => this.#syncReader(reader),
      onSlow: (reader) => {
        const session = this.#sessions.get(reader.socket);
        if (session !== undefined) this.#end(session, "slow-reader");
      },
      mayStay: (reader) => {
        const session = this.#sessions.get(reader.socket);
        return session !== undefined && this.#look(session);
      },
      onOver: (reader) => {
        const session = this.#sessions.get(reader.socket);
        if (session !== undefined) this.#hangUp(session, 1000, "over");
      },
    };
    this.#conversation = new Conversation(ports, policy, events, this.#life);
    this.#tickets = new Tickets(ports);
    this.#syncs = new Syncs(this.#conversation, ports.clock, policy, () => this.#unsentBytes(), this.#life.signal);
    this.#ambient = new Ambient(this.#conversation, ports.clock, policy, () => this.viewers(), this.#life.signal);
    this.#streams = new Streams(this.#conversation, ports.clock, policy, ports.random);
    this.visitors = new Visitors(this.#conversation, this.#syncs, ports, policy, {
      isHere: (sub) => [...this.#sessions.values()].some(({ phase }) => isWelcomedAs(phase, sub)),
      onSeen: () => {
        this.#conversation.viewersChanged();
        this.#ambient.soon();
      },
      onAnswered: () => this.#leaveNothing(),
    });
  }

  /** The conversation, for the HTTP routes and for tests that compare it with what readers hold. */
  get conversation(): Conversation {
    return this.#conversation;
  }

  /** Reads storage and takes back the sockets that outlived the last object. Serve nobody before it resolves. */
  async start(survivors: Iterable<RoomSocket>): Promise<void> {
    await Promise.all([this.#conversation.load(), this.#tickets.load()]);
    const sockets = [...survivors];
    // They say no hello, which is when it would be read.
    if (sockets.length > 0) await this.#ports.prepare();
    for (const socket of sockets) this.#takeBack(socket);
    // After the start: an upstream must not be called while the platform holds all events back (T5).
    this.#ports.clock.after(0, () => {
      if (this.#life.signal.aborted) return;
      this.#conversation.recover();
      this.#conversation.viewersChanged();
    });
  }

  /** @param identity what the shell verified: a socket with a principal needs no token in its `hello`. */
  handleOpen(socket: RoomSocket, identity: SocketIdentity = unverified): void {
    const session = this.#greet(socket, this.#ports.newId(), this.#ports.clock.now(), identity);
    const greeting = [...this.#sessions.values()].filter(({ phase }) => phase.state !== "welcomed").length;
    if (this.#sessions.size > this.#policy.maxSockets || greeting > this.#policy.maxGreetingSockets) {
      this.#end(session, "room-full");
      return;
    }
    session.attach();
  }

  /**
   * Opens a reader that is known already and has nothing to say: a stream. It gets `welcome`, one sync from `have`, and what
   * follows, until either side closes; with `only`, of that turn alone and until its end. What it returns is what the reader
   * holds once it has taken all that was sent so far; undefined while a sync is on its way.
   */
  openReader(
    socket: RoomSocket,
    principal: Principal,
    { have, only }: { readonly have: Have | undefined; readonly only?: string },
  ): Result<() => Have | undefined, ErrorCode> {
    if (!mayDo(principal, "hello")) return fail("forbidden");
    if (this.#sessions.size >= this.#policy.maxSockets) return fail("room-full");
    if (only !== undefined && this.#conversation.turn(only) === undefined) return fail("turn-unknown");
    const now = this.#ports.clock.now();
    const phase: SessionPhase = { state: "checking", waiting: [] };
    const session = new Session(this.#ports.newId(), socket, now, phase, this.#frameRate, only);
    this.#sessions.set(socket, session);
    void this.#enter(session, principal, have);
    return ok(() => (session.syncing ? undefined : session.have()));
  }

  /** The same for a stream, which also gets heartbeats, and ends where nothing goes on. */
  openStream(
    socket: StreamSocket,
    principal: Principal,
    options: { readonly have: Have | undefined; readonly only?: string },
  ): Result<() => Have | undefined, ErrorCode> {
    const opened = this.openReader(socket, principal, options);
    if (!opened.ok) return opened;
    const { have } = options;
    const { epoch, seq } = this.#conversation;
    const hasAll = have?.epoch === epoch && have.seq === seq && Object.keys(have.offsets).length === 0;
    this.#streams.keep(socket, hasAll, () => {
      const session = this.#sessions.get(socket);
      if (session === undefined) return;
      // It comes back, which is what reading by polls is.
      this.visitors.remember(principal.sub);
      this.#hangUp(session, 1000, "idle");
    });
    return opened;
  }

  /** `text` is undefined for a binary message, which no client frame is. */
  handleMessage(socket: RoomSocket, text: string | undefined): void {
    const session = this.#sessions.get(socket);
    if (session === undefined || session.phase.state === "closed") return;
    session.heardAt = this.#ports.clock.now();
    // No timer would be worth keeping the object awake for: an old socket is noticed when it speaks.
    if (session.heardAt - session.acceptedAt >= this.#policy.maxSocketAgeMs) this.#sendAway(session, "socket-age");
    if (!session.allowance.take(session.heardAt)) {
      // Its frames were taken in order so far; what it still has to say it says again after the pause.
      this.#end(session, "rate-limited");
      return;
    }
    if (text === "ping") {
      // Answered by the runtime where it can; this is for hosts that cannot.
      socket.send("pong");
      return;
    }
    const parsed =
      text === undefined
        ? ({ ok: false, error: { code: "bad-frame", detail: "A frame is text, not binary." } } as const)
        : parseClientFrame(text);
    if (parsed.ok) this.#handleFrame(session, parsed.value);
    else this.#refuse(session, parsed.error);
  }

  /** A ticket for somebody who is to open a stream without a header (S1). */
  async issueTicket(principal: Principal): Promise<Result<Ticket, Refusal>> {
    if (!mayDo(principal, "look")) return fail({ code: "forbidden" });
    const ticket = await this.#tickets.issue(principal);
    this.#watchTickets();
    return ok(ticket);
  }

  /** Who comes with a ticket, and what the stream's `id:` must carry. */
  async redeemTicket(ticket: string, proof: string | undefined): Promise<Result<TicketSession, Refusal>> {
    const session = await this.#tickets.redeem(ticket, proof);
    this.#watchTickets();
    return session;
  }

  #watchTickets(): void {
    const at = this.#tickets.lastUntil;
    if (at !== undefined) this.#conversation.wakeAt("tickets", at);
  }

  /** Asks every tab to come back, spread over the drain, and starts nothing new meanwhile. */
  drain(): void {
    this.#conversation.drain();
    this.#ports.audit({ act: "drained" });
    for (const session of this.#sessions.values()) this.#sendAway(session, "draining");
  }

  handleClose(socket: RoomSocket): void {
    const session = this.#sessions.get(socket);
    if (session !== undefined) this.#forget(session);
  }

  /** The alarm. Never throws: a failing alarm would be retried into the same failure, and given up after six times. */
  async tick(): Promise<void> {
    try {
      const now = this.#ports.clock.now();
      for (const session of [...this.#sessions.values()]) {
        if (!session.socket.isOpen) this.#forget(session);
        else if (now >= session.lookAt && !this.#look(session)) continue;
        else if (now - session.acceptedAt >= this.#policy.maxSocketAgeMs) this.#sendAway(session, "socket-age");
        else if (session.awayUntil !== undefined && now >= session.awayUntil) this.#end(session, "draining");
        else if (session.phase.state === "greeting" && now - session.acceptedAt >= helloTimeoutMs) {
          this.#end(session, "hello-timeout");
        }
      }
      await this.#tickets.prune();
      this.#watchTickets();
      await this.#conversation.tick();
      this.#leaveNothing();
      this.#ambient.soon();
    } catch (error) {
      this.#ports.report({ name: "room-broken", cause: error });
      this.#ports.onBroken(error);
    }
  }

  /**
   * What is so right now, for whoever counts. People on plain HTTP are not among the viewers: nothing happens when they cease
   * to be, so nobody would be told.
   */
  census(): { viewers: number; activeTurns: number; queuedTurns: number } {
    const { turns } = this.#conversation;
    return { viewers: this.#present(), activeTurns: turns.active().length, queuedTurns: turns.queue().length };
  }

  /** Welcomed sessions that showed a sign of life lately (R6): a half-open socket stops counting by itself. */
  viewers(): number {
    return this.visitors.count() + this.#present();
  }

  #present(): number {
    const since = this.#ports.clock.now() - viewerTimeoutMs;
    let present = 0;
    for (const session of this.#sessions.values()) {
      if (session.phase.state === "welcomed" && session.socket.isOpen && session.seenAt >= since) present += 1;
    }
    return present;
  }

  /** Ends this life of the room: sockets are told to come back, timers and calls stop, storage stays. */
  close(code: ErrorCode): void {
    this.#life.abort();
    for (const session of [...this.#sessions.values()]) this.#end(session, code);
  }

  // Sessions

  #greet(socket: RoomSocket, id: string, acceptedAt: number, identity: SocketIdentity = unverified): Session {
    const left = Math.max(0, acceptedAt + helloTimeoutMs - this.#ports.clock.now());
    const helloTimer = this.#ports.clock.after(left, () => this.#end(session, "hello-timeout"));
    const session = new Session(id, socket, acceptedAt, { state: "greeting", helloTimer, identity }, this.#frameRate);
    this.#sessions.set(socket, session);
    return session;
  }

  /** A socket that outlived an eviction: welcomed ones get their sync before anything else, overdue hellos are closed. */
  #takeBack(socket: RoomSocket): void {
    const now = this.#ports.clock.now();
    const attachment = parseAttachment(socket.attachment);
    if (attachment === undefined && socket.attachment !== undefined && socket.attachment !== null) {
      // Another version of this code welcomed it: it says hello again, to this one.
      this.#sendAway(this.#greet(socket, this.#ports.newId(), now), "version-unsupported");
      return;
    }
    if (attachment?.welcomed === undefined) {
      this.#greet(socket, attachment?.id ?? this.#ports.newId(), attachment?.acceptedAt ?? now);
      return;
    }
    const { principal, have } = attachment.welcomed;
    const session = new Session(
      attachment.id,
      socket,
      attachment.acceptedAt,
      { state: "welcomed", principal },
      this.#frameRate,
    );
    session.heardAt = attachment.heardAt;
    session.hold(have);
    this.#sessions.set(socket, session);
    if (!this.#look(session)) return;
    this.#conversation.delivery.add(session);
    this.#conversation.recognize(have);
    this.#sync(session, have);
  }

  #handleFrame(session: Session, frame: ClientFrame): void {
    switch (session.phase.state) {
      case "greeting":
        if (frame.type === "hello") void this.#hello(session, frame);
        else this.#refuse(session, { code: "bad-frame", detail: 'The first frame must be "hello".' });
        return;
      case "checking":
        if (session.phase.waiting.length < maxWaitingFrames) session.phase.waiting.push(frame);
        else this.#end(session, "rate-limited");
        return;
      case "welcomed":
        if (session.heardAt < session.lookAt || this.#look(session)) this.#act(session, frame, session.phase.principal);
        return;
      case "closed":
        return;
      default:
        assertNever(session.phase);
    }
  }

  async #hello(session: Session, frame: HelloFrame): Promise<void> {
    if (session.phase.state !== "greeting") return;
    const { helloTimer, identity } = session.phase;
    helloTimer.cancel();
    const waiting: ClientFrame[] = [];
    session.phase = { state: "checking", waiting };
    try {
      if (frame.version !== PROTOCOL_VERSION) {
        this.#end(session, "version-unsupported");
        return;
      }
      const principal = await this.#identify(frame.token, identity);
      if (!principal.ok) this.#end(session, principal.error.code, principal.error.detail);
      else if (!mayDo(principal.value, frame.type)) this.#end(session, "forbidden");
      else if (this.#isHere(session)) await this.#enter(session, principal.value, frame.have);
      for (const next of waiting) this.#handleFrame(session, next);
    } catch (cause) {
      this.#fault(session, cause);
    }
  }

  /** The token of a `hello` decides where it has one; otherwise the identity that came with the socket. */
  async #identify(token: string | undefined, identity: SocketIdentity): Promise<Result<Principal, Refusal>> {
    if (token !== undefined || identity.principal === undefined) return this.#ports.principalOf(token);
    // What the tenant may do is known before its first turn.
    await this.#ports.prepare();
    return ok(identity.principal);
  }

  /** Welcomes somebody and brings them up to date; from then on they are a viewer. */
  async #enter(session: Session, principal: Principal, have: Have | undefined): Promise<void> {
    try {
      this.#welcome(session, principal);
      session.syncing = true;
      this.#conversation.delivery.add(session);
      this.#conversation.recognize(have);
      this.#sync(session, have);
      await session.syncs;
      if (!this.#isHere(session)) return;
      session.phase = { state: "welcomed", principal };
      const { id, socket } = session;
      const resumed = have !== undefined;
      this.#ports.report({ name: "session-opened", session: id, transport: socket.transport, resumed });
      session.attach();
      this.visitors.forget(principal.sub);
      this.#conversation.viewersChanged();
      this.#ambient.soon();
    } catch (cause) {
      this.#fault(session, cause);
    }
  }

  /** Looks whether a session's token is still good: warns it in time, and ends it where it may not stay. */
  #look(session: Session): boolean {
    if (session.phase.state !== "welcomed") return true;
    const { principal } = session.phase;
    const standing = standingOf(principal, this.#ports.clock.now());
    if (standing.kind === "expired") {
      this.#end(session, expired.code, expired.detail);
      return false;
    }
    session.lookAt = standing.lookAt;
    if (standing.lookAt === Number.POSITIVE_INFINITY) return true;
    if (standing.isEnding && !session.isWarned) this.#warn(session);
    const isRevoked = this.#ports.isRevoked(principal);
    if (isRevoked === true) this.#end(session, revoked.code, revoked.detail);
    else if (isRevoked !== false) {
      // It goes on meanwhile: nobody's text waits for a call that almost always finds nothing.
      void isRevoked.then((is) => {
        if (is && this.#isHere(session)) this.#end(session, revoked.code, revoked.detail);
      });
    }
    return isRevoked !== true;
  }

  #warn(session: Session): void {
    session.isWarned = true;
    const code = "token-expiring";
    this.#send(session, { type: "notice", code, scope: "session", willRetry: false, message: NOTICE_MESSAGES[code] });
  }

  /** S3: one session's trouble ends that session. */
  #fault(session: Session, cause: unknown): void {
    this.#ports.report({ name: "session-fault", cause });
    this.#end(session, "internal");
  }

  /** Whether the session still stands where it stood before an await. */
  #isHere(session: Session): boolean {
    return this.#sessions.get(session.socket) === session && session.phase.state !== "closed";
  }

  #welcome(session: Session, { expiresAt }: Principal): void {
    this.#send(session, {
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
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
  }

  #act(session: Session, frame: ClientFrame, principal: Principal): void {
    if (!mayDo(principal, frame.type)) {
      // Told and no more: what else this session does is as good as before.
      const turnId = "turnId" in frame ? { turnId: frame.turnId } : {};
      this.#tellError(session, { code: "forbidden", ...turnId });
      return;
    }
    switch (frame.type) {
      case "hello":
        // Not deduplicated: an explicit hello always gets an answer, or the browser waits out its timeout.
        this.#welcome(session, principal);
        this.#sync(session, frame.have);
        return;
      case "sync-request":
        this.#sync(session, frame.have);
        return;
      case "turn-submit":
        this.#submit(session, frame, principal);
        return;
      case "turn-cancel":
        this.#cancel(session, frame.turnId);
        return;
      case "room-clear":
        this.#conversation.clear();
        this.#ports.audit({ act: "cleared", by: principal });
        return;
      case "token-refresh":
        void this.#refresh(session, frame.token);
        return;
      default:
        assertNever(frame);
    }
  }

  #submit(session: Session, frame: TurnSubmitFrame, by: Principal): void {
    const refused = this.#ports.refusalOf(frame);
    if (refused !== undefined) {
      this.#tellError(session, { code: "turn-not-allowed", detail: notAllowed(refused), turnId: frame.turnId });
      return;
    }
    const refuse = (code: ErrorCode) => this.#tellError(session, { code, turnId: frame.turnId });
    const result = this.#conversation.submit(frame, by.sub);
    if (!result.ok) refuse(result.error);
    else if (result.value === "known") this.#sync(session, session.have(), frame.turnId);
    else this.#ports.audit({ act: "asked", by, epoch: this.#conversation.epoch, turnId: frame.turnId });
    if (result.ok && result.value !== "known" && frame.replaces !== undefined) {
      void this.#conversation.decided(frame.turnId).then((code) => {
        if (code !== undefined) refuse(code);
      });
    }
  }

  #cancel(session: Session, turnId: string): void {
    const result = this.#conversation.cancel(turnId);
    if (!result.ok) this.#tellError(session, { code: result.error, turnId });
    // It was over already, and the canceller may not know.
    else if (result.value.isSettled) this.#sync(session, session.have(), turnId);
  }

  async #refresh(session: Session, token: string): Promise<void> {
    const fresh = await this.#ports.principalOf(token);
    if (session.phase.state !== "welcomed") return;
    const { sub, tenant } = session.phase.principal;
    // The old token stands until it runs out: a wrong refresh costs nothing but this error.
    if (!fresh.ok && fresh.error.code === "internal") {
      this.#tellError(session, fresh.error);
      return;
    }
    if (!fresh.ok || fresh.value.sub !== sub || fresh.value.tenant !== tenant || !mayDo(fresh.value, "look")) {
      const detail = fresh.ok ? "The token is of somebody else, or may not read." : fresh.error.detail;
      this.#tellError(session, { code: "token-invalid", ...(detail === undefined ? {} : { detail }) });
      return;
    }
    session.phase = { state: "welcomed", principal: fresh.value };
    session.lookAt = 0;
    session.isWarned = false;
    session.attach();
    this.#send(session, { type: "token-accepted", expiresAt: fresh.value.expiresAt ?? neverMs });
  }

  // Syncs

  #syncReader(reader: Reader): void {
    const session = this.#sessions.get(reader.socket);
    if (session !== undefined) this.#sync(session, session.have());
  }

  /** Sends what lies between `have` and now, in one frame; live frames wait meanwhile. One at a time per session. */
  #sync(session: Session, have: Have | undefined, alsoTurn?: string): void {
    session.syncing = true;
    const taker: SyncTaker = {
      isHere: () => this.#isHere(session),
      take: (frame, holds) => this.#sendSync(session, frame, holds, have !== undefined),
    };
    session.syncs = session.syncs
      .then(() => this.#syncs.make({ have, alsoTurn, only: session.only }, taker))
      .catch((cause: unknown) => this.#fault(session, cause));
  }

  #unsentBytes(): number {
    let unsent = 0;
    for (const { socket } of this.#sessions.values()) if (socket.isOpen) unsent += socket.bufferedAmount;
    return unsent;
  }

  #sendSync(session: Session, frame: SyncFrame, holds: Have, resumed: boolean): void {
    const text = JSON.stringify(frame);
    session.socket.send(text);
    this.#ports.report({ name: "sync-sent", session: session.id, mode: frame.mode, resumed, bytes: utf8Length(text) });
    session.hold(holds);
    session.syncing = false;
    // Notices and presence are sent again after each sync.
    session.ambientSeen = 0;
    session.attach();
    this.#conversation.delivery.flushReader(session);
  }

  /** F4: a room that never accepted a turn leaves nothing behind, not even what the host wrote to open it. */
  #leaveNothing(): void {
    if (this.#tickets.lastUntil !== undefined) return;
    if (this.#sessions.size === 0 && this.#conversation.isPristine) void this.#conversation.erase();
  }

  // Saying and ending

  #send(session: Session, frame: ServerFrame): void {
    session.socket.send(JSON.stringify(frame));
  }

  #tellError(session: Session, problem: { code: ErrorCode; detail?: string; turnId?: string }): void {
    const frame: ErrorFrame = {
      type: "error",
      code: problem.code,
      message: problem.detail ?? ERROR_MESSAGES[problem.code],
      retryable: ERRORS[problem.code].retryable,
      ...(problem.turnId === undefined ? {} : { turnId: problem.turnId }),
    };
    this.#send(session, frame);
  }

  /** Asks a tab to leave and come back, at its own moment of the drain; one that stays is hung up on at its end. */
  #sendAway(session: Session, reason: string): void {
    if (session.awayUntil !== undefined) return;
    const spreadMs = Math.max(0, this.#policy.drainRoomMs - awayGraceMs);
    session.awayUntil = this.#ports.clock.now() + this.#policy.drainRoomMs;
    const reconnectInMs = Math.floor(this.#ports.random() * spreadMs);
    this.#send(session, { type: "goaway", reason, reconnectInMs });
    // Whoever does not know the frame comes back at that time when the room hangs up.
    this.#streams.comeBackIn(session.socket, reconnectInMs);
    this.#conversation.remind(session.awayUntil);
  }

  /** Tells what was wrong with a frame; where the table says so, that is the end of the session (S3), never of the room. */
  #refuse(session: Session, problem: FrameProblem): void {
    this.#tellError(session, problem);
    const { close } = ERRORS[problem.code];
    if (close !== null) this.#hangUp(session, close, problem.code);
  }

  #end(session: Session, code: ErrorCode, detail?: string): void {
    this.#tellError(session, { code, ...(detail === undefined ? {} : { detail }) });
    this.#hangUp(session, ERRORS[code].close ?? 4490, code);
  }

  #hangUp(session: Session, close: number, reason: string): void {
    session.socket.close(close, reason);
    this.#forget(session, reason);
  }

  #reportEnd({ id, socket: { transport }, acceptedAt }: Session, phase: SessionPhase, code: string | undefined): void {
    const of = { session: id, transport };
    if (phase.state === "welcomed") {
      const stayedMs = this.#ports.clock.now() - acceptedAt;
      this.#ports.report({ name: "session-closed", ...of, stayedMs, ...(code === undefined ? {} : { code }) });
    } else if (code !== undefined) this.#ports.report({ name: "session-refused", ...of, code });
  }

  /** @param code why we ended it; left out where it left by itself. */
  #forget(session: Session, code?: string): void {
    const { phase } = session;
    if (phase.state === "closed") return;
    if (phase.state === "greeting") phase.helloTimer.cancel();
    session.phase = { state: "closed" };
    // By identity: a newer socket may have the same connection id.
    if (this.#sessions.get(session.socket) === session) this.#sessions.delete(session.socket);
    this.#conversation.delivery.remove(session);
    this.#streams.drop(session.socket);
    this.#reportEnd(session, phase, code);
    if (this.#life.signal.aborted) return;
    this.#leaveNothing();
    this.#conversation.viewersChanged();
    this.#ambient.soon();
  }
}

function isWelcomedAs(phase: SessionPhase, sub: string): boolean {
  return phase.state === "welcomed" && phase.principal.sub === sub;
}
