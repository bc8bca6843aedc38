// The same beside routes of Hono.
import { createGateway } from "edge-chat-gateway/server";
import { Hono } from "hono";

export { ChatRoom, Limiter, Metrics, Revocations } from "edge-chat-gateway/server";

const gateway = createGateway({ prefix: "/ai" });
const app = new Hono<{ Bindings: object }>();

app.get("/", (context) => context.text("My own page"));
app.all("/ai/*", (context) => gateway.fetch(context.req.raw, context.env, context.executionCtx as ExecutionContext));

export default app;
