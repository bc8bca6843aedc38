/** What an operator reads, as a test asks it: the log and `/metrics`. */
import { SELF } from "cloudflare:test";
import { expect, vi } from "vitest";
import type { TelemetryEvent } from "../../../party/telemetry/catalogue.ts";
import { readScrape, type Scraped } from "../../support/metrics/scrape.ts";

export const asOperator = { headers: { authorization: "Bearer operator-secret" } };

export async function scrape(): Promise<readonly Scraped[]> {
  const response = await SELF.fetch("http://localhost/metrics", asOperator);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  return readScrape(await response.text());
}

/** The sum over all shards of the samples with these labels. */
export function sumOf(samples: readonly Scraped[], name: string, labels: Scraped["labels"] = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** Scrapes until `done` holds: numbers are on their way when what they count is told. */
export async function scrapeUntil(done: (samples: readonly Scraped[]) => boolean): Promise<readonly Scraped[]> {
  for (let tries = 0; tries < 400; tries += 1) {
    const samples = await scrape();
    if (done(samples)) return samples;
    await scheduler.wait(10);
  }
  return expect.unreachable("the numbers never came");
}

/** Lines of the log from now on until mocks are restored, as they are written. */
export function logLines(level: "warn" | "debug"): (TelemetryEvent & { readonly level: string })[] {
  const lines: (TelemetryEvent & { readonly level: string })[] = [];
  vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(JSON.parse(line)));
  return lines;
}

/** The lines of the log from now on, of any kind, until mocks are restored. */
export function logged(level: "info" | "warn" | "error"): Readonly<Record<string, unknown>>[] {
  const lines: Readonly<Record<string, unknown>>[] = [];
  vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(JSON.parse(line)));
  return lines;
}
