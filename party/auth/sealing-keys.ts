/**
 * Keys that the gateway derives from secrets it has, to seal what it gives out and gets back: stream tickets and addresses of
 * files. The first key seals and each opens, so that what was sealed outlives a rotation (S6).
 */
import type { AuthSetting } from "./settings.ts";
import type { UpstreamAuthSetting } from "./upstream-auth/upstream-auth-settings.ts";

/** The settings that hold secrets. */
export interface SecretSettings {
  readonly auth: AuthSetting;
  readonly upstreamAuth: UpstreamAuthSetting;
  readonly operatorToken: string | undefined;
}

/** A shorter operator token could be guessed from what is sealed with it. */
const minSecretLength = 32;
/** 128 bits of MAC: 22 characters of base64url. */
export const macBytes = 16;

/** The deployment's secrets of one kind; none where there is no secret to seal with. */
export function secretsOf({ auth, upstreamAuth, operatorToken }: SecretSettings): readonly Uint8Array[] {
  if (auth.mode === "jwt" && auth.keys.kind === "secrets") return [...auth.keys.secrets.values()];
  if (upstreamAuth.mode === "sign") return [...upstreamAuth.seeds.values()];
  if (operatorToken === undefined || operatorToken.length < minSecretLength) return [];
  return [new TextEncoder().encode(operatorToken)];
}

/**
 * A key for one purpose (HKDF, RFC 5869), so that nothing that is signed elsewhere with the secret is taken for it.
 * @param purpose such as "stream ticket v1".
 */
export async function sealingKey(secret: Uint8Array, purpose: string): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", new Uint8Array(secret), "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode(`edge-chat-gateway ${purpose}`);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(new ArrayBuffer(0)), info };
  return crypto.subtle.deriveKey(hkdf, base, { name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
}

/** The MAC of these fields. */
export async function macOf(key: CryptoKey, fields: readonly string[]): Promise<Uint8Array> {
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(JSON.stringify(fields)));
  return new Uint8Array(mac).subarray(0, macBytes);
}

/** Whether one of the keys made this MAC. */
export async function isMacOf(
  mac: Uint8Array,
  keys: readonly CryptoKey[],
  fields: readonly string[],
): Promise<boolean> {
  for (const key of keys) if (isSame(mac, await macOf(key, fields))) return true;
  return false;
}

/** Takes the same time wherever the two differ. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}
