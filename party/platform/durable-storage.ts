/** RoomStorage over a Durable Object's key-value calls, which both hosts have. */
import type { ListOptions, RoomStorage, StorageChanges } from "../core/ports.ts";

/** Keys in one call. https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/ */
const maxKeys = 128;

/**
 * A plain write holds back every frame and call that leaves after it until it is durable (output gates). Frames that must wait
 * for a commit do so by themselves (`journal.ts`); live text and calls to the Limiter needn't.
 */
const unconfirmed = { allowUnconfirmed: true } as const;

export class ObjectStorage implements RoomStorage {
  readonly #storage: DurableObjectStorage;
  readonly #kept: Readonly<Record<string, unknown>>;

  /** @param kept values that the host needs: written again after everything was deleted. */
  constructor(storage: DurableObjectStorage, kept: Readonly<Record<string, unknown>> = {}) {
    this.#storage = storage;
    this.#kept = kept;
  }

  get(keys: readonly string[]): Promise<Map<string, unknown>> {
    return this.#storage.get([...keys]);
  }

  list({ prefix, limit }: ListOptions): Promise<Map<string, unknown>> {
    return this.#storage.list(limit === undefined ? { prefix } : { prefix, limit });
  }

  async commit(changes: StorageChanges): Promise<void> {
    // Calls without an await between them become visible together: the platform's write coalescing.
    const writes: Promise<unknown>[] = [];
    for (const keys of chunks(changes.delete)) writes.push(this.#storage.delete(keys, unconfirmed));
    for (const entries of chunks([...changes.put])) {
      writes.push(this.#storage.put(Object.fromEntries(entries), unconfirmed));
    }
    await Promise.all(writes);
    // Resolves when all of it is durable, unconfirmed writes included. The 2024 runtime that PartyKit runs on has it too.
    // https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/#sync
    await this.#storage.sync();
  }

  async append(put: ReadonlyMap<string, unknown>): Promise<void> {
    await Promise.all(chunks([...put]).map((entries) => this.#storage.put(Object.fromEntries(entries), unconfirmed)));
  }

  async deleteAll(): Promise<void> {
    // Older runtimes don't delete the alarm with the rest.
    await Promise.all([this.#storage.deleteAlarm(), this.#storage.deleteAll()]);
    if (Object.keys(this.#kept).length > 0) await this.#storage.put({ ...this.#kept });
  }

  async getAlarm(): Promise<number | undefined> {
    return (await this.#storage.getAlarm()) ?? undefined;
  }

  setAlarm(at: number): Promise<void> {
    return this.#storage.setAlarm(at, unconfirmed);
  }
}

function chunks<T>(items: readonly T[]): T[][] {
  const all: T[][] = [];
  for (let start = 0; start < items.length; start += maxKeys) all.push(items.slice(start, start + maxKeys));
  return all;
}
