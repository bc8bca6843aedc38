/**
 * The transport that a connection uses, and what it learned about the others. It applies the rules of `transport-fallback.ts`
 * to what happens, and keeps what the next page of the session should know. Used by the connection.
 */

import type { NetworkFault, TransportName } from "../api/connection-types.ts";
import { monotonicMs } from "../time/clock.ts";
import type { AttemptState } from "./attempt.ts";
import { isDeviceOffline } from "./device-signals.ts";
import type { FallbackMemory } from "./fallback-memory.ts";
import * as rules from "./transport-fallback.ts";

export class TransportChoice {
  readonly #memory: FallbackMemory;
  #fallback: rules.Fallback;

  /** @param names best first */
  constructor(names: readonly TransportName[], memory: FallbackMemory) {
    this.#memory = memory;
    this.#fallback = rules.startFallback(names, memory.load());
  }

  get fallback(): rules.Fallback {
    return this.#fallback;
  }

  upgradeDue(): TransportName | undefined {
    return rules.upgradeDue(this.#fallback, monotonicMs());
  }

  upgradeFailed(): void {
    this.#keep(rules.afterUpgradeFailure(this.#fallback, monotonicMs(), Math.random));
  }

  upgraded(to: TransportName): void {
    this.#keep(rules.afterUpgrade(this.#fallback, to, monotonicMs(), Math.random));
  }

  /** @returns whether another transport than before is the current one */
  synced(): boolean {
    const { current } = this.#fallback;
    this.#keep(rules.afterSync(this.#fallback, monotonicMs(), Math.random));
    return this.#fallback.current !== current;
  }

  networkChanged(): void {
    this.#keep(rules.afterNetworkChange(this.#fallback, monotonicMs()));
  }

  refused(): void {
    this.#keep(rules.afterRefusal(this.#fallback));
  }

  /** @param fault undefined where the attempt's end says nothing about its transport */
  ended(state: AttemptState | undefined, fault: NetworkFault | undefined): rules.Advice {
    // The failures of a device without a network say nothing about transports.
    if (fault === undefined || isDeviceOffline()) {
      this.refused();
      return "wait";
    }
    const syncedAt = state?.phase === "ended" ? state.syncedAt : undefined;
    const lastedMs = syncedAt === undefined ? undefined : monotonicMs() - syncedAt;
    const [fallback, advice] = rules.afterFailure(this.#fallback, fault, lastedMs);
    this.#keep(fallback);
    return advice;
  }

  #keep(fallback: rules.Fallback): void {
    const before = rules.recordOf(this.#fallback);
    this.#fallback = fallback;
    const record = rules.recordOf(fallback);
    if (record?.upgradeAt !== before?.upgradeAt || record?.transport !== before?.transport) this.#memory.save(record);
  }
}
