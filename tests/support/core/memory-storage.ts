/**
 * Storage in memory with the properties that the core builds on: a crash may lose what was appended unconfirmed but not what
 * was committed, a commit carries everything that was written before it, and readers see a write at once, also while the
 * disk is slow. It refuses values that a Durable Object would refuse.
 */
import { serialize } from "node:v8";
import type { ListOptions, RoomStorage, StorageChanges } from "../../../party/core/ports.ts";

const maxValueBytes = 65_536;

type Write = (into: Map<string, unknown>) => void;

export class MemoryStorage implements RoomStorage {
  #durable: Map<string, unknown>;
  #current: Map<string, unknown>;
  #unconfirmed: Write[] = [];
  /** Writes that have become durable, ever. */
  #flushed = 0;
  #gate: Promise<void> | undefined;
  #failing = false;
  alarmAt: number | undefined;
  /** Rows written, as the platform would bill them. */
  rowsWritten = 0;
  #lost = false;

  constructor(durable: ReadonlyMap<string, unknown> = new Map(), alarmAt?: number) {
    this.#durable = new Map(durable);
    this.#current = new Map(durable);
    this.alarmAt = alarmAt;
  }

  /** What another object would find after this one was killed now. This one's later writes reach nobody. */
  crash(): MemoryStorage {
    this.#lost = true;
    return new MemoryStorage(this.#durable, this.alarmAt);
  }

  /** Commits resolve only after the returned function is called. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.#gate = new Promise((resolve) => {
      release = () => {
        this.#gate = undefined;
        resolve();
      };
    });
    return release;
  }

  /** Every write fails from now on. */
  fail(): void {
    this.#failing = true;
  }

  get keys(): string[] {
    return [...this.#current.keys()].sort();
  }

  async get(keys: readonly string[]): Promise<Map<string, unknown>> {
    const found = keys.flatMap((key) =>
      this.#current.has(key) ? [[key, clone(this.#current.get(key))] as const] : [],
    );
    return new Map(found);
  }

  async list({ prefix, limit }: ListOptions): Promise<Map<string, unknown>> {
    const keys = this.keys.filter((key) => key.startsWith(prefix)).slice(0, limit);
    return this.get(keys);
  }

  async commit(changes: StorageChanges): Promise<void> {
    if (this.#failing) throw new Error("disk full");
    this.#write(changes.put, changes.delete);
    await this.#flush();
  }

  async append(put: ReadonlyMap<string, unknown>): Promise<void> {
    if (this.#failing) throw new Error("disk full");
    this.#write(put, []);
  }

  async deleteAll(): Promise<void> {
    if (this.#failing) throw new Error("disk full");
    this.#current.clear();
    this.alarmAt = undefined;
    this.#unconfirmed.push((into) => into.clear());
    await this.#flush();
  }

  async getAlarm(): Promise<number | undefined> {
    return this.alarmAt;
  }

  async setAlarm(at: number): Promise<void> {
    this.rowsWritten += 1;
    if (!this.#lost) this.alarmAt = at;
  }

  /** Resolves when everything written so far is durable. */
  async #flush(): Promise<void> {
    const upTo = this.#flushed + this.#unconfirmed.length;
    await this.#gate;
    if (this.#lost) return new Promise(() => undefined);
    const covered = this.#unconfirmed.splice(0, Math.max(0, upTo - this.#flushed));
    for (const write of covered) write(this.#durable);
    this.#flushed += covered.length;
  }

  #write(put: ReadonlyMap<string, unknown>, deleted: readonly string[]): void {
    const entries = [...put].map(([key, value]) => [key, clone(value)] as const);
    for (const [key, value] of entries) {
      const bytes = serialize(value).byteLength;
      if (bytes > maxValueBytes) throw new Error(`value of ${key} is ${bytes} bytes`);
    }
    this.rowsWritten += entries.length;
    const write: Write = (into) => {
      for (const key of deleted) into.delete(key);
      for (const [key, value] of entries) into.set(key, value);
    };
    write(this.#current);
    this.#unconfirmed.push(write);
  }
}

function clone<T>(value: T): T {
  return structuredClone(value);
}
