/** Reads the identity that the Worker attached to a request (`responses/principal-header.ts`). */
import { jsonOr } from "../../shared/parse-json.ts";
import type { SocketIdentity } from "../core/principal.ts";
import { type Principal, principalSchema } from "../core/principal-schema.ts";
import { addressHeader, principalHeader } from "../responses/principal-header.ts";

/** Names and scopes of one token. */
const maxHeaderBytes = 8_192;

/** Undefined where there is none, or where a Worker of another version wrote what this version can't read. */
export function principalIn(headers: Headers): Principal | undefined {
  const text = headers.get(principalHeader);
  if (text === null) return undefined;
  try {
    const parsed = principalSchema.safeParse(jsonOr(decodeURIComponent(text), maxHeaderBytes));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not an encoded text: the Worker didn't write it.
    return undefined;
  }
}

/** The identity of a request that opens a WebSocket. */
export function socketIdentityIn(headers: Headers): SocketIdentity {
  return { principal: principalIn(headers), address: headers.get(addressHeader) ?? undefined };
}
