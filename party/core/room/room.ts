/**
 * A room: wires the parts of one conversation's Durable Object and passes the host's events to them. The rules are in the
 * parts; here is what spans them: start, alarm, drain, viewers, and the end. `party/objects/` and `party/partykit.ts` are the
 * hosts.
 */
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";
import { Conversation } from "../conversation/conversation.ts";
import type { Reader } from "../delivery/reader.ts";
import { answerFileCall, type FileCall, type FileReply } from "../files/file-calls.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts, RoomSocket, StreamSocket } from "../ports.ts";
import { type AccessRefusal, mayDo, type Principal, type SocketIdentity, unverified } from "../principal.ts";
import { SyncBuilder } from "../sync/sync-builder.ts";
import { FrameHandler } from "./frame-handler.ts";
import { HttpRequests } from "./plain-http/http-requests.ts";
import { HttpViewers } from "./plain-http/http-viewers.ts";
import { PollPlaces } from "./plain-http/poll-places.ts";
import { StreamHeartbeat } from "./plain-http/stream-heartbeat.ts";
import { type Ticket, type TicketSession, Tickets } from "./plain-http/stream-tickets.ts";
import { Presence } from "./presence.ts";
import { Handshake, type ReaderOptions } from "./sessions/handshake.ts";
import type { Session } from "./sessions/session.ts";
import { SessionCloser } from "./sessions/session-closer.ts";
import { SessionList } from "./sessions/session-list.ts";
import { SessionSyncs } from "./sessions/session-syncs.ts";
import { TokenCheck } from "./sessions/token-check.ts";
import { TurnSubmit } from "./turn-submit.ts";

/** What a reader holds after all that was sent to it; undefined while a sync is being prepared. */
export type HoldsNow = () => Have | undefined;

/** The retry delay of a room that is restarting. */
const restartMs = 1_000;

export class RoomCore {
  /** The turns and their answers: for the HTTP routes, and for tests that compare it with what readers hold. */
  readonly conversation: Conversation;
  /** Requests over plain HTTP. */
  readonly requests: HttpRequests;
  readonly #ports: RoomPorts;
  readonly #sessions: SessionList;
  readonly #closer: SessionCloser;
  readonly #syncs: SessionSyncs;
  readonly #tokens: TokenCheck;
  readonly #handshake: Handshake;
  readonly #frames: FrameHandler;
  readonly #heartbeat: StreamHeartbeat;
  readonly #presence: Presence;
  readonly #httpViewers: HttpViewers;
  readonly #tickets: Tickets;
  /** Aborts when this life of the room is over. Everything that waits, writes or sends listens to it. */
  readonly #life = new AbortController();
  /** A room that never accepted a turn has deleted what was stored to open it, and stored nothing since. */
  #leftNothing = false;

