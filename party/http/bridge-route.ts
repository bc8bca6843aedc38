/**
 * `/chat` on the Worker: the stateless bridge, for clients that want an answer's SSE and nothing else. No room wakes, and the
 * same limits apply as in a room. What it checks is `bridge/authorized-bridge.ts`.
 */
import type { RevocationsOf } from "../auth/authorize.ts";
import { bridgeAdmitted } from "../bridge/authorized-bridge.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { type KnownTenant, TenantConfigs, type TenantStore } from "../config/tenant-settings.ts";
import type { TurnLimiter } from "../core/limiter/limiter-port.ts";
import { LeaseClient, type LeaseClientOptions } from "../limits/limiter-client.ts";
import { SlowingHints } from "../limits/limiter-hints.ts";
import { systemClock } from "../platform/clock.ts";
import { report } from "../telemetry/reporter.ts";

export interface BridgeBindings {
  readonly tenantStore: TenantStore | undefined;
  readonly revocationsOf: RevocationsOf;
  /** Undefined where there is no Limiter, or it is off. */
  readonly limiterOf: LeaseClientOptions["stubOf"] | undefined;
}

/** What tenants may ask for, by the configuration: it lives as long as the isolate, and so does what was read. */
const knownOf = new WeakMap<GatewayConfig, Map<string, KnownTenant>>();
const slowingHints = new SlowingHints(systemClock);

export function routeBridge(
  request: Request,
  config: GatewayConfig,
  bindings: BridgeBindings,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Response> {
  const tenants = tenantsIn(bindings.tenantStore, config);
  return bridgeAdmitted(request, config, {
    revocationsOf: bindings.revocationsOf,
    waitUntil,
    tenantOf: (tenant) => tenants.get(tenant),
    limiterOf: (tenant, sub) => {
      if (bindings.limiterOf === undefined) return undefined;
      return limiterFor(tenant, sub, tenants, config, kept(bindings.limiterOf, waitUntil));
    },
  });
}

/** One client for each answer: on Workers a request must not wait for another's call. */
function limiterFor(
  tenant: string,
  sub: string,
  tenants: TenantConfigs,
  { auth, limits }: GatewayConfig,
  stubOf: LeaseClientOptions["stubOf"],
): TurnLimiter {
  return new LeaseClient({
    tenant,
    // No room has such a name. The Limiter is fair between rooms, so each subject counts as one.
    room: `bridge/${sub}`,
    shards: limits.limiterShards,
    hasSubjects: auth.mode === "jwt",
    limits: () => tenants.get(tenant),
    knownLimits: () => tenants.known(tenant),
    stubOf,
    hints: slowingHints,
    clock: systemClock,
    onDegraded: (cause) => report({ name: "limiter-degraded", cause }, { tenant }),
  });
}

/** A release is sent when the answer has ended. Without `waitUntil` it would be cancelled with the request. */
function kept(
  limiterOf: LeaseClientOptions["stubOf"],
  waitUntil: (work: Promise<unknown>) => void,
): LeaseClientOptions["stubOf"] {
  return (name) => ({
    handle: (call) => {
      const reply = Promise.resolve(limiterOf(name).handle(call));
      waitUntil(reply.catch(() => undefined));
      return reply;
    },
  });
}

function tenantsIn(store: TenantStore | undefined, config: GatewayConfig): TenantConfigs {
  const known = knownOf.get(config) ?? new Map<string, KnownTenant>();
  knownOf.set(config, known);
  const { limits, upstreamVariables } = config;
  return new TenantConfigs(limits, { store, clock: systemClock, upstreamVariables, report }, known);
}
