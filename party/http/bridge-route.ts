/** `/chat` on the Worker: the stateless bridge, for clients that want an answer's SSE and nothing else. No room is woken. */

import type { RevocationsOf } from "../auth/authorize.ts";
import { bridgeAdmitted } from "../bridge/authorized-bridge.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { TenantConfigs, type TenantStore } from "../config/tenant-settings.ts";
import { systemClock } from "../platform/clock.ts";
import { report } from "../telemetry/reporter.ts";

/** What tenants may ask for, by the namespace it is read from: it lives as long as the isolate, and so does what was read. */
const tenantsOf = new WeakMap<TenantStore, TenantConfigs>();

export function routeBridge(
  request: Request,
  config: GatewayConfig,
  tenantStore: TenantStore | undefined,
  revocationsOf: RevocationsOf,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Response> {
  return bridgeAdmitted(request, config, {
    revocationsOf,
    waitUntil,
    // A tenant may ask for the same as in a room.
    tenantOf: async (tenant) => (tenantStore === undefined ? {} : tenantsIn(tenantStore, config).get(tenant)),
  });
}

function tenantsIn(store: TenantStore, config: GatewayConfig): TenantConfigs {
  const known = tenantsOf.get(store);
  if (known !== undefined) return known;
  const tenants = new TenantConfigs(config.limits, {
    store,
    clock: systemClock,
    upstreamVariables: config.upstreamVariables,
    report,
  });
  tenantsOf.set(store, tenants);
  return tenants;
}
