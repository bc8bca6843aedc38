/**
 * Viewers over plain HTTP (R6): a user counts as one for a while after each request, by name. The newest are stored while a
 * turn is open, so that an object that slept knows that somebody waits for the answer.
 */
import * as z from "zod/mini";
import { viewerTimeoutMs } from "../../../../shared/protocol/limits.ts";
import type { Conversation } from "../../conversation/conversation.ts";
import type { RoomPolicy } from "../../policy.ts";
import type { RoomPorts } from "../../ports.ts";

const key = "http-viewers";
/** A third of the time for which a viewer counts: after a wake the count is late by that much at most. */
const storeEveryMs = viewerTimeoutMs / 3;
const maxStored = 64;

const storedSchema = z.object({ v: z.literal(1), seen: z.array(z.tuple([z.string(), z.number()])) });

export class HttpViewers {
  readonly #conversation: Conversation;
  readonly #ports: Pick<RoomPorts, "storage" | "clock" | "report">;
  readonly #maxViewers: number;
  /** When each user was last seen, ms since 1970; oldest first. */
  readonly #seen = new Map<string, number>();
  #storedAt = Number.NEGATIVE_INFINITY;

  constructor(
    conversation: Conversation,
    ports: Pick<RoomPorts, "storage" | "clock" | "report">,
    { maxSockets }: RoomPolicy,
  ) {
    this.#conversation = conversation;
    this.#ports = ports;
    this.#maxViewers = maxSockets;
  }

  async load(): Promise<void> {
    const stored = storedSchema.safeParse((await this.#ports.storage.get([key])).get(key));
    // A value of another version is dropped: those viewers count again with their next request.
    if (stored.success) for (const [sub, at] of stored.data.seen) this.#seen.set(sub, at);
  }

  /** Users that were seen lately. */
  get count(): number {
    const since = this.#ports.clock.now() - viewerTimeoutMs;
    for (const [sub, at] of this.#seen) if (at < since) this.#seen.delete(sub);
    return this.#seen.size;
  }

  /** Whether the user was seen lately. */
  has(sub: string): boolean {
    return this.#ports.clock.now() - (this.#seen.get(sub) ?? Number.NEGATIVE_INFINITY) <= viewerTimeoutMs;
  }

  /** The user counts from now on. */
  see(sub: string): void {
    this.#seen.delete(sub);
    this.#seen.set(sub, this.#ports.clock.now());
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > this.#maxViewers && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** The user has a socket or stream now, which counts instead. */
  forget(sub: string): void {
    this.#seen.delete(sub);
  }

  /** Stores who was seen, where a wake would need it. Nothing waits for the write: a crash right now may lose it. */
  store(): void {
    const now = this.#ports.clock.now();
    if (this.#seen.size === 0 || now - this.#storedAt < storeEveryMs || !this.#conversation.turns.hasUnsettled) return;
    this.#storedAt = now;
    const value = { v: 1, seen: [...this.#seen].slice(-maxStored) };
    this.#ports.storage
      .commit({ put: new Map([[key, value]]), delete: [] })
      .catch((cause: unknown) => this.#ports.report({ name: "session-fault", cause }));
  }
}
