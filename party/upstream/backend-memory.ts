/**
 * What calls have shown of a backend: which method it answers, and whether it has a stop route. Kept for all rooms of an isolate,
 * so that none of them pays for finding out again. Keyed by the backend's address without the values of placeholders.
 */
import type { Clock } from "../core/ports.ts";
import type { CallMethod } from "./requests/turn-request.ts";

/** How long a missing stop route is believed: a new version of the backend may have one. */
export const noStopMs = 600_000;

export class BackendMemory {
  readonly #clock: Pick<Clock, "now">;
  readonly #methods = new Map<string, CallMethod>();
  /** Until when a stop route counts as missing; infinity for "it exists". */
  readonly #stops = new Map<string, { readonly exists: boolean; readonly until: number }>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  methodOf(address: string): CallMethod | undefined {
    return this.#methods.get(address);
  }

  /** @param method undefined: nothing is known any more. */
  learnMethod(address: string, method: CallMethod | undefined): void {
    if (method === undefined) this.#methods.delete(address);
    else this.#methods.set(address, method);
  }

  lacksStop(address: string): boolean {
    const known = this.#stops.get(address);
    return known !== undefined && !known.exists && this.#clock.now() < known.until;
  }

  /** A route that has once confirmed a stop exists: its 404 then speaks of one generation, not of the route. */
  learnStop(address: string, exists: boolean): void {
    if (!exists && this.#stops.get(address)?.exists === true) return;
    this.#stops.set(address, { exists, until: this.#clock.now() + noStopMs });
  }
}
