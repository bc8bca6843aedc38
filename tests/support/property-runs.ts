/**
 * Sets how often fast-check tries a property: its own 100 runs in `npm test`, PROPERTY_RUNS times as many in
 * `npm run test:long`. The time that a test may take grows with the runs. A failing run prints its seed, and the same seed
 * fails again.
 */
import fc from "fast-check";
import { vi } from "vitest";
import { hangAfterMs } from "./hang-guard.ts";

const factor = Number(process.env["PROPERTY_RUNS"] ?? 1);

/** For a property that states its own number of runs. */
export const propertyRuns = (runs: number): number => Math.max(1, Math.round(runs * factor));

fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: propertyRuns(100) });
vi.setConfig({ testTimeout: hangAfterMs * Math.max(1, factor) });
