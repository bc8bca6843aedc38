/** Reads the identity that the Worker attached to a request (`responses/principal-header.ts`). */
import type { SocketIdentity } from "../core/principal.ts";
import { type Principal, principalSchema } from "../core/principal-schema.ts";
import { addressHeader, principalHeader } from "../responses/principal-header.ts";

/** Undefined where there is none, or where a Worker of another version wrote what this version can't read. */
export function principalIn(headers: Headers): Principal | undefined {
  const text = headers.get(principalHeader);
  if (text === null) return undefined;
  try {
    const parsed = principalSchema.safeParse(JSON.parse(decodeURIComponent(text)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not JSON: the Worker didn't write it.
    return undefined;
  }
}

/** The identity of a request that opens a WebSocket. */
export function socketIdentityIn(headers: Headers): SocketIdentity {
  return { principal: principalIn(headers), address: headers.get(addressHeader) ?? undefined };
}
