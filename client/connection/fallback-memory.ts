/**
 * Keeps the fallback record for the tab's session, so that a reloaded page does not try again what is blocked here. One item
 * of web storage per gateway. What is read back is checked as if a stranger had written it. Used by the connection.
 */
import type { OutboxStorage } from "../api/api.ts";
import { type StepReason, TRANSPORTS } from "../api/connection-types.ts";
import { monotonicMs } from "../time/clock.ts";
import { type FallbackRecord, upgradePolicy } from "./transport-fallback.ts";

const reasons: readonly StepReason[] = ["unavailable", "blocked", "stalled", "buffered", "unstable"];

export class FallbackMemory {
  readonly #storage: OutboxStorage | undefined;
  readonly #key: string;

  constructor(storage: OutboxStorage | undefined, gateway: string) {
    this.#storage = storage;
    this.#key = `edge-chat.transport.${gateway}`;
  }

  load(): FallbackRecord | undefined {
    try {
      const kept = JSON.parse(this.#storage?.getItem(this.#key) ?? "null") as Partial<FallbackRecord> | null;
      const transport = TRANSPORTS.find((name) => name === kept?.transport);
      const because = reasons.find((reason) => reason === kept?.because);
      const { upgradeAt, upgrades } = kept ?? {};
      if (transport === undefined || because === undefined || !isCount(upgradeAt) || !isCount(upgrades)) {
        return undefined;
      }
      // The date may have been corrected since: no upgrade waits longer than the policy says.
      const waitMs = Math.min(Math.max(upgradeAt - Date.now(), 0), upgradePolicy.maxMs);
      return { transport, because, upgradeAt: monotonicMs() + waitMs, upgrades };
    } catch {
      return undefined; // Forbidden, or not JSON: the page finds out again what is blocked.
    }
  }

  save(record: FallbackRecord | undefined): void {
    try {
      if (record === undefined) this.#storage?.removeItem(this.#key);
      else {
        // Another page has another monotonic clock, so a date is stored.
        const upgradeAt = Math.round(Date.now() + record.upgradeAt - monotonicMs());
        this.#storage?.setItem(this.#key, JSON.stringify({ ...record, upgradeAt }));
      }
    } catch {
      // Full or forbidden: the next page finds out again what is blocked.
    }
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
