/**
 * Ends a test that hangs. No test of the project is about the clock of the machine, so a slow machine never gets here. Used by
 * vitest.config.ts, by the property tests, and by tests that poll for a state.
 */
export const hangAfterMs = 120_000;

/** For `vi.waitFor` and `vi.waitUntil`, which give up after a second by themselves. */
export const untilHang = { timeout: hangAfterMs, interval: 5 };
