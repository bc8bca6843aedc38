/**
 * Carries the identity that the Worker verified to the room's object, in headers that only the Worker sets: a request to an
 * object is built from an allow-list, so headers of the same names from outside never arrive. `room-http/principal-reader.ts`
 * reads them; it is a file of its own so that the Worker loads no schema.
 */
import type { SocketIdentity } from "../core/principal.ts";

export const principalHeader = "x-gateway-principal";
/** The address that shares of a budget are counted by: an IPv4 address or the /64 of an IPv6 one. */
export const addressHeader = "x-gateway-address";

/** The token of the caller, for `UPSTREAM_AUTH=forward`. */
export const callerTokenHeader = "x-gateway-caller-token";

export function setIdentity(headers: Headers, { principal, address }: SocketIdentity): void {
  // A name may hold any character, a header may not.
  if (principal !== undefined) headers.set(principalHeader, encodeURIComponent(JSON.stringify(principal)));
  if (address !== undefined) headers.set(addressHeader, address);
}
