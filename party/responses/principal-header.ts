/**
 * Who a request acts for, on its way from the Worker to the room's object: in a header that only the Worker sets. One from
 * outside never gets that far. The room's end is `principal-in-room.ts`, apart so that the Worker carries no schema of what it
 * only writes.
 */
import type { Principal } from "../core/principal.ts";

export const principalHeader = "x-gateway-principal";

/** Names the principal in `headers`, in place of whatever the visitor wrote there. Undefined: nobody. */
export function setPrincipal(headers: Headers, principal: Principal | undefined): void {
  if (principal === undefined) headers.delete(principalHeader);
  // A name may hold any character, a header may not.
  else headers.set(principalHeader, encodeURIComponent(JSON.stringify(principal)));
}
