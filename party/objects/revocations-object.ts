/**
 * The Revocations object: one for each tenant, the one place where its revoked tokens are stored. Rooms and Workers ask it
 * for the list now and then (`auth/revocation-cache.ts`) and decide from their copy, so that no frame waits for a call.
 * Nothing routes to it from outside (S4).
 */
import { DurableObject } from "cloudflare:workers";
import { isOver, maxRevocations, type Revocation, revocationKey, revocationLifeMs } from "../auth/revocation-list.ts";

export class Revocations extends DurableObject {
  /** A cache of storage; undefined until it was read. */
  #entries: Map<string, Revocation> | undefined;

  async list(): Promise<readonly Revocation[]> {
    const now = Date.now();
    return [...(await this.#load()).values()].filter((entry) => !isOver(entry, now));
  }

  /** Durable when it resolves. False where the list is full: rotate the key instead. */
  async revoke(entry: Revocation): Promise<boolean> {
    const entries = await this.#load();
    const key = revocationKey(entry);
    if (entries.size >= maxRevocations && !entries.has(key)) return false;
    entries.set(key, entry);
    await this.ctx.storage.put(key, entry);
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + revocationLifeMs);
    return true;
  }

  /** Forgets what has run out; rings again while anything is left. */
  override async alarm(): Promise<void> {
    const now = Date.now();
    const entries = await this.#load();
    for (const [key, entry] of entries) {
      if (!isOver(entry, now)) continue;
      entries.delete(key);
      await this.ctx.storage.delete(key);
    }
    if (entries.size === 0) await this.ctx.storage.deleteAll();
    else await this.ctx.storage.setAlarm(now + revocationLifeMs / 4);
  }

  async #load(): Promise<Map<string, Revocation>> {
    this.#entries ??= new Map(await this.ctx.storage.list<Revocation>());
    return this.#entries;
  }
}

/** The object of a tenant, where its data must stay. Undefined where there are none. */
export function revocationsIn(
  namespace: DurableObjectNamespace<Revocations> | undefined,
  jurisdiction: string | undefined,
) {
  if (namespace === undefined) return undefined;
  const here =
    jurisdiction === undefined ? namespace : namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  return (tenant: string) => here.get(here.idFromName(tenant));
}
