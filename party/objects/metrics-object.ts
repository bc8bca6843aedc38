/**
 * The objects that count: a few for the whole deployment (`METRICS_SHARDS`), each for its share of the rooms, so that none is
 * asked for every turn. What they count and how they keep it loads when something is counted (`telemetry/metrics/keeper.ts`).
 * Nothing routes to them from outside (S4).
 */
import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../platform/clock.ts";
import type { MetricsKeeper } from "../telemetry/metrics/keeper.ts";
import type { MetricsReport, Sample } from "../telemetry/metrics/report.ts";

export class Metrics extends DurableObject {
  #keeper: Promise<MetricsKeeper> | undefined;

  async record(report: MetricsReport): Promise<void> {
    (await this.#kept()).record(report);
  }

  async read(): Promise<Sample[]> {
    return (await this.#kept()).read();
  }

  #kept(): Promise<MetricsKeeper> {
    this.#keeper ??= this.#open().catch((cause: unknown) => {
      // The next call tries again.
      this.#keeper = undefined;
      throw cause;
    });
    return this.#keeper;
  }

  async #open(): Promise<MetricsKeeper> {
    const { MetricsKeeper } = await import("../telemetry/metrics/keeper.ts");
    return MetricsKeeper.open(this.ctx.storage, systemClock);
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
