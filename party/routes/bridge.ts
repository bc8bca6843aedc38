/** `GET /chat?q=`: the stateless bridge on the Worker, for clients that want the backend's own SSE and nothing else. */
import { bridge } from "../../edge/bridge.ts";
import type { GatewayConfig } from "../config.ts";
import { problem } from "./problem.ts";

export async function routeBridge(request: Request, config: GatewayConfig): Promise<Response> {
  const bridged = await bridge(request, {
    nestBase: config.nestBase,
    headersTimeoutMs: config.policy.headersTimeoutMs,
    heartbeatMs: config.heartbeatMs,
    fetch: (url, init) => fetch(url, init),
  });
  if (bridged.ok) return bridged.response;
  const { code, retryAfter } = bridged.failure;
  return problem(code, retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } });
}
