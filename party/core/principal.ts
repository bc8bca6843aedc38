/**
 * Who a session or a request acts for, and what that allows: the one place that says which act needs which scope. Checking
 * tokens is left to `party/auth/authorize.ts`; here they are already somebody.
 */
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import type { Principal } from "./principal-schema.ts";
import type { Scope } from "./scopes.ts";

export type { Principal } from "./principal-schema.ts";

/** Why somebody is not let in, or a request not granted. */
export interface Refusal {
  readonly code: ErrorCode;
  /** What to do about it, where the code's own sentence does not say enough; safe for strangers. */
  readonly detail?: string;
  readonly retryAfterMs?: number;
}

/** The identity that the shell attached to a socket before the room saw it. */
export interface SocketIdentity {
  /** Undefined where nobody was verified yet: the `hello` must carry a token. */
  readonly principal: Principal | undefined;
  /** The client's address (an IPv6 one as its /64), for shares of a budget. Undefined on the developer's own machine. */
  readonly address: string | undefined;
}

export const unverified: SocketIdentity = { principal: undefined, address: undefined };

/** A ticket that opens nothing, for whatever reason: the difference helps only who tries tickets. */
export const badTicket: Refusal = {
  code: "unauthenticated",
  detail: "The ticket is unknown, used or expired. Request another one.",
};

/** What somebody may ask of a room: a frame, or over HTTP the same by another name, to erase all of it, or only to look. */
export type Act = ClientFrame["type"] | "erase" | "look";

const needed: Readonly<Record<Act, Scope>> = {
  hello: "read",
  look: "read",
  "sync-request": "read",
  "token-refresh": "read",
  "turn-submit": "write",
  "turn-cancel": "write",
  "room-clear": "clear",
  erase: "clear",
};

export function mayDo(principal: Pick<Principal, "scopes">, act: Act): boolean {
  return principal.scopes.includes(needed[act]);
}
