/**
 * Who is asking. One function for every path into a room; it answers `default` for everyone until the gateway checks
 * tokens, and refuses everyone where the operator has not said that this is wanted (S6).
 */
import type { ErrorCode } from "../shared/protocol/errors.ts";
import { ok, type Result } from "../shared/result.ts";
import type { GatewayConfig } from "./config.ts";
import { ALL_SCOPES, type Principal } from "./core/principal.ts";

/**
 * @param _token of a `hello`; where nobody needs one it is not looked at.
 * @param tenant whose rooms these are.
 */
export async function principalOf(_token: string | undefined, tenant: string): Promise<Result<Principal, ErrorCode>> {
  return ok(anonymous(tenant));
}

/**
 * Who an HTTP request acts for. Asked before any object wakes; on a host without a Worker in front, by the room itself.
 * @param _request for its `Authorization`; where nobody needs one it is not looked at.
 * @param _room the room's name, already checked.
 */
export async function authorize(
  _request: Request,
  _room: string,
  config: GatewayConfig,
): Promise<Result<Principal, ErrorCode>> {
  return ok(anonymous(config.tenant));
}

function anonymous(tenant: string): Principal {
  return { sub: "anonymous", tenant, scopes: ALL_SCOPES };
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
