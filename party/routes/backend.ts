/** What pages ask of the backend beside chatting: its models and its public context, passed on as they are. */
import type { GatewayConfig } from "../config.ts";
import { reportFault } from "../telemetry.ts";
import { problem } from "./problem.ts";

const timeoutMs = 10_000;

export async function routeBackend(path: "/model/models" | "/model/context", config: GatewayConfig): Promise<Response> {
  try {
    const response = await fetch(config.nestBase + path, {
      headers: { accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return problem("upstream-unavailable", { retryAfterMs: 5_000 });
    }
    const headers = {
      "content-type": "application/json",
      "cache-control": response.headers.get("cache-control") ?? "no-store",
    };
    return new Response(response.body, { headers });
  } catch (error) {
    reportFault(path, error);
    return problem("upstream-unreachable", { retryAfterMs: 5_000 });
  }
}
