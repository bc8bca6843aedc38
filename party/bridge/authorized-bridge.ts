/**
 * The bridge behind the rules of a room: the token is verified before the question is read, its rooms and scopes are honoured,
 * a lease is taken where the platform has a Limiter, and the generation is audited. The same on every platform.
 */

import { defined } from "../../shared/defined.ts";
import { audit } from "../auth/audit-log.ts";
import { authorize, type RevocationsOf } from "../auth/authorize.ts";
import { bearerOf } from "../auth/bearer.ts";
import { authorizeUpstream } from "../auth/upstream-auth/authorize-upstream.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { allowedBy, type TenantConfig } from "../config/tenant-settings.ts";
import type { TurnLimiter } from "../core/limiter/limiter-port.ts";
import { mayDo } from "../core/principal.ts";
import { systemClock } from "../platform/clock.ts";
import { problem } from "../responses/problem.ts";
import { refused } from "../responses/refusal-response.ts";
import { report, reportFault } from "../telemetry/reporter.ts";
import { bridge, bridgeRoom } from "./bridge.ts";

/** The parts that only some platforms have. */
export interface BridgeHost {
  /** Undefined where nothing is revoked before it runs out. */
  readonly revocationsOf?: RevocationsOf;
  /** What a tenant may ask for, and its own backend. Undefined where all tenants have the same. */
  readonly tenantOf?: (tenant: string) => Promise<TenantConfig>;
  /** The tenant's Limiter. Absent where the platform has none. */
  readonly limiterOf?: (tenant: string, sub: string) => TurnLimiter | undefined;
  /** Goes on until `work` is done, also when the request is answered or its reader has left. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export async function bridgeAdmitted(
  request: Request,
  config: GatewayConfig,
  { revocationsOf, tenantOf, limiterOf, waitUntil }: BridgeHost,
): Promise<Response> {
  if (config.bridge === "off") return problem("not-found");
  const principal = await authorize(request, undefined, config, revocationsOf);
  if (!principal.ok) return refused(principal.error);
  // It costs what a question in a room costs. It discloses nothing but the answer to that question.
  if (!mayDo(principal.value, "turn-submit")) return problem("forbidden");
  const { tenant, sub, tokenId } = principal.value;
  const own = (await tenantOf?.(tenant)) ?? {};
  return bridge(request, {
    upstream: own.upstream ?? config.upstream,
    user: sub,
    limiter: limiterOf?.(tenant, sub),
    onGeneration: (generationId) => {
      // Where everybody is anonymous, the entry would say nothing.
      if (config.auth.mode === "jwt") audit(sub, defined({ name: "generation", tenant, generationId, tokenId }));
    },
    parse: config.bridge === "raw" ? "off" : "auto",
    policy: config.policy,
    heartbeatMs: config.heartbeatMs,
    clock: systemClock,
    random: Math.random,
    authorize: ({ generationId, user: _, ...call }) =>
      authorizeUpstream(
        config.upstreamAuth,
        { tenant, room: bridgeRoom, generation: generationId },
        call,
        bearerOf(request),
      ),
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
