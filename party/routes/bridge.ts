/** `GET /chat?q=`: the stateless bridge on the Worker, for clients that want the backend's own SSE and nothing else. */
import { bridge } from "../../edge/bridge.ts";
import { authorizeUpstream } from "../auth/authorize-upstream.ts";
import { authorize, type RevocationsOf } from "../auth.ts";
import type { GatewayConfig } from "../config.ts";
import { mayDo } from "../core/principal.ts";
import { problem, refused } from "./problem.ts";

export async function routeBridge(
  request: Request,
  config: GatewayConfig,
  revocationsOf: RevocationsOf,
): Promise<Response> {
  const principal = await authorize(request, undefined, config, revocationsOf);
  if (!principal.ok) return refused(principal.error);
  // What it costs is what a question in a room costs.
  if (!mayDo(principal.value, "turn-submit")) return problem("forbidden");
  const { tenant } = principal.value;
  const bridged = await bridge(request, {
    nestBase: config.nestBase,
    headersTimeoutMs: config.policy.headersTimeoutMs,
    heartbeatMs: config.heartbeatMs,
    authorize: () => authorizeUpstream(config.upstreamAuth, { tenant }),
    fetch: (url, init) => fetch(url, init),
  });
  if (bridged.ok) return bridged.response;
  const { code, retryAfter } = bridged.failure;
  return problem(code, retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } });
}
