/**
 * What an operator sees of requests, around whatever answers them: a span of each in its trace, and how many were refused. On
 * the way of every request, so it holds no more than each needs; what tells of it loads when there is something to tell.
 */
import * as runtime from "cloudflare:workers";
import { errorHeader, isErrorCode } from "../../shared/protocol/errors.ts";
import { nativeTracingOf } from "../telemetry/native-spans.ts";
import { collectMs, Refusals } from "../telemetry/refusals.ts";
import { OpenRequest } from "../telemetry/request-span.ts";
import { routeOf } from "../telemetry/routes.ts";
import type { RequestReportBindings } from "./request-report.ts";

/** Undefined in runtimes without it. */
const tracing = nativeTracingOf(runtime);
/** Of this isolate. */
const refusals = new Refusals();

/** Answers with `answer`, which is given the request as it goes on. Nothing here delays the answer. */
export async function observed(
  request: Request,
  env: RequestReportBindings,
  context: Pick<ExecutionContext, "waitUntil">,
  answer: (request: Request) => Promise<Response>,
): Promise<Response> {
  const route = routeOf(new URL(request.url).pathname);
  const open =
    route === undefined
      ? undefined
      : new OpenRequest(request, { route, tracing, samplePercent: samplePercentOf(env), now: Date.now() });
  const report = () => import("./request-report.ts");
  let status = 500;
  let said: string | undefined;
  try {
    const response = await answer(open?.onward ?? request);
    status = response.status;
    said = response.headers.get(errorHeader) ?? undefined;
    return response;
  } finally {
    const now = Date.now();
    const code = said !== undefined && isErrorCode(said) ? said : undefined;
    const span = open?.end(status, code, now);
    // Of the lowest level: nothing is loaded for lines that nobody reads.
    if (span !== undefined && env["LOG_LEVEL"] === "debug") {
      context.waitUntil(report().then(({ reportSpan }) => reportSpan(span, env)));
    }
    const telling =
      code === undefined
        ? undefined
        : refusals.count(code, {
            now,
            collected: () => new Promise((resolve) => setTimeout(resolve, collectMs)),
            tell: async (counts) => (await report()).reportRefused(counts, env),
            send: async (counts) => (await report()).countRefused(counts, env),
          });
    if (telling !== undefined) context.waitUntil(telling);
  }
}

/** The setting as `config/settings.ts` validates it. With an invalid value the routes answer 503 and nothing is recorded. */
function samplePercentOf(env: RequestReportBindings): number {
  const { TRACE_SAMPLE_PERCENT: percent } = env;
  return percent === undefined || percent === "" ? 100 : Number(percent);
}
