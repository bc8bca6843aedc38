/**
 * The verified user of a session or a request, and what the user may do: the one place that says which act needs which scope.
 * Tokens are verified in `party/auth/authorize.ts`, before the core sees the user.
 */
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import type { Principal } from "./principal-schema.ts";
import type { Scope } from "./scopes.ts";

export type { Principal } from "./principal-schema.ts";

/** Why a client isn't let in, or a request isn't granted. */
export interface AccessRefusal {
  readonly code: ErrorCode;
  /** What to do about it, where the code's own message doesn't say enough. Safe to show to strangers. */
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
export const badTicket: AccessRefusal = {
  code: "unauthenticated",
  detail: "The ticket is unknown, used or expired. Request another one.",
};

/** What a user may request: a frame's action, and over HTTP also to erase the room or to read it. */
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
