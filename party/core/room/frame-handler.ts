/**
 * Handles client frames: bounds how many a session may send, parses each once, checks its scope, and passes it to the part of
 * the room that answers it. Frames of one session are handled in order.
 */
import type { ClientFrame, TurnSubmitFrame } from "../../../shared/protocol/client-frames.ts";
import { parseClientFrame } from "../../../shared/protocol/codec.ts";
import { maxFrameBytes, maxSubmitBytes, maxWaitingFrames } from "../../../shared/protocol/limits.ts";
import { assertNever } from "../../../shared/result.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import { mayDo, type Principal } from "../principal.ts";
import type { Handshake } from "./sessions/handshake.ts";
import type { Session, WaitingFrames } from "./sessions/session.ts";
import type { SessionCloser } from "./sessions/session-closer.ts";
import type { SessionList } from "./sessions/session-list.ts";
import { type SessionProblem, sendError } from "./sessions/session-output.ts";
import type { SessionSyncs } from "./sessions/session-syncs.ts";
import type { TokenCheck } from "./sessions/token-check.ts";
import type { TurnSubmit } from "./turn-submit.ts";

/** UTF-16 units of frames that wait in all sessions together, until their tokens or tenants are known. */
const maxWaitingUnits = 4 * 1_048_576;

export interface FrameHandlerParts {
  readonly conversation: Conversation;
  readonly sessions: SessionList;
  readonly closer: SessionCloser;
  readonly syncs: SessionSyncs;
  readonly tokens: TokenCheck;
  readonly handshake: Handshake;
  readonly submits: TurnSubmit;
}

export class FrameHandler {
  readonly #parts: FrameHandlerParts;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;

  constructor(parts: FrameHandlerParts, ports: RoomPorts, policy: RoomPolicy) {
    this.#parts = parts;
    this.#ports = ports;
    this.#policy = policy;
  }

