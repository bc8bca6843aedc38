/**
 * Seals the tickets of event streams, so that the Worker refuses a made-up ticket by itself: no room wakes and nothing is
 * stored for it. A room makes and keeps the ticket's id (`core/room/plain-http/stream-tickets.ts`); clients get
 * `<id>.<issued>.<mac>`, where the MAC covers the room's name, the id and the time. Only the Worker uses this.
 */
import { fromBase64Url, toBase64Url } from "../platform/base64url.ts";
import type { AuthSetting } from "./settings.ts";
import { clockSkewMs, maxTokenLifeMs } from "./token-life.ts";
import type { UpstreamAuthSetting } from "./upstream-auth/upstream-auth-settings.ts";

/** An id as rooms make it, the time of issue in seconds since 1970 (base 36), and 128 bits of MAC. */
const sealedPattern = /^([A-Za-z0-9_-]{16,64})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{22})$/;
const macBytes = 16;
/** A stream session lasts as long as the token that its ticket was issued for. */
const maxSessionMs = maxTokenLifeMs + 2 * clockSkewMs;
/** A shorter operator token could be guessed from a ticket. */
const minSecretLength = 32;

/** The settings that hold secrets. */
export interface SecretSettings {
  readonly auth: AuthSetting;
  readonly upstreamAuth: UpstreamAuthSetting;
  readonly operatorToken: string | undefined;
}

/** Without promises: one of a request that was cancelled would never resolve for the next. */
const seals = new WeakMap<SecretSettings, TicketSeal>();

/** Undefined where there is no secret to seal with. Keys are derived once for the isolate's configuration. */
export async function ticketSealOf(config: SecretSettings): Promise<TicketSeal | undefined> {
  const known = seals.get(config);
  if (known !== undefined) return known;
  const secrets = secretsOf(config);
  if (secrets.length === 0) return undefined;
  const seal = await TicketSeal.from(secrets);
  seals.set(config, seal);
  return seal;
}

/** The deployment's secrets of one kind: the first seals, and each opens, so that tickets outlive a rotation. */
function secretsOf({ auth, upstreamAuth, operatorToken }: SecretSettings): readonly Uint8Array[] {
  if (auth.mode === "jwt" && auth.keys.kind === "secrets") return [...auth.keys.secrets.values()];
  if (upstreamAuth.mode === "sign") return [...upstreamAuth.seeds.values()];
  if (operatorToken === undefined || operatorToken.length < minSecretLength) return [];
  return [new TextEncoder().encode(operatorToken)];
}

export class TicketSeal {
  readonly #keys: readonly CryptoKey[];

  private constructor(keys: readonly CryptoKey[]) {
    this.#keys = keys;
  }

  static async from(secrets: readonly Uint8Array[]): Promise<TicketSeal> {
    return new TicketSeal(await Promise.all(secrets.map(deriveKey)));
  }

  /** @param now ms since 1970. */
  async seal(room: string, id: string, now: number): Promise<string> {
    const [key] = this.#keys;
    if (key === undefined) throw new Error("no key");
    const issued = Math.floor(now / 1_000).toString(36);
    const mac = await crypto.subtle.sign("HMAC", key, coveredBytes(room, id, issued));
    return `${id}.${issued}.${toBase64Url(new Uint8Array(mac).subarray(0, macBytes))}`;
  }

  /** The room's own id of the ticket; undefined for a ticket that this gateway did not issue for the room, or too long ago. */
  async open(room: string, ticket: string, now: number): Promise<string | undefined> {
    const [, id, issued, mac] = sealedPattern.exec(ticket) ?? [];
    const given = mac === undefined ? undefined : fromBase64Url(mac);
    if (id === undefined || issued === undefined || given === undefined) return undefined;
    if (now - Number.parseInt(issued, 36) * 1_000 > maxSessionMs) return undefined;
    for (const key of this.#keys) {
      const expected = await crypto.subtle.sign("HMAC", key, coveredBytes(room, id, issued));
      if (isSame(given, new Uint8Array(expected).subarray(0, macBytes))) return id;
    }
    return undefined;
  }
}

/** Takes the same time wherever the two differ. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}

function coveredBytes(room: string, id: string, issued: string) {
  return new TextEncoder().encode(JSON.stringify([room, id, issued]));
}

/** A key of its own for tickets (HKDF, RFC 5869), so that nothing signed elsewhere with the secret is a ticket. */
async function deriveKey(secret: Uint8Array): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", new Uint8Array(secret), "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode("edge-chat-gateway stream ticket v1");
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(new ArrayBuffer(0)), info };
  return crypto.subtle.deriveKey(hkdf, base, { name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
}
