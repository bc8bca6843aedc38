/**
 * The circuit breaker of one upstream (U3). Repeated failures open it. After a pause one turn at a time probes: the first
 * answer closes the circuit, a failed probe opens it for longer. Pure; `upstream-admission.ts` uses it.
 */

/** Failures in a row, within `windowMs`, that open the circuit. Fewer could be the fault of one room. */
const failuresToOpen = 5;
const windowMs = 30_000;
/** Long enough for a process to restart, short enough that a user still waits for it; doubled with each failed probe. */
export const firstPauseMs = 5_000;
export const maxPauseMs = 60_000;

export type CircuitState =
  | { readonly state: "closed"; readonly failures: number; readonly since: number }
  | { readonly state: "open"; readonly until: number; readonly pauseMs: number }
  /** `probe`: the turn that probes now, if any. */
  | { readonly state: "half-open"; readonly probe?: string; readonly pauseMs: number };

export const CLOSED: CircuitState = { state: "closed", failures: 0, since: 0 };

/** What time alone changes. */
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
 * When the circuit need no longer be remembered if no turn asks until then. A half-open circuit needs no alarm: the next
 * turn probes whenever it comes.
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

/** A call of `id` could not be made, or the upstream answered that it is unavailable. */
export function afterFailure(circuit: CircuitState, id: string, now: number): CircuitState {
  switch (circuit.state) {
    case "closed": {
      const isFirst = circuit.failures === 0;
      const failures = isFirst ? 1 : circuit.failures + 1;
      if (failures >= failuresToOpen) return { state: "open", until: now + firstPauseMs, pauseMs: firstPauseMs };
      return { state: "closed", failures, since: isFirst ? now : circuit.since };
    }
    case "half-open": {
      // Other calls were under way before the pause, so their end says nothing new.
      if (circuit.probe !== id) return circuit;
      const pauseMs = Math.min(maxPauseMs, circuit.pauseMs * 2);
      return { state: "open", until: now + pauseMs, pauseMs };
    }
    case "open":
      return circuit;
  }
}

/** The upstream answered `id`, if only with 429. While the circuit is open, an answer to an older call says nothing new. */
export function afterAnswer(circuit: CircuitState, id: string): CircuitState {
  if (circuit.state === "closed") return CLOSED;
  return circuit.state === "half-open" && circuit.probe === id ? CLOSED : circuit;
}

/** The probing turn is gone and nothing was learnt: the next turn may probe. */
export function withoutProbe(circuit: CircuitState, id: string): CircuitState {
  if (circuit.state !== "half-open" || circuit.probe !== id) return circuit;
  return { state: "half-open", pauseMs: circuit.pauseMs };
}
