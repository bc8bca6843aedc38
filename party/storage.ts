/** RoomStorage over a Durable Object's key-value calls, which both hosts have. */
import type { ListOptions, RoomStorage, StorageChanges } from "./core/ports.ts";

/** Keys a call may name. https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/ */
const maxKeys = 128;

export class ObjectStorage implements RoomStorage {
  readonly #storage: DurableObjectStorage;
  readonly #kept: Readonly<Record<string, unknown>>;

  /** @param kept written again after everything was deleted: what the host itself cannot do without. */
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
    for (const keys of chunks(changes.delete)) writes.push(this.#storage.delete(keys));
    for (const entries of chunks([...changes.put])) writes.push(this.#storage.put(Object.fromEntries(entries)));
    await Promise.all(writes);
    // The 2024 runtime that PartyKit runs on has it too; `put` resolves before the disk does.
    await this.#storage.sync();
  }

  async append(put: ReadonlyMap<string, unknown>): Promise<void> {
    // Unconfirmed: a plain put would hold back every frame sent after it until it is durable.
    await Promise.all(
      chunks([...put]).map((entries) => this.#storage.put(Object.fromEntries(entries), { allowUnconfirmed: true })),
    );
  }

  async deleteAll(): Promise<void> {
    // Older runtimes leave the alarm standing.
    await Promise.all([this.#storage.deleteAlarm(), this.#storage.deleteAll()]);
    if (Object.keys(this.#kept).length > 0) await this.#storage.put({ ...this.#kept });
  }

  setAlarm(at: number): Promise<void> {
    return this.#storage.setAlarm(at);
  }
}

function chunks<T>(items: readonly T[]): T[][] {
  const all: T[][] = [];
  for (let start = 0; start < items.length; start += maxKeys) all.push(items.slice(start, start + maxKeys));
  return all;
}
