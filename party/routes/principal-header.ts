/**
 * Who a request acts for, on its way from the Worker to the room's object: in a header that only the Worker sets. One from
 * outside never gets that far.
 */
import { type Principal, principalSchema } from "../core/principal.ts";

const name = "x-gateway-principal";

/** Names the principal in `headers`, in place of whatever the visitor wrote there. Undefined: nobody. */
export function setPrincipal(headers: Headers, principal: Principal | undefined): void {
  if (principal === undefined) headers.delete(name);
  // A name may hold any character, a header may not.
  else headers.set(name, encodeURIComponent(JSON.stringify(principal)));
}

/** Undefined where there is none, or what an object of another version cannot read. */
export function principalIn(headers: Headers): Principal | undefined {
  const text = headers.get(name);
  if (text === null) return undefined;
  try {
    const parsed = principalSchema.safeParse(JSON.parse(decodeURIComponent(text)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not JSON: nothing the Worker wrote.
    return undefined;
  }
}
