/**
 * The whole of a stateless edge: what the Worker does before its bridge (settings, origin, addresses), for platforms where a
 * function is one fetch handler. What differs between them is in `vercel.ts` and `netlify.ts`.
 */

import { bridgeAdmitted } from "../party/bridge/authorized-bridge.ts";
import { parseConfig, type Variables } from "../party/config/settings.ts";
import { preflight, refuseOrigin, withCors } from "../party/responses/cors.ts";
import { problem } from "../party/responses/problem.ts";
import { notConfigured } from "../party/responses/refusal-response.ts";
import { reportFault } from "../party/telemetry/reporter.ts";
import { AddressWindow } from "./address-window.ts";

export interface EdgeVisit {
  /** The gateway's settings (docs/settings.md). The same object each time: it is parsed once. */
  readonly settings: Variables;
  /** The visitor's address, as the platform tells it. */
  readonly address: string | undefined;
  /** Keeps the function alive until `work` is done. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

const addresses = new AddressWindow();

/** Never rejects. */
export async function serveBridge(request: Request, { settings, address, waitUntil }: EdgeVisit): Promise<Response> {
  try {
    const url = new URL(request.url);
    const config = parseConfig(settings, url.hostname);
    if (!config.ok) return notConfigured(config.error);
    if (request.method === "OPTIONS") return preflight(request);
    const otherOrigin = refuseOrigin(request, config.value.allowedOrigins);
    if (otherOrigin !== undefined) return otherOrigin;
    const origin = request.headers.get("origin");
    const refusal = addresses.refusalOf(address, config.value.limits.ipRequestsPerMinute, Date.now());
    return withCors(refusal ?? (await bridgeAdmitted(request, config.value, { waitUntil })), origin);
  } catch (error) {
    reportFault("bridge", error);
    return problem("internal");
  }
}
