/**
 * The objects that count: a few for the whole deployment (`METRICS_SHARDS`), each for its share of the rooms, so that none is
 * asked for every turn. They keep counts in memory alone. One that is restarted begins at zero, which Prometheus makes up
 * for; what was counted since its last visit is lost. Nothing routes to them from outside (S4).
 */
import { DurableObject } from "cloudflare:workers";
import type { MetricsReport, Sample } from "./telemetry/metrics/report.ts";
import type { MetricStore } from "./telemetry/metrics/store.ts";

export class Metrics extends DurableObject {
  #store: MetricStore | undefined;

  async record(report: MetricsReport): Promise<void> {
    const [{ foldReport }, { MetricStore }] = await Promise.all([
      import("./telemetry/metrics/fold.ts"),
      import("./telemetry/metrics/store.ts"),
    ]);
    const now = Date.now();
    this.#store ??= new MetricStore(now);
    foldReport(this.#store, report, now);
  }

  async read(): Promise<Sample[]> {
    return this.#store?.samples(Date.now()) ?? [];
  }
}

/** Metrics objects where the tenants' data must stay. */
export function metricsIn(namespace: DurableObjectNamespace<Metrics>, jurisdiction: string | undefined) {
  const here =
    jurisdiction === undefined ? namespace : namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  return (name: string) => here.get(here.idFromName(name));
}

export interface MetricsBindings {
  readonly Metrics?: DurableObjectNamespace<Metrics>;
}
