// How often a property is tried: fast-check's own 100 in `npm test`, PROPERTY_RUNS times as many in `npm run test:long`.
// A failing run prints its seed; the same seed fails again.
import fc from "fast-check";

const factor = Number(process.env["PROPERTY_RUNS"] ?? 1);

/** For a property that states its own number of runs. */
export const propertyRuns = (runs: number): number => Math.max(1, Math.round(runs * factor));

fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: propertyRuns(100) });
