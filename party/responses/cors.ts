/**
 * Which pages may use the gateway (S2): browsers say where a page came from, and a WebSocket asks nobody else. Requests
 * without `Origin` come from no page and are judged by their token alone. CORS answers follow the Fetch standard:
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
import { isLoopback } from "../auth/settings.ts";
import { withHeaders } from "./merge-headers.ts";

/** @param allowed `ALLOWED_ORIGINS`; undefined where only the gateway's own pages are, and on loopback its neighbours. */
export function isAllowedOrigin(origin: string | null, url: URL, allowed: readonly string[] | undefined): boolean {
  if (origin === null) return true;
  const from = URL.canParse(origin) ? new URL(origin) : undefined;
  // "null", from sandboxed frames and files, is nobody's in particular.
  if (from === undefined) return false;
  if (from.host === url.host || allowed?.includes(from.origin) === true) return true;
  // A front end on another port of the developer's own machine.
  return allowed === undefined && isLoopback(from.hostname) && isLoopback(url.hostname);
}

/** What a page of an allowed origin needs to read an answer. Nothing where no page asks. */
export function corsHeaders(origin: string | null): Readonly<Record<string, string>> {
  if (origin === null) return {};
  return {
    "access-control-allow-origin": origin,
    vary: "origin",
    "access-control-expose-headers":
      "retry-after, location, ratelimit, ratelimit-policy, x-gateway-error, x-vercel-ai-ui-message-stream",
  };
}

/** The answer with `corsHeaders`, for hosts that add nothing else to it. */
export function withCors(response: Response, origin: string | null): Response {
  return origin === null ? response : withHeaders(response, corsHeaders(origin));
}

/** The answer to a preflight. */
export function preflight(): Response {
  const headers = {
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": "authorization, cache-control, content-type, last-event-id, traceparent",
    "access-control-max-age": "86400",
  };
  return new Response(null, { status: 204, headers });
}
