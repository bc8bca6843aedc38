/**
 * HTTP bodies that their clients haven't taken yet: answers, and the rest of streams that have ended. It counts their bytes and
 * breaks off those that stand still. How much all of them may hold is decided in `send-budget.ts`.
 */
import type { AnswerBody } from "../ports.ts";

interface Pending {
  /** The user that asked; undefined where one name stands for many people. */
  readonly owner: string | undefined;
  /** Bytes that were unsent when the client last took some. */
  left: number;
  /** When the client last took some, on the clock of the send budget. */
  takenAt: number;
}

export class PendingBodies {
  readonly #pending = new Map<AnswerBody, Pending>();

  get size(): number {
    return this.#pending.size;
  }

  get unsentBytes(): number {
    let bytes = 0;
    for (const body of this.#pending.keys()) bytes += body.unsentBytes;
    return bytes;
  }

  unsentBytesOf(owner: string): number {
    let bytes = 0;
    for (const [body, pending] of this.#pending) if (pending.owner === owner) bytes += body.unsentBytes;
    return bytes;
  }

  add(body: AnswerBody, owner: string | undefined, now: number): void {
    this.#pending.set(body, { owner, left: body.unsentBytes, takenAt: now });
  }

  /** Forgets bodies that were taken, and breaks off those of which nothing was taken for `stalledMs`. */
  review(now: number, stalledMs: number): void {
    for (const [body, pending] of this.#pending) {
      const { unsentBytes } = body;
      if (unsentBytes === 0) this.#pending.delete(body);
      else if (unsentBytes < pending.left) Object.assign(pending, { left: unsentBytes, takenAt: now });
      else if (now - pending.takenAt >= stalledMs) this.breakOff(body);
    }
  }

  get largest(): AnswerBody | undefined {
    let largest: AnswerBody | undefined;
    for (const body of this.#pending.keys()) {
      if (body.unsentBytes > (largest?.unsentBytes ?? 0)) largest = body;
    }
    return largest;
  }

  breakOff(body: AnswerBody): void {
    body.breakOff();
    this.#pending.delete(body);
  }
}
