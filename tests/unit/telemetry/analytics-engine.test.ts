/**
 * The queries of Analytics Engine, of the dashboard and of the page, against what the data points hold: a column is a number
 * in a query, and one that is wrong would still give a curve.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BLOBS, DOUBLES } from "../../../party/telemetry/analytics-points.ts";
import { LEVELS } from "../../../party/telemetry/catalogue.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const doc = read("docs/observability.md");

const { panels } = JSON.parse(read("ops/dashboard-analytics-engine.json")) as {
  panels: { readonly title: string; readonly targets: readonly { readonly query: string }[] }[];
};
const queries = [
  ...panels.flatMap(({ title, targets }) => targets.map(({ query }) => [`the panel "${title}"`, query] as const)),
  ...[...doc.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, query = ""], index) => {
    return [`query ${index + 1} of the page`, query.replaceAll(/\s+/g, " ").trim()] as const;
  }),
];

/** What a result is called, where that is not its field's own name as `snake_case`. */
const meant: Readonly<Record<string, readonly string[]>> = {
  backend_ms: ["firstChunkMs"],
  waited_s: ["waitMs"],
  reason: ["code"],
  proof: ["stop"],
  tokens: ["inputTokens", "outputTokens"],
  opened: ["isOpen"],
  requests: ["count"],
};

function columnsIn(sql: string): string[] {
  return [...sql.matchAll(/\b(blob|double)(\d+)\b/g)].map(([column, kind, number]) => {
    const field = (kind === "blob" ? BLOBS : DOUBLES)[Number(number) - 1];
    return field ?? expect.unreachable(`there is no ${column}`);
  });
}

/** The results of a query: what each is called, and the fields that it is made of. */
function resultsOf(query: string): { name: string; fields: string[] }[] {
  const [, list = ""] = /^SELECT (.*?) FROM /.exec(query) ?? [];
  const results = [...list.matchAll(/(.*?) AS (\w+)(?:, |$)/g)];
  expect(results.length).toBeGreaterThan(1);
  return results.map(([, expression = "", name = ""]) => ({ name, fields: columnsIn(expression) }));
}

/** What an event has, as the page says. */
function fieldsOf(event: string): string[] {
  const [, listed = ""] = new RegExp(`^\\| \`${event}\` \\| \\w+ \\| (.*?) \\|`, "m").exec(doc) ?? [];
  const settled = /### What a settled turn says\n([\s\S]*?)\n##/.exec(doc)?.[1] ?? "";
  const rows = [...settled.matchAll(/^\| (`.*?`) \|/gm)].map(([, names = ""]) => names).join();
  const all = event === "turn-settled" ? listed + rows : listed;
  return [...all.matchAll(/`(\w+)\??`/g)].map(([, field = ""]) => field);
}

const camel = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

describe.each(queries)("%s", (_name, query) => {
  const [, event = ""] = /blob1 = '([^']+)'/.exec(query) ?? [];

  test("asks for an event that there is, of our dataset", () => {
    expect(/FROM (\w+)/.exec(query)?.[1]).toBe(/"dataset": "(\w+)"/.exec(read("wrangler.jsonc"))?.[1]);
    expect(Object.keys(LEVELS)).toContain(event);
    expect(BLOBS[0]).toBe("name");
  });

  test("calls each column what it is", () => {
    for (const { name, fields } of resultsOf(query)) {
      if (fields.length > 0) expect([name, fields]).toEqual([name, meant[name] ?? [camel(name)]]);
      // What is no column is the time, or how many points there were.
      else
        expect([name, query]).toEqual([
          name,
          expect.stringMatching(`(timestamp.*|SUM\\(_sample_interval\\)) AS ${name}`),
        ]);
    }
  });

  test("uses columns that its event has", () => {
    const known = ["name", "tenant", "room", ...fieldsOf(event)];
    for (const field of columnsIn(query)) expect(known).toContain(field);
  });
});

test("the dashboard has queries, and the page too", () => {
  expect(panels.length).toBeGreaterThan(5);
  expect(queries.length).toBeGreaterThan(panels.length);
});