  constructor(ports: RoomPorts, policy: RoomPolicy, room: string) {
    this.#ports = ports;
    const conversation = new Conversation(room, ports, policy, this.#conversationEvents(), this.#life);
    const { delivery } = conversation;
    const sessions = new SessionList(policy);
    const heartbeat = new StreamHeartbeat(conversation, ports.clock, policy, ports.random);
    const closer = new SessionCloser({ sessions, conversation, heartbeat }, ports, policy, () => this.#onClosed());
    const builder = new SyncBuilder(conversation, policy, this.#life.signal);
    const syncs = new SessionSyncs({ sessions, builder, delivery, closer }, ports, policy);
    const tokens = new TokenCheck(ports, closer);
    const submits = new TurnSubmit(conversation, ports, policy);
    const viewers = new HttpViewers(conversation, ports, policy);
    const shared = { conversation, sessions, closer, syncs, tokens };
    this.conversation = conversation;
    this.#sessions = sessions;
    this.#heartbeat = heartbeat;
    this.#closer = closer;
    this.#syncs = syncs;
    this.#tokens = tokens;
    this.#httpViewers = viewers;
    this.#handshake = new Handshake(shared, ports, policy, room, (_, { sub }) => {
      viewers.forget(sub);
      this.#viewersChanged();
    });
    this.#frames = new FrameHandler({ ...shared, handshake: this.#handshake, submits }, ports, policy);
    this.#presence = new Presence(conversation, ports.clock, policy, () => this.viewers(), this.#life.signal);
    this.#tickets = new Tickets(ports);
    const httpParts = { conversation, builder, submits, sessions, viewers, polls: new PollPlaces(policy) };
    this.requests = new HttpRequests(httpParts, ports, policy, {
      onSeen: () => this.#viewersChanged(),
      onAnswered: () => this.#leaveNothing(),
    });
  }

  #conversationEvents(): ConstructorParameters<typeof Conversation>[3] {
    const withSession = (reader: Reader, run: (session: Session) => void) => {
      const session = this.#sessions.get(reader.socket);
      if (session !== undefined) run(session);
    };
    return {
      viewers: () => this.viewers(),
      onCommitted: () => this.#presence.changed(),
      onLogged: () => {
        for (const session of this.#sessions.welcomed()) session.attach();
      },
      onCleared: () => {
        for (const session of this.#sessions.welcomed()) void this.#syncs.request(session, undefined);
      },
      onBehind: (reader) => withSession(reader, (session) => this.#syncs.bringUp(session)),
      onSlow: (reader) => withSession(reader, (session) => this.#closer.end(session, "slow-reader")),
      onOver: (reader) => withSession(reader, (session) => this.#closer.close(session, 1000, "over")),
      onCheckDue: (reader) => {
        const session = this.#sessions.get(reader.socket);
        return session !== undefined && this.#tokens.isGood(session);
      },
    };
  }

  /** Reads storage and takes back the sockets that outlived the last object. Serve nobody before it resolves. */
  async start(survivors: Iterable<RoomSocket>): Promise<void> {
    await Promise.all([this.conversation.load(), this.#tickets.load(), this.#httpViewers.load()]);
    const sockets = [...survivors];
    for (const socket of sockets) this.#handshake.takeBack(socket);
    this.#closer.remind();
    // After the start: neither an upstream nor another object may be waited for while the platform holds all events back, and
    // gives the object up after 30 s (T5).
    this.#ports.clock.after(0, () => {
      if (this.#life.signal.aborted) return;
      if (sockets.length > 0) void this.#resumeSessions();
      this.conversation.recover();
      this.conversation.viewersChanged();
    });
  }

  /** A hello reads what `prepare` reads. Sessions that outlived an eviction send none. */
  async #resumeSessions(): Promise<void> {
    await this.#ports.prepare();
    if (this.#life.signal.aborted) return;
    for (const session of [...this.#sessions]) this.#frames.resume(session);
  }

  /** @param identity what the shell verified: a socket with a principal needs no token in its `hello`. */
  handleOpen(socket: RoomSocket, identity: SocketIdentity = unverified): void {
    this.#handshake.accept(socket, identity);
  }

  /** @param text undefined for a binary message, which is never a client frame. */
  handleMessage(socket: RoomSocket, text: string | undefined): void {
    const session = this.#sessions.get(socket);
    if (session !== undefined) this.#frames.handle(session, text);
  }

  handleClose(socket: RoomSocket): void {
    const session = this.#sessions.get(socket);
    if (session !== undefined) this.#closer.remove(session);
  }

  /**
   * Opens a reader whose user is known and that sends nothing. It gets `welcome`, one sync from `have`, and what follows, until
   * either side closes; with `only`, frames of that turn only, and until its end.
   */
  openReader(socket: RoomSocket, principal: Principal, options: ReaderOptions): Result<HoldsNow, ErrorCode> {
    const opened = this.#handshake.openReader(socket, principal, options);
    if (!opened.ok) return opened;
    const session = opened.value;
    return ok(() => (session.isSyncing ? undefined : session.have()));
  }

  /** The same for a stream, which also gets heartbeats, and ends where nothing happens (F6). */
  openStream(socket: StreamSocket, principal: Principal, options: ReaderOptions): Result<HoldsNow, ErrorCode> {
    const opened = this.openReader(socket, principal, options);
    if (!opened.ok) return opened;
    const { have } = options;
    const { epoch, seq } = this.conversation;
    const hasAll = have?.epoch === epoch && have.seq === seq && Object.keys(have.offsets).length === 0;
    this.#heartbeat.keep(socket, hasAll, () => {
      const session = this.#sessions.get(socket);
      if (session === undefined) return;
      // Its client returns later, as one that polls does, and goes on counting as a viewer.
      this.#httpViewers.see(principal.sub);
      this.#closer.close(session, 1000, "idle");
    });
    return opened;
  }

  /** A ticket that opens a stream without a header (S1). */
  async issueTicket(principal: Principal): Promise<Result<Ticket, AccessRefusal>> {
    if (!mayDo(principal, "look")) return fail({ code: "forbidden" });
    this.#leftNothing = false;
    const ticket = await this.#tickets.issue(principal);
    this.#watchTickets();
    return ok(ticket);
  }

  /** The user of a ticket, and the proof that the stream's `id:` must carry. */
  async redeemTicket(ticket: string, proof: string | undefined): Promise<Result<TicketSession, AccessRefusal>> {
    const session = await this.#tickets.redeem(ticket, proof);
    this.#watchTickets();
    if (!session.ok) this.#leaveNothing();
    return session;
  }

  /** A call of the Worker about an uploaded file. A room that is only asked must leave nothing behind (F4). */
  async handleFile(call: FileCall): Promise<FileReply> {
    this.#leftNothing = false;
    try {
      const reply = await answerFileCall(call, this.conversation.files, this.conversation.addresses);
      // Nothing that was waited for is durable: the Worker's client finds out by another request.
      return this.conversation.isClosed ? fail({ code: "draining", retryAfterMs: restartMs }) : reply;
    } finally {
      this.#leaveNothing();
    }
  }

  #watchTickets(): void {
    const at = this.#tickets.lastUntil;
    if (at !== undefined) this.conversation.wakeAt("tickets", at);
  }

  /** Asks every client to reconnect later, spread over the drain, and starts no turn meanwhile. */
  drain(): void {
    this.#leftNothing = false;
    this.conversation.drain();
    this.#ports.audit({ act: "drained" });
    for (const session of this.#sessions) this.#closer.askToLeave(session, "draining");
    this.#leaveNothing();
  }

  /** The alarm. Never throws: a failing alarm would be retried into the same failure, and given up after six times. */
  async tick(): Promise<void> {
    try {
      const now = this.#ports.clock.now();
      for (const session of [...this.#sessions]) this.#handshake.review(session, now);
      await this.#tickets.prune();
      this.#watchTickets();
      await this.conversation.tick();
      this.#closer.remind();
      this.#leftNothing = false;
      this.#leaveNothing();
      this.#presence.changed();
    } catch (error) {
      this.#ports.report({ name: "room-broken", cause: error });
      this.#ports.onBroken(error);
    }
  }

  /** Figures for metrics. Viewers over plain HTTP aren't counted: nothing happens when they stop being viewers. */
  census(): { viewers: number; activeTurns: number; queuedTurns: number } {
    const { turns } = this.conversation;
    const viewers = this.#sessions.viewers(this.#ports.clock.now());
    return { viewers, activeTurns: turns.active().length, queuedTurns: turns.queue().length };
  }

  /** Viewers right now (R6). */
  viewers(): number {
    return this.#httpViewers.count + this.#sessions.viewers(this.#ports.clock.now());
  }

  /** Ends this life of the room: clients are told to reconnect, timers and calls stop, storage stays. */
  close(code: ErrorCode): void {
    this.#life.abort();
    for (const session of [...this.#sessions]) this.#closer.end(session, code);
  }

  #onClosed(): void {
    if (this.#life.signal.aborted) return;
    this.#leaveNothing();
    this.#viewersChanged();
  }

  #viewersChanged(): void {
    this.conversation.viewersChanged();
    this.#presence.changed();
  }

  /** F4: a room that never accepted a turn leaves nothing behind, not even what the host wrote to open it. */
  #leaveNothing(): void {
    if (this.#leftNothing || this.#tickets.lastUntil !== undefined) return;
    if (this.#sessions.size > 0 || !this.conversation.isPristine) return;
    this.#leftNothing = true;
    void this.conversation.erase();
  }
}
