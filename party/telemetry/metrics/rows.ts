/**
 * What is counted as rows of storage, and back. A row is JSON: some series, what some reporters said, and in the first one
 * whose names have series of their own. A small deployment is one row. What another version stored and this one does not
 * count any more is left out: it begins at zero, which Prometheus takes for what it is, a new counter.
 */

import * as z from "zod/mini";
import { jsonOr } from "../../../shared/parse-json.ts";
import { bucketsOf, FAMILIES, type FamilyName, type GaugeName } from "./families.ts";
import type { MetricState, Said, Series } from "./store.ts";

/** A row's share of each: with the longest names it is over a megabyte, of the two that a value may have. */
const seriesOfRow = 256;
/** So that all reporters there may be fit in what is written in one call: 128 rows. */
const saidOfRow = 512;

const labelState = z.object({
  own: z.array(z.string()),
  counts: z.array(z.tuple([z.string(), z.number()])),
  windowEndsAt: z.number(),
});
const rowSchema = z.object({
  v: z.literal(1),
  /** Labels in the order of their family. */
  series: z.array(
    z.object({
      family: z.string(),
      labels: z.array(z.string()),
      value: z.number(),
      counts: z.exactOptional(z.array(z.number())),
    }),
  ),
  said: z.array(
    z.object({ source: z.string(), tenant: z.string(), at: z.number(), census: z.record(z.string(), z.number()) }),
  ),
  names: z.exactOptional(z.object({ tenant: labelState, model: labelState, provider: labelState })),
});
type Row = z.infer<typeof rowSchema>;

export function rowsOf({ series, said, names }: MetricState): string[] {
  const count = Math.max(1, Math.ceil(series.length / seriesOfRow), Math.ceil(said.length / saidOfRow));
  return Array.from({ length: count }, (_, index) => {
    return JSON.stringify({
      v: 1,
      series: share(series, index, seriesOfRow).map(({ family, labels, value, counts }) => {
        return { family, labels: FAMILIES[family].labels.map((label) => labels[label]), value, counts };
      }),
      said: share(said, index, saidOfRow),
      ...(index === 0 ? { names } : {}),
    });
  });
}

function share<T>(all: readonly T[], index: number, size: number): readonly T[] {
  return all.slice(index * size, (index + 1) * size);
}

/** Undefined where nothing was stored, or its beginning cannot be read. */
export function stateOf(texts: readonly unknown[]): MetricState | undefined {
  const rows = texts.map(rowOf);
  const names = rows[0]?.names;
  if (names === undefined) return undefined;
  const read = rows.filter((row) => row !== undefined);
  return {
    series: read.flatMap(({ series }) => series.flatMap(seriesOf)),
    said: read.flatMap(({ said }) => said.flatMap(saidOf)),
    names,
  };
}

/** A stored value has at most 64 KiB. */
const maxRowBytes = 65_536;

function rowOf(text: unknown): Row | undefined {
  // A row that can't be read is left out: numbers are not worth a failure.
  const row = rowSchema.safeParse(jsonOr(String(text), maxRowBytes));
  return row.success ? row.data : undefined;
}

function seriesOf({ family, labels, value, counts }: Row["series"][number]): Series[] {
  if (!isFamily(family)) return [];
  const names: readonly string[] = FAMILIES[family].labels;
  const buckets = bucketsOf(family);
  const expected = buckets === undefined ? undefined : buckets.length + 1;
  if (labels.length !== names.length || counts?.length !== expected) return [];
  return [
    { family, labels: Object.fromEntries(names.map((name, index) => [name, labels[index] ?? ""])), value, counts },
  ];
}

function saidOf({ census, ...said }: Row["said"][number]): Said[] {
  const known = Object.entries(census).filter(([name]) => isFamily(name) && FAMILIES[name].type === "gauge");
  return known.length === 0 ? [] : [{ ...said, census: Object.fromEntries(known) as Record<GaugeName, number> }];
}

function isFamily(name: string): name is FamilyName {
  return Object.hasOwn(FAMILIES, name);
}
