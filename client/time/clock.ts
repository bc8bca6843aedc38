/**
 * The clock of every wait in the client: milliseconds since some moment, never set back or forward. `Date.now()` is only for
 * moments that a person or another page reads, because a device corrects its date while the client runs.
 */
export function monotonicMs(): number {
  return typeof performance === "undefined" ? Date.now() : performance.now();
}
