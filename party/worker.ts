/** The Worker: every request that is not a file of the page comes here first. Routes; no chat logic. */
import { Hono } from "hono/tiny";
import { auditConfiguration } from "./audit.ts";
import { systemClock } from "./clock.ts";
import { type GatewayConfig, parseConfig, type Variables } from "./config.ts";
import { limitIp, type RateLimitBinding } from "./ip-limit.ts";
import { limitersIn } from "./limiter.ts";
import { revocationsIn } from "./revocations.ts";
import type { RoomHostBindings } from "./room.ts";
import type { OperatorBindings, OperatorCall } from "./routes/operator.ts";
import { isAllowedOrigin, preflight, withCors } from "./routes/origin.ts";
import { notConfigured, problem } from "./routes/problem.ts";
import { routeRoom, routeTickets, routeTurn, routeTurns } from "./routes/rooms.ts";
import { withSecurityHeaders } from "./routes/security-headers.ts";
import { refuse } from "./routes/sse.ts";
import { reportFault } from "./telemetry.ts";

export { Limiter } from "./limiter.ts";
export { Metrics } from "./metrics.ts";
export { Revocations } from "./revocations.ts";
export { ChatRoom } from "./room.ts";

type Bindings = OperatorBindings & RoomHostBindings & { readonly RATE_LIMIT?: RateLimitBinding } & Variables;

interface Env {
  Bindings: Bindings;
}

const app = new Hono<Env>();

app.get("/health", () => Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } }));
app.on(["GET", "OPTIONS"], "/ready", (c) =>
  configured(c.req.raw, c.env, async (config) => (await backendRoutes()).routeReady(config)),
);
for (const [path, source] of [
  ["/models", "/model/models"],
  ["/context", "/model/context"],
] as const) {
  app.on(["GET", "OPTIONS"], path, (c) =>
    configured(c.req.raw, c.env, async (config) => {
      const { routeBackend } = await backendRoutes();
      return routeBackend(source, config, (work) => c.executionCtx.waitUntil(work));
    }),
  );
}
app.all("/chat", (c) =>
  configured(c.req.raw, c.env, async (config) => {
    const { routeBridge } = await import("./routes/bridge.ts");
    const revocationsOf = revocationsIn(c.env.Revocations, config.jurisdiction);
    return routeBridge(c.req.raw, config, c.env.CONFIG, revocationsOf, (work) => c.executionCtx.waitUntil(work));
  }),
);
app.on(["GET", "OPTIONS"], "/.well-known/jwks.json", (c) =>
  configured(c.req.raw, c.env, async (config) => {
    const { routeJwks } = await import("./routes/jwks.ts");
    return routeJwks(config);
  }),
);
app.all("/parties/chat/:room", (c) =>
  configured(c.req.raw, c.env, (config) => routeRoom(c.req.raw, c.req.param("room"), c.env, config)),
);
app.all("/parties/chat/:room/turns", (c) =>
  configured(c.req.raw, c.env, (config) => routeTurns(c.req.raw, c.req.param("room"), c.env, config)),
);
app.all("/parties/chat/:room/turns/:turn", (c) =>
  configured(c.req.raw, c.env, (config) => {
    const { room, turn } = c.req.param();
    return routeTurn(c.req.raw, room, turn, c.env, config);
  }),
);
app.all("/parties/chat/:room/tickets", (c) =>
  configured(c.req.raw, c.env, (config) => routeTickets(c.req.raw, c.req.param("room"), c.env, config)),
);
app.all("/api/chat", (c) =>
  inWords(c.req.raw, c.env, async (config) => {
    const { routeChatPost } = await import("./routes/ai-sdk.ts");
    return routeChatPost(c.req.raw, c.env, config);
  }),
);
app.all("/api/chat/:room/:part?", (c) =>
  inWords(c.req.raw, c.env, async (config) => {
    const { routeChat } = await import("./routes/ai-sdk.ts");
    const { room, part } = c.req.param();
    return routeChat(c.req.raw, { room, part }, c.env, config);
  }),
);
app.post("/ops/revoke", (c) =>
  configured(c.req.raw, c.env, async (config) => {
    const { routeRevoke } = await import("./routes/revoke.ts");
    return routeRevoke(c.req.raw, config, revocationsIn(c.env.Revocations, config.jurisdiction));
  }),
);
app.get("/metrics", (c) => operator(c.req.raw, c.env, { kind: "metrics" }));
app.get("/ops/events/:room", (c) => operator(c.req.raw, c.env, { kind: "events", room: c.req.param("room") }));
app.post("/ops/drain/:room", (c) => operator(c.req.raw, c.env, { kind: "drain", room: c.req.param("room") }));
app.notFound(() => problem("not-found"));
app.onError((error) => {
  reportFault("worker", error);
  return problem("internal");
});

