/**
 * Counters and histograms in memory, and what reporters last said of themselves. Pure: time is an argument, and `keeper.ts`
 * stores it.
 */
import {
  bucketsOf,
  type CounterName,
  FAMILIES,
  type FamilyName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
} from "./families.ts";
import { type LabelState, LabelValues, other } from "./label-values.ts";
import type { Census, Sample } from "./report.ts";

/** Tenants with series of their own. */
export const maxTenants = 50;
/** The same of models and of providers: clients choose those names. */
export const maxNames = 20;
/** A backstop. With all of the above at their limits it would be reached; then observations go to `other`. */
export const maxSeries = 10_000;
/** Reporters whose word is kept; beyond them the one that is silent for longest is forgotten. */
export const maxReporters = 50_000;

type Labels = Readonly<Record<string, string>>;

export interface Series {
  readonly family: FamilyName;
  readonly labels: Labels;
  value: number;
  /** Of a histogram; `value` is its sum. */
  readonly counts: number[] | undefined;
}

/** What a reporter last said of itself. */
export interface Said {
  readonly source: string;
  readonly tenant: string;
  readonly at: number;
  readonly census: Census;
}

/** All there is to remember. Series and reporters keep their order. */
export interface MetricState {
  readonly series: readonly Readonly<Series>[];
  /** Least recent first. */
  readonly said: readonly Said[];
  readonly names: Readonly<Record<keyof typeof labelNames, LabelState>>;
}

export class MetricStore {
  readonly #series: Map<string, Series>;
  /** By source, least recent first. */
  readonly #reporters: Map<string, Said>;
  readonly #values: Readonly<Record<keyof typeof labelNames, LabelValues>>;

  constructor(now: number, state?: MetricState) {
    this.#series = new Map(state?.series.map((series) => [keyOf(series.family, series.labels), { ...series }]));
    this.#reporters = new Map(state?.said.map((said) => [said.source, said]));
    this.#values = {
      tenant: new LabelValues(maxTenants, now, state?.names.tenant),
      model: new LabelValues(maxNames, now, state?.names.model),
      provider: new LabelValues(maxNames, now, state?.names.provider),
    };
  }

  state(): MetricState {
    const { tenant, model, provider } = this.#values;
    return {
      series: [...this.#series.values()],
      said: [...this.#reporters.values()],
      names: { tenant: tenant.state(), model: model.state(), provider: provider.state() },
    };
  }

  /** The value under which something is counted: itself or `other`. */
  bounded(label: keyof typeof labelNames, value: string, now: number): string {
    return this.#values[label].of(value, now, (freed) => this.#forget(labelNames[label], freed));
  }

  add<K extends CounterName>(family: K, labels: LabelsOf<K>, by = 1): void {
    this.#of(family, labels).value += by;
  }

  observe<K extends HistogramName>(family: K, labels: LabelsOf<K>, value: number): void {
    const series = this.#of(family, labels);
    const bounds: readonly number[] = FAMILIES[family].buckets;
    const bucket = bounds.findIndex((bound) => value <= bound);
    series.value += value;
    const { counts = [] } = series;
    const index = bucket === -1 ? bounds.length : bucket;
    counts[index] = (counts[index] ?? 0) + 1;
  }

  /** Replaces what `source` said of itself before. */
  take(source: string, tenant: string, census: Census, now: number): void {
    this.#reporters.delete(source);
    if (Object.values(census).every((value) => value === 0)) return;
    if (this.#reporters.size >= maxReporters) this.#reporters.delete(this.#reporters.keys().next().value ?? "");
    this.#reporters.set(source, { source, tenant, at: now, census });
  }

  samples(now: number): Sample[] {
    const samples: Sample[] = [];
    for (const { family, labels, value, counts } of this.#series.values()) {
      samples.push({ family, labels, value: counts === undefined ? value : { counts: [...counts], sum: value } });
    }
    return [...samples, ...this.#gauges(now)];
  }

  #gauges(now: number): Sample[] {
    const sums = new Map<string, Sample & { value: number }>();
    for (const [source, { census, tenant, at }] of this.#reporters) {
      const believed = (Object.keys(census) as GaugeName[]).filter((family) => now - at <= FAMILIES[family].keepMs);
      if (believed.length === 0) this.#reporters.delete(source);
      for (const family of believed) {
        const labels = { tenant };
        const key = keyOf(family, labels);
        const sum = sums.get(key)?.value ?? 0;
        sums.set(key, { family, labels, value: sum + (census[family] ?? 0) });
      }
    }
    return [...sums.values()];
  }

  #of(family: FamilyName, labels: Labels): Series {
    const known = this.#series.get(keyOf(family, labels));
    if (known !== undefined) return known;
    if (this.#series.size < maxSeries) return this.#begin(family, labels);
    // Too many: everything that is still to come shares one a family.
    const folded = this.#series.get(keyOf("edge_chat_series_folded_total", {}));
    (folded ?? this.#begin("edge_chat_series_folded_total", {})).value += 1;
    const shared = Object.fromEntries(Object.keys(labels).map((label) => [label, other]));
    return this.#series.get(keyOf(family, shared)) ?? this.#begin(family, shared);
  }

  #begin(family: FamilyName, labels: Labels): Series {
    const buckets = bucketsOf(family);
    const counts = buckets === undefined ? undefined : new Array<number>(buckets.length + 1).fill(0);
    const series: Series = { family, labels, value: 0, counts };
    this.#series.set(keyOf(family, labels), series);
    return series;
  }

  #forget(label: string, value: string): void {
    for (const [key, { labels }] of this.#series) if (labels[label] === value) this.#series.delete(key);
    if (label !== labelNames.tenant) return;
    // What its rooms said of themselves still holds, and counts with the others'.
    for (const [source, said] of this.#reporters) {
      if (said.tenant === value) this.#reporters.set(source, { ...said, tenant: other });
    }
  }
}

const labelNames = { tenant: "tenant", model: "gen_ai_request_model", provider: "gen_ai_provider_name" } as const;

function keyOf(family: FamilyName, labels: Labels): string {
  return [family, ...FAMILIES[family].labels.map((label) => labels[label])].join("\n");
}
