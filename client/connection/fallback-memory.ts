/**
 * Where one stands on the ladder, kept for the tab's session: a page that is loaded anew does not wait again for what is
 * blocked here. One item of web storage for each gateway; what is read back is checked as if it came from a stranger.
 */
import type { OutboxStorage } from "../api/api.ts";
import { type StepReason, TRANSPORTS } from "../api/connection-types.ts";
import { climbPolicy, type Standing } from "./transport-fallback.ts";

const reasons: readonly StepReason[] = ["unavailable", "blocked", "stalled", "buffered", "unstable"];

export class LadderMemory {
  readonly #storage: OutboxStorage | undefined;
  readonly #key: string;

  constructor(storage: OutboxStorage | undefined, gateway: string) {
    this.#storage = storage;
    this.#key = `edge-chat.transport.${gateway}`;
  }

  load(now: number): Standing | undefined {
    try {
      const kept = JSON.parse(this.#storage?.getItem(this.#key) ?? "null") as Partial<Standing> | null;
      const transport = TRANSPORTS.find((name) => name === kept?.transport);
      const because = reasons.find((reason) => reason === kept?.because);
      const { climbAt, climbs } = kept ?? {};
      if (transport === undefined || because === undefined || !isCount(climbAt) || !isCount(climbs)) return undefined;
      // A clock that was put back must not keep anyone down.
      return { transport, because, climbAt: Math.min(climbAt, now + climbPolicy.maxMs), climbs };
    } catch {
      return undefined; // Forbidden, or not JSON: the ladder is climbed down anew.
    }
  }

  save(standing: Standing | undefined): void {
    try {
      if (standing === undefined) this.#storage?.removeItem(this.#key);
      else this.#storage?.setItem(this.#key, JSON.stringify(standing));
    } catch {
      // Full or forbidden: then the next page finds out by itself.
    }
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
