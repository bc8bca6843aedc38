/**
 * Checks whether a session's token is still good: warns the client in time, ends the session where it may not stay, and takes
 * a fresh token. When a check is due is decided in `token-expiry.ts`.
 */
import { NOTICE_MESSAGES } from "../../../../shared/protocol/messages-en.ts";
import type { RoomPorts } from "../../ports.ts";
import { type AccessRefusal, mayDo } from "../../principal.ts";
import type { Session } from "./session.ts";
import type { SessionCloser } from "./session-closer.ts";
import { sendError, sendFrame } from "./session-output.ts";
import { lifeOf, tokenStateOf } from "./token-expiry.ts";

const expired: AccessRefusal = { code: "unauthenticated", detail: "The token has expired." };
const revoked: AccessRefusal = { code: "unauthenticated", detail: "The token has been revoked." };
/** `token-accepted` names this time where tokens don't expire: the last one that a Date can hold. */
const neverMs = 8.64e15;

export class TokenCheck {
  readonly #ports: RoomPorts;
  readonly #closer: SessionCloser;

  constructor(ports: RoomPorts, closer: SessionCloser) {
    this.#ports = ports;
    this.#closer = closer;
  }

  /** Returns whether the session may stay; one that may not has been ended. */
  isGood(session: Session): boolean {
    if (session.phase.state !== "welcomed") return !session.isClosed;
    const { principal } = session.phase;
    const state = tokenStateOf(principal, this.#ports.clock.now());
    if (state.kind === "expired") return this.#end(session, expired);
    session.checkAt = state.checkAt;
    if (state.checkAt === Number.POSITIVE_INFINITY) return true;
    if (state.isEnding && !session.isWarned) this.#warn(session);
    const isRevoked = this.#ports.isRevoked(principal);
    if (isRevoked === true) return this.#end(session, revoked);
    if (isRevoked !== false) {
      // The session goes on meanwhile: its text doesn't wait for a call that almost always finds nothing.
      void isRevoked.then((is) => {
        if (is && !session.isClosed) this.#end(session, revoked);
      });
    }
    return true;
  }

  async refresh(session: Session, token: string): Promise<void> {
    const fresh = await this.#ports.principalOf(token);
    if (session.phase.state !== "welcomed") return;
    const { sub, tenant } = session.phase.principal;
    // The old token stays valid until it expires: a wrong refresh costs nothing but this error.
    if (!fresh.ok && fresh.error.code === "internal") {
      sendError(session, fresh.error);
      return;
    }
    if (!fresh.ok || fresh.value.sub !== sub || fresh.value.tenant !== tenant || !mayDo(fresh.value, "look")) {
      const detail = fresh.ok ? "The token belongs to another user, or may not read." : fresh.error.detail;
      sendError(session, { code: "token-invalid", detail });
      return;
    }
    session.phase = { state: "welcomed", principal: fresh.value };
    session.checkAt = 0;
    session.isWarned = false;
    session.attach();
    const life = lifeOf(fresh.value, this.#ports.clock.now());
    sendFrame(session, { type: "token-accepted", expiresAt: neverMs, ...life });
  }

  #end(session: Session, { code, detail }: AccessRefusal): false {
    this.#closer.end(session, code, detail);
    return false;
  }

  #warn(session: Session): void {
    session.isWarned = true;
    const code = "token-expiring";
    sendFrame(session, { type: "notice", code, scope: "session", willRetry: false, message: NOTICE_MESSAGES[code] });
  }
}
