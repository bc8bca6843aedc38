/** The Worker: every request that is not a file of the page comes here first. Routes; no chat logic. */
import { Hono } from "hono/tiny";
import { type GatewayConfig, parseConfig, type Variables } from "./config.ts";
import { routeBackend } from "./routes/backend.ts";
import { problem } from "./routes/problem.ts";
import { type RoomBindings, routeDrain, routeRoom, routeTurns } from "./routes/rooms.ts";
import { reportConfig, reportFault } from "./telemetry.ts";

export { ChatRoom } from "./room.ts";

interface Env {
  Bindings: RoomBindings & Variables;
}

const app = new Hono<Env>();

app.get("/health", () => Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } }));
app.get("/models", (c) => configured(c.req.raw, c.env, (config) => routeBackend("/model/models", config)));
app.get("/context", (c) => configured(c.req.raw, c.env, (config) => routeBackend("/model/context", config)));
app.all("/parties/chat/:room", (c) =>
  configured(c.req.raw, c.env, (config) => routeRoom(c.req.raw, c.req.param("room"), c.env, config)),
);
app.all("/parties/chat/:room/turns", (c) =>
  configured(c.req.raw, c.env, (config) => routeTurns(c.req.raw, c.req.param("room"), c.env, config)),
);
app.post("/ops/drain/:room", (c) =>
  configured(c.req.raw, c.env, (config) => routeDrain(c.req.raw, c.req.param("room"), c.env, config)),
);
app.notFound(() => problem("not-found"));
app.onError((error) => {
  reportFault("worker", error);
  return problem("internal");
});

/** Runs `route` with the checked settings; a wrong one is the operator's to read in the log, not the visitor's. */
function configured(
  request: Request,
  env: Variables,
  route: (config: GatewayConfig) => Promise<Response>,
): Response | Promise<Response> {
  const config = parseConfig(env, new URL(request.url).hostname);
  if (config.ok) return route(config.value);
  reportConfig(config.error);
  // Only the variable's name: enough to find it, nothing of its value.
  return problem("not-configured", { detail: `Setting ${config.error.split(/[ =]/)[0]} needs attention.` });
}

export default app;
