/** What every route of the Worker passes before it runs: settings, origin and the address's allowance. */

import { auditConfiguration } from "../auth/audit-log.ts";
import { isLocalRequest } from "../auth/origins.ts";
import { type GatewayConfig, parseConfig, type Variables } from "../config/settings.ts";
import { IpMemory } from "../limits/ip-memory.ts";
import { limitIp, type RateLimitBinding } from "../limits/ip-rate-limit.ts";
import type { RoomHostBindings } from "../objects/chat-room-host.ts";
import { limitersIn } from "../objects/limiter-object.ts";
import { systemClock } from "../platform/clock.ts";
import { corsHeaders, preflight, refuseOrigin } from "../responses/cors.ts";
import { notConfigured } from "../responses/refusal-response.ts";
import { refuse } from "../responses/sse-response.ts";
import { reportFault } from "../telemetry/reporter.ts";
import type { OperatorBindings } from "./operator-route.ts";

/** What the Worker may be given beside its settings. */
export type Bindings = OperatorBindings & RoomHostBindings & { readonly RATE_LIMIT?: RateLimitBinding } & Variables;

export interface RouteOptions {
  /** The request shows who may read by its address alone: it is answered whichever page causes it, as an image does. */
  readonly isOpenToPages?: boolean;
}

export interface Visit {
  readonly request: Request;
  readonly bindings: Bindings;
  /** What the answer is to carry beside the headers of its route. Added to on the way; who answers the visitor writes it. */
  readonly headers: Record<string, string>;
}

const noChat =
  "Chat is missing: bind the Durable Object class ChatRoom by that name, in durable_objects.bindings of wrangler.jsonc.";

/** Any name that isn't loopback: settings are judged by where a request comes from, not by the name that it asks for. */
const publicHost = "public.invalid";

/** One for the isolate: it counts while the platform and the Limiter can't. */
const ipMemory = new IpMemory();

type Route = (config: GatewayConfig) => Promise<Response>;

/** Runs `route` with the checked settings, for a page that may use the gateway. */
export async function configured(
  { request, bindings, headers }: Visit,
  route: Route,
  { isOpenToPages = false }: RouteOptions = {},
): Promise<Response> {
  const config = parseConfig(bindings, isLocalRequest(request) ? "localhost" : publicHost);
  if (!config.ok) return notConfigured(config.error);
  if (bindings.Chat === undefined) return notConfigured(noChat);
  await auditConfiguration(config.value);
  if (request.method === "OPTIONS") return preflight(request);
  const otherOrigin = refuseOrigin(request, config.value.allowedOrigins);
  if (otherOrigin !== undefined && !isOpenToPages) return otherOrigin;
  if (otherOrigin === undefined) Object.assign(headers, corsHeaders(request.headers.get("origin")));
  // Counted before anything wakes for it (S2).
  const verdict = await countRequest(request, bindings, config.value);
  Object.assign(headers, verdict.headers);
  if (!verdict.isAllowed) return refuse(request, { code: "rate-limited", retryAfterMs: verdict.retryAfterMs });
  return route(config.value);
}

/** Counts a request, or a frame that asks as much as one, against the allowance of its address (S2). */
export function countRequest(request: Request, bindings: Bindings, config: GatewayConfig): ReturnType<typeof limitIp> {
  return limitIp(request.headers.get("cf-connecting-ip"), {
    requestsPerMinute: config.limits.ipRequestsPerMinute,
    binding: bindings.RATE_LIMIT,
    stubOf: bindings.Limiter === undefined ? undefined : limitersIn(bindings.Limiter, config.jurisdiction),
    memory: ipMemory,
    clock: systemClock,
    random: Math.random,
    onFault: (cause) => reportFault("ip-limit", cause),
  });
}

/** `configured`, for the AI SDK's client: it shows people the body of whatever refuses it. */
export async function inWords(visit: Visit, route: Route): Promise<Response> {
  const response = await configured(visit, route);
  if (response.status < 400) return response;
  const { problemInWords } = await import("../responses/problem-text.ts");
  return problemInWords(visit.request, response);
}
