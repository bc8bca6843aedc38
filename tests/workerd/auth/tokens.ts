/** Tokens as an application would make them, with the key of the `auth` project in vitest.config.ts. */
import { type JWTPayload, SignJWT } from "jose";

/** In vitest.config.ts as base64url under `k1`. */
export const sharedSecret = "a secret of tests: thirty-two bytes or more";

export function claimsFor(claims: JWTPayload): JWTPayload {
  const now = Math.floor(Date.now() / 1_000);
  const jti = crypto.randomUUID();
  return { sub: "alice", tenant: "acme", room: "acme.*", scope: "read", iat: now, exp: now + 600, jti, ...claims };
}

export function signToken(claims: JWTPayload, { kid = "k1", key = sharedSecret } = {}): Promise<string> {
  const header = { alg: "HS256", kid };
  return new SignJWT(claimsFor(claims)).setProtectedHeader(header).sign(new TextEncoder().encode(key));
}