function operator(request: Request, env: Bindings, call: OperatorCall): Promise<Response> {
  return configured(request, env, async (config) => {
    const { routeOperator } = await import("./routes/operator.ts");
    return routeOperator(request, call, env, config);
  });
}

/** Runs `route` with the checked settings, for a page that may use the gateway. */
async function configured(
  request: Request,
  env: Bindings,
  route: (config: GatewayConfig) => Promise<Response>,
): Promise<Response> {
  const url = new URL(request.url);
  const config = parseConfig(env, url.hostname);
  if (!config.ok) return notConfigured(config.error);
  await auditConfiguration(config.value);
  const origin = request.headers.get("origin");
  if (!isAllowedOrigin(origin, url, config.value.allowedOrigins)) return problem("origin-forbidden");
  const response = request.method === "OPTIONS" ? preflight() : await limited(request, env, config.value, route);
  return withCors(response, origin);
}

/** `configured`, for the AI SDK's client: it shows people the body of whatever refuses it. */
async function inWords(
  request: Request,
  env: Bindings,
  route: (config: GatewayConfig) => Promise<Response>,
): Promise<Response> {
  const response = await configured(request, env, route);
  if (response.status < 400) return response;
  const { problemInWords } = await import("./routes/problem-in-words.ts");
  return problemInWords(request, response);
}

/** Counts the request against its address before anything wakes for it (S2). */
async function limited(
  request: Request,
  bindings: Bindings,
  config: GatewayConfig,
  route: (config: GatewayConfig) => Promise<Response>,
): Promise<Response> {
  const verdict = await limitIp(request.headers.get("cf-connecting-ip"), {
    requestsPerMinute: config.limits.ipRequestsPerMinute,
    binding: bindings.RATE_LIMIT,
    stubOf: bindings.Limiter === undefined ? undefined : limitersIn(bindings.Limiter, config.jurisdiction),
    clock: systemClock,
    onFault: (cause) => reportFault("ip-limit", cause),
  });
  const { headers } = verdict;
  if (!verdict.isAllowed) return refuse(request, { code: "rate-limited", retryAfterMs: verdict.retryAfterMs }, headers);
  const response = await route(config);
  if (response.status === 101 || Object.keys(headers).length === 0) return response;
  const counted = new Response(response.body, response);
  for (const [name, value] of Object.entries(headers)) counted.headers.set(name, value);
  return counted;
}

const backendRoutes = () => import("./routes/backend.ts");

/** The cron of wrangler.jsonc; it does nothing until WARM_ROUTES says what. */
async function scheduled(_: ScheduledController, env: Bindings, ctx: ExecutionContext): Promise<void> {
  // No visitor, no hostname: the settings that count are the same.
  const config = parseConfig(env, "localhost");
  if (!config.ok) reportFault("warm", config.error);
  else if (config.value.warmRoutes.length > 0) {
    const { keepWarm } = await import("./warm.ts");
    await keepWarm(config.value, async (path) => app.fetch(new Request(`http://localhost${path}`), env, ctx));
  }
}

export default {
  fetch: async (request: Request, env: Bindings, context: ExecutionContext) =>
    withSecurityHeaders(await app.fetch(request, env, context)),
  scheduled,
} satisfies ExportedHandler<Bindings>;
