/** Tells the operator what `requests.ts` saw. Loaded when there is something to tell, after the answer has left. */
import { type GatewayConfig, parseConfig, type Variables } from "../config/settings.ts";
import { type MetricsBindings, metricsIn } from "../objects/metrics-object.ts";
import { hash } from "../platform/hash.ts";
import { PointSink, type PointWriter } from "../telemetry/analytics-points.ts";
import type { RequestSpan } from "../telemetry/catalogue.ts";
import type { LogOptions } from "../telemetry/log.ts";
import { metricsName } from "../telemetry/metrics-client.ts";
import type { RefusedCounts } from "../telemetry/refusals.ts";
import { objectReporter } from "../telemetry/reporter.ts";

export type RequestReportBindings = MetricsBindings & { readonly ANALYTICS?: PointWriter } & Variables;

/** Where the settings are wrong, refusals are told of all the same. */
const presetLog: LogOptions = { level: "info", samplePercent: 100 };
/** Says which object counts for this isolate: isolates spread evenly, and each has always the same. */
let source: string | undefined;

export function reportSpan(span: RequestSpan, env: RequestReportBindings): void {
  objectReporter({}, configOf(env)?.log ?? presetLog, [])(span);
}

/** One event for each code, to the log and as a data point. */
export function reportRefused(counts: RefusedCounts, env: RequestReportBindings): void {
  const sinks = env.ANALYTICS === undefined ? [] : [new PointSink(env.ANALYTICS).sink];
  const report = objectReporter({}, configOf(env)?.log ?? presetLog, sinks);
  for (const event of eventsOf(counts)) report(event);
}

/** One call to the object that counts. Rejects where it cannot be reached. */
export async function countRefused(counts: RefusedCounts, env: RequestReportBindings): Promise<void> {
  const config = configOf(env);
  if (config === undefined || env.Metrics === undefined || config.metricsShards === 0) return;
  source ??= `worker/${crypto.randomUUID()}`;
  const stubOf = metricsIn(env.Metrics, config.jurisdiction);
  const report = { source, events: eventsOf(counts), dropped: 0 };
  await stubOf(metricsName(hash(source) % config.metricsShards)).record(report);
}

function eventsOf(counts: RefusedCounts) {
  return [...counts].map(([code, count]) => ({ name: "requests-refused", code, count }) as const);
}

/** The settings were checked for the request's own hostname; for what is told of it every name is as good as loopback. */
function configOf(env: RequestReportBindings): GatewayConfig | undefined {
  const config = parseConfig(env, "localhost");
  return config.ok ? config.value : undefined;
}
