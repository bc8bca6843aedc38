/**
 * The token that a gateway shows the backend: a JWT (RFC 7519) signed with Ed25519 (RFC 8037), good for a minute and for
 * one generation. On Web Crypto alone: signing needs no more, and every edge has it.
 * https://developer.mozilla.org/docs/Web/API/SubtleCrypto/sign#ed25519
 */

/** Long enough for a slow handshake and clocks that differ; too short to be of use to who finds one. */
export const upstreamTokenLifeS = 60;

/** What a token is for. What a request does not have (a bridge has no room) is left out. */
export interface UpstreamClaims {
  readonly tenant?: string;
  readonly room?: string;
  /** The generation that may be started, resumed or stopped with it. */
  readonly generation?: string;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** As published: the public half alone. */
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
  /** `jti`. */
  readonly tokenId: string;
}

/** The DER before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410 §7). */
const pkcs8Prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/** @param seed the 32 bytes of the private key. Rejects for any other number. */
export async function importSigningKey(kid: string, seed: Uint8Array): Promise<SigningKey> {
  const der = Uint8Array.from([...pkcs8Prefix, ...seed]);
  // Extractable this once: a private key's JWK is the only way Web Crypto tells its public half.
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
  now: number,
): Promise<MintedToken> {
  const iat = Math.floor(now / 1_000);
  const tokenId = crypto.randomUUID();
  const payload = {
    iss: "edge-chat-gateway",
    aud: audience,
    ...claims,
    iat,
    exp: iat + upstreamTokenLifeS,
    jti: tokenId,
  };
  const signed = `${encode({ alg: "EdDSA", typ: "JWT", kid: key.kid })}.${encode(payload)}`;
  const signature = await crypto.subtle.sign("Ed25519", key.privateKey, new TextEncoder().encode(signed));
  return { token: `${signed}.${base64url(new Uint8Array(signature))}`, tokenId };
}

function encode(value: unknown): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
