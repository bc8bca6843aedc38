/**
 * The bridge for whoever may use it: who asks is checked first, as on the way into a room, and the backend is shown that the call
 * is ours. The same on every platform.
 */

import { authorize, type RevocationsOf } from "../auth/authorize.ts";
import { authorizeUpstream } from "../auth/authorize-upstream.ts";
import { bearerOf } from "../auth/bearer.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { allowedBy, type TenantConfig } from "../config/tenant-settings.ts";
import { mayDo } from "../core/principal.ts";
import { systemClock } from "../platform/clock.ts";
import { problem } from "../responses/problem.ts";
import { refused } from "../responses/refusal-response.ts";
import { report, reportFault } from "../telemetry/reporter.ts";
import { bridge } from "./bridge.ts";

/** What only some platforms have. */
export interface BridgeHost {
  /** Undefined where nothing is revoked before it runs out. */
  readonly revocationsOf?: RevocationsOf;
  /** What a tenant may ask for, and its own backend. Undefined where all tenants have the same. */
  readonly tenantOf?: (tenant: string) => Promise<TenantConfig>;
  /** Goes on until `work` is done, also when the request is answered or its reader has left. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export async function bridgeAdmitted(
  request: Request,
  config: GatewayConfig,
  { revocationsOf, tenantOf, waitUntil }: BridgeHost,
): Promise<Response> {
  if (config.bridge === "off") return problem("not-found");
  const principal = await authorize(request, undefined, config, revocationsOf);
  if (!principal.ok) return refused(principal.error);
  // What it costs is what a question in a room costs.
  if (!mayDo(principal.value, "turn-submit")) return problem("forbidden");
  const { tenant, sub } = principal.value;
  const own = (await tenantOf?.(tenant)) ?? {};
  return bridge(request, {
    upstream: own.upstream ?? config.upstream,
    user: sub,
    parse: config.bridge === "raw" ? "off" : "auto",
    policy: config.policy,
    heartbeatMs: config.heartbeatMs,
    clock: systemClock,
    random: Math.random,
    authorize: ({ generationId }) =>
      authorizeUpstream(config.upstreamAuth, { tenant, generation: generationId }, bearerOf(request)),
    refusalOf: (asked) => {
      const allowed = allowedBy(own, asked);
      return allowed.ok ? undefined : allowed.error.field;
    },
    report: (event) => report(event, { tenant }),
    onFault: (cause) => reportFault("bridge", cause),
    waitUntil,
    fetch: (url, init) => fetch(url, init),
  });
}
