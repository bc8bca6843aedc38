/**
 * What pages of other origins get to see (S2): a page of an allowed origin may read everything, one of another origin only why
 * it was refused. Which origins are allowed is decided in `auth/origins.ts`.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */

import { isLoopback } from "../../shared/file-address.ts";
import { isAllowedOrigin, isLocalRequest } from "../auth/origins.ts";
import { reportOrigin } from "../telemetry/reporter.ts";
import { withHeaders } from "./merge-headers.ts";
import { problem } from "./problem.ts";

/** The refusal of a request that a page of another site makes, or makes a browser send; undefined where it may go on. */
export function refuseOrigin(request: Request, allowed: readonly string[] | undefined): Response | undefined {
  const origin = request.headers.get("origin");
  if (origin === null) {
    // An image, a form or a link of another site: a browser sends no `Origin` with it, but says where it comes from.
    if (request.headers.get("sec-fetch-site") !== "cross-site") return undefined;
    return problem("origin-forbidden", {
      detail: "A page of another site caused this request. Use fetch from an allowed origin.",
    });
  }
  const url = new URL(request.url);
  if (isAllowedOrigin(origin, url, allowed, isLocalRequest(request))) return undefined;
  const shown = origin.slice(0, 100);
  reportOrigin(shown);
  const isRewritten = isLoopback(url.hostname) && !/^https?:\/\/(?:localhost|127\.|\[::1\])/.test(origin);
  const hint = isRewritten
    ? " If this is the gateway's own page, the proxy in front must pass on the Host header."
    : "";
  const detail = `Pages of ${shown} may not use this gateway. Its operator can add the origin to ALLOWED_ORIGINS.${hint}`;
  // With CORS headers, or the page's developer would see nothing but a failed request.
  return withCors(problem("origin-forbidden", { detail }), origin);
}

/** The headers with which a page of another origin may read an answer. None where no page asks. */
export function corsHeaders(origin: string | null): Readonly<Record<string, string>> {
  if (origin === null) return {};
  return {
    "access-control-allow-origin": origin,
    vary: "origin",
    "access-control-expose-headers":
      "retry-after, location, ratelimit, ratelimit-policy, x-gateway-error, x-gateway-room, x-vercel-ai-ui-message-stream",
  };
}

/** The answer with `corsHeaders`, for hosts that add nothing else to it. */
export function withCors(response: Response, origin: string | null): Response {
  return origin === null ? response : withHeaders(response, corsHeaders(origin));
}

const usualHeaders =
  "authorization, baggage, cache-control, content-type, last-event-id, sentry-trace, traceparent, tracestate";

/**
 * The answer to a preflight. It allows every header that the page asks for, because tracing libraries add their own and a room
 * gets none of them. A page that may not use the gateway is refused by the request that follows, in an answer that it can read.
 */
export function preflight(request: Request): Response {
  const asked = request.headers.get("access-control-request-headers") ?? "";
  const names = /^[\w!#$%&'*+.^`|~, -]{0,2000}$/.test(asked) ? asked.toLowerCase().split(/\s*,\s*/) : [];
  const all = new Set([...usualHeaders.split(", "), ...names.filter((name) => name !== "")]);
  const headers = {
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": [...all].join(", "),
    "access-control-max-age": "86400",
    vary: "access-control-request-headers",
  };
  return withCors(new Response(null, { status: 204, headers }), request.headers.get("origin"));
}
