/**
 * Metrics as Prometheus reads them: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, version 0.0.4).
 * Each shard's series carry its number as a label: shards begin anew at different times, and Prometheus can only make up for
 * a counter's fall where it sees the counter that fell.
 */
import { bucketsOf, FAMILIES, type FamilyName } from "./families.ts";
import type { Sample } from "./report.ts";

export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

export function exposition(shards: readonly { readonly shard: number; readonly samples: readonly Sample[] }[]): string {
  const lines: string[] = [];
  for (const name of Object.keys(FAMILIES) as FamilyName[]) {
    const family = FAMILIES[name];
    lines.push(`# HELP ${name} ${family.help}`, `# TYPE ${name} ${family.type}`);
    for (const { shard, samples } of shards) {
      for (const sample of samples) {
        if (sample.family === name) lines.push(...linesOf(sample, { ...sample.labels, shard: String(shard) }));
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function linesOf({ family, value }: Sample, labels: Readonly<Record<string, string>>): string[] {
  if (typeof value === "number") return [line(family, labels, value)];
  const buckets = bucketsOf(family) ?? [];
  let count = 0;
  const lines = value.counts.map((within, index) => {
    count += within;
    const bound = buckets[index];
    return line(`${family}_bucket`, { ...labels, le: bound === undefined ? "+Inf" : String(bound) }, count);
  });
  return [...lines, line(`${family}_sum`, labels, value.sum), line(`${family}_count`, labels, count)];
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const inside = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}{${inside.join(",")}} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
