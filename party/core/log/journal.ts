/**
 * The order in which things become durable and then known. A commit's frames are published only after it is stored, and
 * commits are published in the order they were made, so that `seq` never runs backwards on any socket.
 */
import type { RoomStorage, StorageChanges } from "../ports.ts";

export class Journal {
  readonly #storage: RoomStorage;
  readonly #onBroken: (error: unknown) => void;
  #tail: Promise<void> = Promise.resolve();
  #pending = 0;
  #broken = false;

  constructor(storage: RoomStorage, onBroken: (error: unknown) => void) {
    this.#storage = storage;
    this.#onBroken = onBroken;
  }

  /** Whether some commit is not yet durable: what memory holds is then ahead of what may be told. */
  get isBehind(): boolean {
    return this.#pending > 0;
  }

  /** A write failed: what is pending will never be durable, and nothing is told any more. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /** Resolves when every commit made so far is durable and published. Never rejects. */
  settled(): Promise<void> {
    return this.#tail;
  }

  /** Stores `changes`, then calls `publish`. After a failure nothing is published any more: the room is broken. */
  commit(changes: StorageChanges, publish: () => void): Promise<void> {
    return this.#inTurn(() => this.#storage.commit(changes), publish);
  }

  #inTurn(write: () => Promise<void>, publish: () => void): Promise<void> {
    if (this.#broken) return this.#tail;
    this.#pending += 1;
    // Written now, not when the tail is reached: the storage keeps the order of writes, and waits overlap.
    const stored = write();
    this.#tail = Promise.all([this.#tail, stored])
      .then(() => {
        this.#pending -= 1;
        if (!this.#broken) publish();
      })
      .catch((error: unknown) => this.#break(error));
    return this.#tail;
  }

  /** Deletes everything stored, after all that was written before; then calls `publish`, in its turn. */
  erase(publish: () => void): Promise<void> {
    return this.#inTurn(() => this.#storage.deleteAll(), publish);
  }

  /** Writes log rows, which may trail what readers have seen (F3). Order with the commits is kept by the storage. */
  append(put: ReadonlyMap<string, unknown>): void {
    if (this.#broken) return;
    this.#storage.append(put).catch((error: unknown) => this.#break(error));
  }

  #break(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#onBroken(error);
  }
}
