/** Tokens and keys as an application would make them, and a key set to serve them from. */
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { defined } from "../../../shared/defined.ts";

/** A whole second: `exp` and `iat` are. */
export const now = 1_795_000_000_000;
export const secret = new Uint8Array(32).fill(7);
export const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

export const goodClaims = {
  sub: "alice",
  tenant: "acme",
  room: "lobby",
  scope: "read write",
  iat: now / 1_000,
  exp: now / 1_000 + 600,
  jti: "token-1",
} as const satisfies JWTPayload;

export interface SignOptions {
  readonly alg?: string;
  readonly kid?: string | undefined;
  readonly key?: CryptoKey | Uint8Array;
}

export function sign(claims: JWTPayload, { alg = "HS256", key = secret, ...more }: SignOptions = {}): Promise<string> {
  const kid = "kid" in more ? more.kid : "k1";
  return new SignJWT(claims).setProtectedHeader({ alg, ...defined({ kid }) }).sign(key);
}

export interface Pair {
  readonly privateKey: CryptoKey;
  /** As it stands in a key set. */
  readonly jwk: Record<string, unknown>;
}

export async function pair(alg: "EdDSA" | "ES256" | "RS256", kid: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: "sig" } };
}
