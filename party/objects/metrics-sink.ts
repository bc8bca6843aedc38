/** From an object whose events are counted to the objects that count them (`metrics-object.ts`). */
import type { GatewayConfig } from "../config/settings.ts";
import type { Census } from "../telemetry/metrics/report.ts";
import { MetricsClient } from "../telemetry/metrics-client.ts";
import type { Sink } from "../telemetry/sink.ts";
import { type MetricsBindings, metricsIn } from "./metrics-object.ts";

interface Counted {
  readonly tenant: string;
  readonly name: string;
  readonly census: () => Census | undefined;
}

/** The way of one object to where what happens in it is counted, if it is. */
export function metricsClient(
  { Metrics: namespace }: MetricsBindings,
  { metricsShards: shards, jurisdiction }: GatewayConfig,
  { tenant, name, census }: Counted,
): MetricsClient | undefined {
  if (namespace === undefined || shards === 0) return undefined;
  return new MetricsClient({ tenant, source: name, shards, stubOf: metricsIn(namespace, jurisdiction), census });
}

export function countingSinks(bindings: MetricsBindings, config: GatewayConfig, counted: Counted): Sink[] {
  const client = metricsClient(bindings, config, counted);
  return client === undefined ? [] : [client.sink];
}
