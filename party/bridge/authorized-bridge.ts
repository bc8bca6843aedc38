/**
 * The bridge for whoever may use it: who asks is checked first, as on the way into a room, and the backend is shown that the call
 * is ours. The same on every platform.
 */

import { authorize, type RevocationsOf } from "../auth/authorize.ts";
import { authorizeUpstream } from "../auth/authorize-upstream.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { mayDo } from "../core/principal.ts";
import { systemClock } from "../platform/clock.ts";
import { problem } from "../responses/problem.ts";
import { refused } from "../responses/refusal-response.ts";
import { report, reportFault } from "../telemetry/reporter.ts";
import { bridge } from "./bridge.ts";
import type { Question } from "./question.ts";

/** What only some platforms have. */
export interface BridgeHost {
  /** Undefined where nothing is revoked before it runs out. */
  readonly revocationsOf?: RevocationsOf;
  /** The name of what a tenant may not ask for, or undefined. */
  readonly refusalOf?: (tenant: string, asked: Question) => Promise<string | undefined>;
  /** Goes on until `work` is done, also when the request is answered or its reader has left. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export async function bridgeAdmitted(
  request: Request,
  config: GatewayConfig,
  { revocationsOf, refusalOf, waitUntil }: BridgeHost,
): Promise<Response> {
  if (config.bridge === "off") return problem("not-found");
  const principal = await authorize(request, undefined, config, revocationsOf);
  if (!principal.ok) return refused(principal.error);
  // What it costs is what a question in a room costs.
  if (!mayDo(principal.value, "turn-submit")) return problem("forbidden");
  const { tenant } = principal.value;
  return bridge(request, {
    nestBase: config.nestBase,
    upstreamMethod: config.upstreamMethod,
    dialect: config.upstreamDialect,
    mapping: config.upstreamMapping,
    presetProvider: config.bridgeProvider,
    parse: config.bridge === "raw" ? "off" : "auto",
    policy: config.policy,
    heartbeatMs: config.heartbeatMs,
    clock: systemClock,
    random: Math.random,
    authorize: (generation) => authorizeUpstream(config.upstreamAuth, { tenant, generation }),
    refusalOf: async (asked) => refusalOf?.(tenant, asked),
    report: (event) => report(event, { tenant }),
    onFault: (cause) => reportFault("bridge", cause),
    waitUntil,
    fetch: (url, init) => fetch(url, init),
  });
}
