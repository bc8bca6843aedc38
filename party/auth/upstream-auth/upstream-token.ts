/**
 * Signs the token that the gateway sends to the backend: a JWT (RFC 7519) signed with Ed25519 (RFC 8037), valid for a minute
 * and for one HTTP request of one generation. `jose` writes and signs the token. Keys are imported with Web Crypto, because `jose` imports no
 * bare seed. Loaded only where tokens are signed.
 */
import { SignJWT } from "jose/jwt/sign";
import { toBase64Url } from "../../platform/base64url.ts";

/** The lifetime of a token. It allows for a slow handshake and for clocks that differ, and a leaked token is soon useless. */
export const upstreamTokenLifeS = 60;

/** The claims that say which generation a call is about. A bridge names the room that it tells the backend. */
export interface UpstreamClaims {
  readonly tenant?: string;
  readonly room?: string;
  /** The generation that may be started, resumed or stopped with it. */
  readonly generation?: string;
}

/** The HTTP request that a token is made for. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly body?: string;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** The public half of the key, as it is published. */
  readonly publicJwk: PublicSigningJwk;
}

export interface PublicSigningJwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  readonly kid: string;
  readonly use: "sig";
  readonly alg: "EdDSA";
}

export interface MintedToken {
  readonly token: string;
  /** The token's `jti` claim. */
  readonly tokenId: string;
}

/** The DER before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410 §7). */
const pkcs8Prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/** @param seed the 32 bytes of the private key. Rejects for any other number. */
export async function importSigningKey(kid: string, seed: Uint8Array): Promise<SigningKey> {
  const der = Uint8Array.from([...pkcs8Prefix, ...seed]);
  // This copy is extractable, because Web Crypto gives the public half of a key only as part of its JWK.
  const jwk = await crypto.subtle.exportKey(
    "jwk",
    await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]),
  );
  const privateKey = await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
  const x = (jwk as { x?: unknown }).x;
  if (typeof x !== "string") throw new TypeError("no public half");
  return { kid, privateKey, publicJwk: { kty: "OKP", crv: "Ed25519", x, kid, use: "sig", alg: "EdDSA" } };
}

/** @param now ms since 1970. */
export async function mintUpstreamToken(
  key: Pick<SigningKey, "kid" | "privateKey">,
  audience: string,
  claims: UpstreamClaims,
  request: SignedRequest,
  now: number,
): Promise<MintedToken> {
  const issuedAt = Math.floor(now / 1_000);
  const tokenId = crypto.randomUUID();
  const token = await new SignJWT({ ...claims, ...(await requestClaims(request)) })
    .setProtectedHeader({ alg: "EdDSA", typ: "JWT", kid: key.kid })
    .setIssuer("edge-chat-gateway")
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + upstreamTokenLifeS)
    .setJti(tokenId)
    .sign(key.privateKey);
  return { token, tokenId };
}

/** Bind the token to the request, so that whoever reads it on the way can't use it for a call of their own. */
async function requestClaims({ method, url, body }: SignedRequest): Promise<Record<string, string>> {
  const { pathname, search } = new URL(url);
  if (body === undefined) return { method, path: pathname + search };
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  return { method, path: pathname + search, bodySha256: toBase64Url(new Uint8Array(digest)) };
}
