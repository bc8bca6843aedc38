/**
 * Signs the addresses of uploaded files, and checks them, so that whoever has one reads that file until it expires, and nothing
 * else: the MAC covers the room, the file and the time. The Worker checks it without waking the room.
 */
import { isMacOf, macOf, type SecretSettings, sealingKey, secretsOf } from "../auth/sealing-keys.ts";
import { pathOfFile } from "../core/files/file-urls.ts";
import type { SignedAddress } from "../core/ports.ts";
import { fromBase64Url, toBase64Url } from "../platform/base64url.ts";

const macPattern = /^[A-Za-z0-9_-]{22}$/;
const timePattern = /^[0-9a-z]{1,9}$/;

/**
 * Where nobody needs a token (`AUTH=none`) and there is no secret: anyone may read every room, so a signature keeps nobody out.
 * It keeps addresses of the same form, and ends them at the same time.
 */
const openSecret = new TextEncoder().encode("AUTH=none");

/** Without promises: one of a request that was cancelled would never resolve for the next. */
const seals = new WeakMap<SecretSettings, FileSeal>();

/** Undefined where there is no secret to sign with. Keys are derived once for the isolate's configuration. */
export async function fileSealOf(config: SecretSettings): Promise<FileSeal | undefined> {
  const known = seals.get(config);
  if (known !== undefined) return known;
  const secrets = secretsOf(config);
  const usable = secrets.length === 0 && config.auth.mode === "none" ? [openSecret] : secrets;
  if (usable.length === 0) return undefined;
  const seal = new FileSeal(await Promise.all(usable.map((secret) => sealingKey(secret, "file address v1"))));
  seals.set(config, seal);
  return seal;
}

export type AddressCheck = "good" | "expired" | "forged";

export class FileSeal {
  readonly #keys: readonly CryptoKey[];

  constructor(keys: readonly CryptoKey[]) {
    this.#keys = keys;
  }

  /**
   * An address that is good for `lifeMs` to twice as long. Times are rounded, so that an address stays the same for a while: a
   * browser finds the file in its cache, and a repeated question is the same.
   */
  async sign(room: string, id: string, origin: string, now: number, lifeMs: number): Promise<SignedAddress> {
    const [key] = this.#keys;
    if (key === undefined) throw new Error("no key");
    const freshUntil = (Math.floor(now / lifeMs) + 1) * lifeMs;
    const until = Math.ceil((freshUntil + lifeMs) / 1_000);
    const time = until.toString(36);
    const sig = toBase64Url(await macOf(key, [room, id, time]));
    return { url: `${origin}${pathOfFile(room, id)}?until=${time}&sig=${sig}`, expiresAt: until * 1_000, freshUntil };
  }

  /** @param query of the address. */
  async check(room: string, id: string, query: URLSearchParams, now: number): Promise<AddressCheck> {
    const [time = "", sig = ""] = [query.get("until") ?? "", query.get("sig") ?? ""];
    const mac = macPattern.test(sig) && timePattern.test(time) ? fromBase64Url(sig) : undefined;
    if (mac === undefined || !(await isMacOf(mac, this.#keys, [room, id, time]))) return "forged";
    return Number.parseInt(time, 36) * 1_000 > now ? "good" : "expired";
  }
}

/** Whether an address claims to be signed. */
export function isSigned(query: URLSearchParams): boolean {
  return query.has("sig");
}
