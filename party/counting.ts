/** From an object whose events are counted to the objects that count them (`metrics.ts`). */
import type { GatewayConfig } from "./config.ts";
import { type MetricsBindings, metricsIn } from "./metrics.ts";
import type { Census } from "./telemetry/metrics/report.ts";
import { MetricsClient } from "./telemetry/metrics-client.ts";
import type { Sink } from "./telemetry/sink.ts";

interface Counted {
  readonly tenant: string;
  readonly name: string;
  readonly census: () => Census | undefined;
}

/** Where what happens in one object is counted, if it is. */
export function countingSinks(
  { Metrics: namespace }: MetricsBindings,
  { metricsShards: shards, jurisdiction }: GatewayConfig,
  { tenant, name, census }: Counted,
): Sink[] {
  if (namespace === undefined || shards === 0) return [];
  return [new MetricsClient({ tenant, source: name, shards, stubOf: metricsIn(namespace, jurisdiction), census }).sink];
}