  /** @param text undefined for a binary message, which is never a client frame. */
  handle(session: Session, text: string | undefined): void {
    const { closer } = this.#parts;
    const now = this.#ports.clock.now();
    session.heardAt = now;
    closer.closeOverdue(session, now);
    if (session.isClosed) return;
    // A timer would keep the object awake, so the age of a socket is noticed when it sends a frame.
    if (now - session.acceptedAt >= this.#policy.maxSocketAgeMs) closer.askToLeave(session, "socket-age");
    // A question with files counts as the frames that would carry as many bytes.
    const weight = Math.ceil((text?.length ?? 0) / maxFrameBytes) || 1;
    if (!session.frameAllowance.take(now, weight)) {
      // Its frames were handled in order so far; the client sends the rest again after the pause.
      closer.end(session, "rate-limited");
      return;
    }
    if (text === "ping") {
      // The runtime answers pings where it can; this is for hosts that can't.
      session.socket.send("pong");
      return;
    }
    if (text === undefined) {
      closer.refuse(session, { code: "bad-frame", detail: "A frame is text, not binary." });
      return;
    }
    const parsed = parseClientFrame(text, session.phase.state === "greeting" ? maxFrameBytes : maxSubmitBytes);
    if (parsed.ok) this.#dispatch(session, parsed.value, text.length);
    else closer.refuse(session, parsed.error);
  }

  /** Goes on with a session that outlived an eviction, and handles the frames that waited for that. */
  resume(session: Session): void {
    this.#parts.handshake.resume(session, ({ frames }) => {
      for (const waiting of frames) this.#dispatch(session, waiting, 0);
    });
  }

  #dispatch(session: Session, frame: ClientFrame, units: number): void {
    const { phase } = session;
    switch (phase.state) {
      case "greeting":
        if (frame.type !== "hello") {
          this.#parts.closer.refuse(session, { code: "bad-frame", detail: 'The first frame must be "hello".' });
          return;
        }
        void this.#parts.handshake.hello(session, frame, ({ frames }) => {
          for (const waiting of frames) this.#dispatch(session, waiting, 0);
        });
        return;
      case "checking":
      case "entering":
        this.#wait(session, phase.waiting, frame, units);
        return;
      case "welcomed":
        if (session.held !== undefined) this.#wait(session, session.held, frame, units);
        else if (session.heardAt < session.checkAt || this.#parts.tokens.isGood(session)) {
          this.#act(session, frame, phase.principal);
        }
        return;
      case "closed":
        return;
      default:
        assertNever(phase);
    }
  }

  #wait(session: Session, waiting: WaitingFrames, frame: ClientFrame, units: number): void {
    let all = units;
    for (const { phase, held } of this.#parts.sessions) all += ("waiting" in phase ? phase.waiting : held)?.units ?? 0;
    // The frames of a known user are bounded by their rate.
    const isFull = session.held === undefined && waiting.frames.length >= maxWaitingFrames;
    if (isFull || all > maxWaitingUnits) {
      this.#parts.closer.end(session, "rate-limited");
      return;
    }
    waiting.frames.push(frame);
    waiting.units += units;
  }

  #act(session: Session, frame: ClientFrame, principal: Principal): void {
    if (!mayDo(principal, frame.type)) {
      // The session stays: the other things that it does are allowed.
      sendError(session, { code: "forbidden", turnId: "turnId" in frame ? frame.turnId : undefined });
      return;
    }
    const { syncs, handshake, tokens } = this.#parts;
    switch (frame.type) {
      case "hello":
        // Not deduplicated: an explicit hello always gets an answer, or the browser waits for its timeout.
        handshake.welcomeAgain(session, principal, frame.have);
        return;
      case "sync-request":
        void syncs.request(session, frame.have);
        return;
      case "turn-submit":
        this.#watch(session, this.#submit(session, frame, principal));
        return;
      case "turn-cancel":
        this.#watch(session, this.#cancel(session, frame.turnId));
        return;
      case "room-clear":
        this.#watch(session, this.#clear(principal));
        return;
      case "token-refresh":
        void tokens.refresh(session, frame.token);
        return;
      default:
        assertNever(frame);
    }
  }

  /** The answer follows when it is durable. */
  #watch(session: Session, answered: Promise<void>): void {
    answered.catch((cause: unknown) => this.#parts.closer.fault(session, cause));
  }

  async #submit(session: Session, frame: TurnSubmitFrame, by: Principal): Promise<void> {
    const { submits, syncs, closer } = this.#parts;
    const { turnId } = frame;
    if (this.#ports.hasTokenOf?.(by.sub) === false) {
      // The room slept and its memory is gone. The client reconnects with its token and submits again.
      closer.end(session, "draining");
      return;
    }
    const result = await submits.submit(frame, by);
    if (!result.ok) this.#refuse(session, { ...result.error, turnId });
    else if (result.value === "known") await syncs.request(session, session.have(), turnId);
    else if (result.value !== "accepted") {
      await syncs.request(session, session.have(), result.value.answeredBy);
      this.#refuse(session, { code: "already-answered", turnId });
    }
  }

  async #cancel(session: Session, turnId: string): Promise<void> {
    const { conversation, syncs } = this.#parts;
    const wasSettled = conversation.turn(turnId)?.isSettled === true;
    const result = await conversation.cancel(turnId);
    if (!result.ok) this.#refuse(session, { code: result.error, turnId });
    // The turn was settled before, and the client may not know.
    else if (wasSettled) await syncs.request(session, session.have(), turnId);
  }

  async #clear(by: Principal): Promise<void> {
    const { conversation } = this.#parts;
    await conversation.clear();
    if (!conversation.journal.isBroken) this.#ports.audit({ act: "cleared", by });
  }

  #refuse(session: Session, problem: SessionProblem): void {
    if (!session.isClosed && !this.#parts.conversation.isClosed) sendError(session, problem);
  }
}
