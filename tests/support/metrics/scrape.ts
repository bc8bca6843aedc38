/** A scrape's text as samples, read by a parser that is not ours. */
/// <reference path="./parse-prometheus-text-format.d.ts" />
// Not by its name: that is a CommonJS module whose default not every runtime finds.
import parsePrometheus from "parse-prometheus-text-format/dist/parse-prometheus-text-format.esm.js";

export interface Scraped {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function readScrape(text: string): readonly Scraped[] {
  // The parser drops the labels of histograms: without their type it reads their lines as any others.
  return parsePrometheus(text.replaceAll(/^# TYPE \w+ histogram$\n/gm, "")).flatMap(({ name, metrics }) =>
    metrics.map(({ labels = {}, value }) => ({ name, labels, value: Number(value) })),
  );
}
