/**
 * Who is asking. One function for every path into a room; it answers `default` for everyone until the gateway checks
 * tokens, and refuses everyone where the operator has not said that this is wanted (S6).
 */
import type { ErrorCode } from "../shared/protocol/errors.ts";
import { ok, type Result } from "../shared/result.ts";
import type { Principal } from "./core/ports.ts";

/**
 * @param _token of a `hello`; where nobody needs one it is not looked at.
 * @param tenant whose rooms these are.
 */
export async function principalOf(_token: string | undefined, tenant: string): Promise<Result<Principal, ErrorCode>> {
  return ok({ sub: "anonymous", tenant });
}

/** The name under which the upstream knows a turn (design §7): ids that clients choose never meet across rooms or tenants. */
export async function generationIdOf(tenant: string, room: string, epoch: string, turnId: string): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify([tenant, room, epoch, turnId]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return btoa(String.fromCharCode(...digest))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .slice(0, 32);
}
