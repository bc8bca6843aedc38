/** Analytics Engine: the columns, and the platform's bounds. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BLOBS, DOUBLES, PointSink, pointsPerInvocation } from "../../../party/telemetry/analytics-points.ts";
import type { TelemetryEvent } from "../../../party/telemetry/catalogue.ts";
import { reporter } from "../../../party/telemetry/sink.ts";

type Point = Parameters<ConstructorParameters<typeof PointSink>[0]["writeDataPoint"]>[0];

function build(tenant = "acme") {
  const points: Point[] = [];
  const sink = new PointSink({ writeDataPoint: (point) => void points.push(point) });
  const onFault = (cause: unknown) => {
    throw cause;
  };
  const context = { tenant, room: "lobby" };
  return { points, sink, report: reporter({ context, sinks: [sink.sink], now: () => 0, onFault }) };
}

const settled: TelemetryEvent = {
  ...{ name: "turn-settled", turnId: "t", outcome: "failed", error: "upstream-silence", attempts: 2, resumes: 0 },
  ...{ length: 7, firstTokenMs: 300 },
};

const named = ({ blobs, doubles }: Point) => ({
  ...Object.fromEntries(BLOBS.map((name, index) => [name, blobs[index]])),
  ...Object.fromEntries(DOUBLES.map((name, index) => [name, doubles[index]])),
});

test("a turn's end is one point, each field in its column", () => {
  const { points, report } = build();
  for (const name of ["upstream-attempt", "turn-settled"] as const) {
    report(name === "turn-settled" ? settled : { name, turnId: "t", attempt: 1, resume: false });
  }
  expect(points).toHaveLength(1);
  const [point = expect.unreachable()] = points;
  expect(point.indexes).toEqual(["acme"]);
  expect(named(point)).toMatchObject({
    ...{ name: "turn-settled", tenant: "acme", room: "lobby", outcome: "failed", error: "upstream-silence" },
    ...{ attempts: 2, length: 7, firstTokenMs: 300, queueMs: 0, model: "" },
  });
});

test("refused requests are one point for each code, with their number", () => {
  const { points, report } = build();
  report({ name: "requests-refused", code: "rate-limited", count: 40 });
  expect(points.map(named)).toMatchObject([{ name: "requests-refused", code: "rate-limited", count: 40 }]);
});

/** https://developers.cloudflare.com/analytics/analytics-engine/limits/ (page of 2026-04-23). */
const platformPoints = 250;

test("points stay within the platform's bounds", () => {
  expect(BLOBS.length).toBeLessThanOrEqual(20);
  expect(DOUBLES.length).toBeLessThanOrEqual(20);
  const { points, sink, report } = build("租".repeat(200));
  for (let index = 0; index <= platformPoints; index += 1)
    report({ ...settled, model: "m".repeat(5_000) } as TelemetryEvent);
  expect(points).toHaveLength(pointsPerInvocation);
  expect(pointsPerInvocation).toBeLessThanOrEqual(platformPoints);
  const bytes = (texts: readonly string[]) => Buffer.byteLength(texts.join(""));
  expect(bytes(points[0]?.indexes ?? [])).toBeLessThanOrEqual(96);
  expect(bytes(points[0]?.blobs ?? [])).toBeLessThanOrEqual(16 * 1_024);
  sink.invoked();
  report(settled);
  expect(points).toHaveLength(pointsPerInvocation + 1);
});

test("the page's columns are the code's", () => {
  const doc = readFileSync(join(import.meta.dirname, "../../../docs/observability.md"), "utf8");
  const columns = [...doc.matchAll(/^\| `((?:blob|double)\d+)` \| `(\w+)` \|/gm)].map(([, column, name]) => [
    column,
    name,
  ]);
  const expected = [
    ...BLOBS.map((name, index) => [`blob${index + 1}`, name]),
    ...DOUBLES.map((name, index) => [`double${index + 1}`, name]),
  ];
  expect(columns).toEqual(expected);
});
