/**
 * Every request but `/health`: the routes, and what their answers carry. No chat logic. It loads with the first of them, and
 * what only some of them need loads with the first of those.
 */
import { Hono } from "hono/tiny";
import { limitersIn } from "../objects/limiter-object.ts";
import { revocationsIn } from "../objects/revocations-object.ts";
import { withHeaders } from "../responses/merge-headers.ts";
import { problem } from "../responses/refusal-response.ts";
import { securityHeaders } from "../responses/security-headers.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { observed } from "./observe-request.ts";
import type { OperatorCall } from "./operator-route.ts";
import { type Bindings, configured, inWords, type Visit } from "./request-context.ts";
import { roomRoutes, routeRoom } from "./room-route.ts";

/** Answers a request. Here alone it gets the headers that its route knows nothing of, and is seen by the operator. */
export function answer(received: Request, bindings: Bindings, context: ExecutionContext): Promise<Response> {
  return observed(received, bindings, context, async (request) => {
    const visit: Visit = { request, bindings, headers: { ...securityHeaders } };
    const response = await app.fetch(request, visit, context);
    return withHeaders(response, visit.headers);
  });
}

const app = new Hono<{ Bindings: Visit }>();

app.on(["GET", "OPTIONS"], "/ready", ({ env: visit }) =>
  configured(visit, async (config) => (await backendRoutes()).routeReady(config)),
);
for (const [path, source] of [
  ["/models", "/model/models"],
  ["/context", "/model/context"],
] as const) {
  app.on(["GET", "OPTIONS"], path, ({ env: visit, executionCtx }) =>
    configured(visit, async (config) => {
      const { routeBackend } = await backendRoutes();
      return routeBackend(source, config, (work) => executionCtx.waitUntil(work));
    }),
  );
}
app.all("/chat", ({ env: visit, executionCtx }) =>
  configured(visit, async (config) => {
    const { routeBridge } = await import("./bridge-route.ts");
    const { CONFIG: tenantStore, Revocations, Limiter } = visit.bindings;
    const isLimited = Limiter !== undefined && config.limiter === "on";
    const bindings = {
      tenantStore,
      revocationsOf: revocationsIn(Revocations, config.jurisdiction),
      limiterOf: isLimited ? limitersIn(Limiter, config.jurisdiction) : undefined,
    };
    return routeBridge(visit.request, config, bindings, (work) => executionCtx.waitUntil(work));
  }),
);
app.on(["GET", "OPTIONS"], "/.well-known/jwks.json", ({ env: visit }) =>
  configured(visit, async (config) => {
    const { routeJwks } = await import("./jwks-route.ts");
    return routeJwks(config);
  }),
);
for (const route of roomRoutes) {
  app.all(`/parties/chat/:room${route.path}`, ({ env: visit, req }) =>
    configured(visit, (config) => routeRoom(visit.request, route, req.param(), visit.bindings, config)),
  );
}
app.all("/api/chat", ({ env: visit }) =>
  inWords(visit, async (config) => {
    const { routeChatPost } = await import("./ai-sdk-route.ts");
    return routeChatPost(visit.request, visit.bindings, config);
  }),
);
app.all("/api/chat/:room/:part?", ({ env: visit, req }) =>
  inWords(visit, async (config) => {
    const { routeChat } = await import("./ai-sdk-route.ts");
    const { room, part } = req.param();
    return routeChat(visit.request, { room, part }, visit.bindings, config);
  }),
);
app.post("/ops/revoke", ({ env: visit }) =>
  configured(visit, async (config) => {
    const { routeRevoke } = await import("./revoke-route.ts");
    return routeRevoke(visit.request, config, revocationsIn(visit.bindings.Revocations, config.jurisdiction));
  }),
);
app.get("/metrics", ({ env: visit }) => operator(visit, { kind: "metrics" }));
app.get("/ops/events/:room", ({ env: visit, req }) => operator(visit, { kind: "events", room: req.param("room") }));
app.post("/ops/drain/:room", ({ env: visit, req }) => operator(visit, { kind: "drain", room: req.param("room") }));
app.notFound(() => problem("not-found"));
app.onError((error) => {
  reportFault("worker", error);
  return problem("internal");
});

function operator(visit: Visit, call: OperatorCall): Promise<Response> {
  return configured(visit, async (config) => {
    const { routeOperator } = await import("./operator-route.ts");
    return routeOperator(visit.request, call, visit.bindings, config);
  });
}

const backendRoutes = () => import("./backend-route.ts");
