/**
 * Seals the tickets of event streams, so that the Worker refuses a made-up ticket by itself: no room wakes and nothing is
 * stored for it. A room makes and keeps the ticket's id (`core/room/plain-http/stream-tickets.ts`); clients get
 * `<id>.<issued>.<mac>`, where the MAC covers the room's name, the id and the time. Only the Worker uses this.
 */
import { fromBase64Url, toBase64Url } from "../platform/base64url.ts";
import { isMacOf, macOf, type SecretSettings, sealingKey, secretsOf } from "./sealing-keys.ts";
import { clockSkewMs, maxTokenLifeMs } from "./token-life.ts";

/** An id as rooms make it, the time of issue in seconds since 1970 (base 36), and 128 bits of MAC. */
const sealedPattern = /^([A-Za-z0-9_-]{16,64})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{22})$/;
/** A stream session lasts as long as the token that its ticket was issued for. */
const maxSessionMs = maxTokenLifeMs + 2 * clockSkewMs;

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

export class TicketSeal {
  readonly #keys: readonly CryptoKey[];

  private constructor(keys: readonly CryptoKey[]) {
    this.#keys = keys;
  }

  static async from(secrets: readonly Uint8Array[]): Promise<TicketSeal> {
    return new TicketSeal(await Promise.all(secrets.map((secret) => sealingKey(secret, "stream ticket v1"))));
  }

  /** @param now ms since 1970. */
  async seal(room: string, id: string, now: number): Promise<string> {
    const [key] = this.#keys;
    if (key === undefined) throw new Error("no key");
    const issued = Math.floor(now / 1_000).toString(36);
    return `${id}.${issued}.${toBase64Url(await macOf(key, [room, id, issued]))}`;
  }

  /** The room's own id of the ticket; undefined for a ticket that this gateway did not issue for the room, or too long ago. */
  async open(room: string, ticket: string, now: number): Promise<string | undefined> {
    const [, id, issued, mac] = sealedPattern.exec(ticket) ?? [];
    const given = mac === undefined ? undefined : fromBase64Url(mac);
    if (id === undefined || issued === undefined || given === undefined) return undefined;
    if (now - Number.parseInt(issued, 36) * 1_000 > maxSessionMs) return undefined;
    return (await isMacOf(given, this.#keys, [room, id, issued])) ? id : undefined;
  }
}
