/**
 * Whether an upstream is worth asking at all (U3). Repeated failures open the circuit; after a pause one turn at a time may
 * try; the first that is answered closes it, one that fails opens it for longer. Pure.
 */

/** Failures in a row, within `windowMs`, that open it. Fewer would be one room's bad luck. */
const failuresToOpen = 5;
const windowMs = 30_000;
/** Long enough for a process to restart, short enough that a user still waits for it; doubled with each failed try. */
export const firstPauseMs = 5_000;
export const maxPauseMs = 60_000;

export type CircuitState =
  | { readonly state: "closed"; readonly failures: number; readonly since: number }
  | { readonly state: "open"; readonly until: number; readonly pauseMs: number }
  /** `probe`: the turn that tries, while one does. */
  | { readonly state: "half-open"; readonly probe?: string; readonly pauseMs: number };

export const CLOSED: CircuitState = { state: "closed", failures: 0, since: 0 };

/** What time alone does to it. */
export function circuitAt(circuit: CircuitState, now: number): CircuitState {
  switch (circuit.state) {
    case "closed":
      return circuit.failures > 0 && now - circuit.since > windowMs ? CLOSED : circuit;
    case "open":
      return now >= circuit.until ? { state: "half-open", pauseMs: circuit.pauseMs } : circuit;
    case "half-open":
      return circuit;
  }
}

/**
 * When it need no longer be remembered if nobody asks until then. A half-open one waits for a turn to try it: where there
 * is none, the next turn finds out by itself.
 */
export function restsAt(circuit: CircuitState): number | undefined {
  switch (circuit.state) {
    case "closed":
      return circuit.failures > 0 ? circuit.since + windowMs + 1 : undefined;
    case "open":
      return circuit.until;
    case "half-open":
      return undefined;
  }
}

export function withProbe(circuit: CircuitState, id: string): CircuitState {
  return circuit.state === "half-open" ? { ...circuit, probe: id } : circuit;
}

/** A call of `id` could not be made, or the upstream said that it is not there. */
export function afterFailure(circuit: CircuitState, id: string, now: number): CircuitState {
  switch (circuit.state) {
    case "closed": {
      const isFirst = circuit.failures === 0;
      const failures = isFirst ? 1 : circuit.failures + 1;
      if (failures >= failuresToOpen) return { state: "open", until: now + firstPauseMs, pauseMs: firstPauseMs };
      return { state: "closed", failures, since: isFirst ? now : circuit.since };
    }
    case "half-open": {
      // Others were under way before the pause: their end is no news.
      if (circuit.probe !== id) return circuit;
      const pauseMs = Math.min(maxPauseMs, circuit.pauseMs * 2);
      return { state: "open", until: now + pauseMs, pauseMs };
    }
    case "open":
      return circuit;
  }
}

/** The upstream answered `id`, if only to say "too many". While it is open, an answer to an older call is no news. */
export function afterAnswer(circuit: CircuitState, id: string): CircuitState {
  if (circuit.state === "closed") return CLOSED;
  return circuit.state === "half-open" && circuit.probe === id ? CLOSED : circuit;
}

/** The turn that tried is gone and nothing was learnt: the next may try. */
export function withoutProbe(circuit: CircuitState, id: string): CircuitState {
  if (circuit.state !== "half-open" || circuit.probe !== id) return circuit;
  return { state: "half-open", pauseMs: circuit.pauseMs };
}
