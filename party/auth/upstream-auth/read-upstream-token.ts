/**
 * Reads a token that this gateway signed for a call to the backend (`upstream-token.ts`), which the backend shows to read the
 * files of that call's room. Loaded only where the backend does.
 */
import { createLocalJWKSet } from "jose/jwks/local";
import { jwtVerify } from "jose/jwt/verify";
import { publicKeys } from "./upstream-auth.ts";
import type { UpstreamAuthSetting } from "./upstream-auth-settings.ts";

/** Whether the token is ours, still good, and for a generation of this room. Never rejects. */
export async function isUpstreamTokenOf(
  token: string,
  room: string,
  tenant: string,
  setting: UpstreamAuthSetting,
): Promise<boolean> {
  if (setting.mode !== "sign" || token.length > 4_096) return false;
  try {
    const keys = createLocalJWKSet({ keys: [...(await publicKeys(setting))] });
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["EdDSA"],
      issuer: "edge-chat-gateway",
      audience: setting.audience,
    });
    return payload["room"] === room && payload["tenant"] === tenant;
  } catch {
    // Not a token of ours, or one that has run out: the caller may still be a client.
    return false;
  }
}
