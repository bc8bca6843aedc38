/**
 * Every request but `/health`: the routes, and what their answers carry. No chat logic. It loads with the first of them, and
 * what only some of them need loads with the first of those.
 */
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { GatewayConfig } from "../config/settings.ts";
import { limitersIn } from "../objects/limiter-object.ts";
import { revocationsIn } from "../objects/revocations-object.ts";
import { withHeaders } from "../responses/merge-headers.ts";
import { problem } from "../responses/refusal-response.ts";
import { securityHeaders } from "../responses/security-headers.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { type RoomRouteName, type Route, roomPrefix } from "../telemetry/routes.ts";
import type { CachedPath } from "./backend-route.ts";
import { observed } from "./observe-request.ts";
import type { OperatorCall } from "./operator-route.ts";
import { type Bindings, configured, inWords, type Visit } from "./request-context.ts";
import { isUpgrade, roomRoutes, routeRoom } from "./room-route.ts";

/**
 * Answers a request. Here alone the answer gets the headers that its route doesn't know, and is seen by the operator.
 * @param prefix what was taken from the request's path: the gateway is mounted there.
 */
export function answer(
  received: Request,
  bindings: Bindings,
  context: ExecutionContext,
  prefix: string,
): Promise<Response> {
  return observed(received, bindings, context, async (request) => {
    const visit: Visit = { request, bindings, headers: { ...securityHeaders } };
    const response = await app.fetch(request, visit, context);
    const location = prefix === "" ? null : response.headers.get("location");
    // A route knows its address without the prefix.
    if (location?.startsWith("/")) visit.headers["location"] = `${prefix}${location}`;
    return withHeaders(response, visit.headers);
  });
}

/** The variable parts of a route. */
interface Names {
  readonly room?: string;
  readonly turn?: string;
  readonly part?: string;
  readonly file?: string;
  readonly id?: string;
}

type Serve = (visit: Visit, names: Names, waitUntil: (work: Promise<unknown>) => void) => Promise<Response>;

interface Served {
  /** Undefined for a route that checks the method itself. */
  readonly methods?: readonly string[];
  readonly serve: Serve;
}

const readMethods = ["GET", "OPTIONS"];

/** The routes that neither `worker.ts` nor a room answers. The type checker demands an entry for each of them. */
const served: Readonly<Record<Exclude<Route, "/health" | RoomRouteName>, Served>> = {
  "/ready": {
    methods: readMethods,
    serve: (visit) => configured(visit, async (config) => (await backendRoutes()).routeReady(config)),
  },
  "/models": { methods: readMethods, serve: cached("/model/models") },
  "/context": { methods: readMethods, serve: cached("/model/context") },
  "/chat": {
    serve: (visit, _, waitUntil) =>
      configured(visit, async (config) => {
        const { routeBridge } = await import("./bridge-route.ts");
        const { CONFIG: tenantStore, Revocations, Limiter } = visit.bindings;
        const isLimited = Limiter !== undefined && config.limiter === "on";
        const bindings = {
          tenantStore,
          revocationsOf: revocationsIn(Revocations, config.jurisdiction),
          limiterOf: isLimited ? limitersIn(Limiter, config.jurisdiction) : undefined,
        };
        return routeBridge(visit.request, config, bindings, waitUntil);
      }),
  },
  "/.well-known/jwks.json": {
    methods: readMethods,
    serve: (visit) =>
      configured(visit, async (config) => {
        const { routeJwks } = await import("./jwks-route.ts");
        return routeJwks(config);
      }),
  },
  "/parties/chat/:room/files": {
    serve: (visit, { room = "" }, waitUntil) =>
      configured(visit, async (config) => {
        const { routeUpload } = await import("./file-route.ts");
        return routeUpload({ ...visit, room, config, waitUntil });
      }),
  },
  "/parties/chat/:room/files/:file": { serve: readFile },
  "/api/chat": {
    serve: (visit) =>
      inWords(visit, async (config) => {
        if (isUpgrade(visit.request)) {
          const { openChatSocket } = await import("./chat-socket/socket-route.ts");
          return openChatSocket(visit.request, visit.bindings, config);
        }
        const { routeChatPost } = await import("./ai-sdk-route.ts");
        return routeChatPost(visit.request, visit.bindings, config);
      }),
  },
  "/api/chat/:room/:part?": {
    serve: (visit, { room = "", part }) =>
      inWords(visit, async (config) => {
        const { routeChat } = await import("./ai-sdk-route.ts");
        return routeChat(visit.request, { room, part }, visit.bindings, config);
      }),
  },
  "/v1/chat/completions": {
    serve: (visit) => openAi(visit, (routes, config) => routes.routeCompletions(visit.request, visit.bindings, config)),
  },
  "/v1/chat/completions/:id": {
    serve: (visit, { id = "" }) =>
      openAi(visit, (routes, config) => routes.routeCompletion(visit.request, id, visit.bindings, config)),
  },
  "/v1/models": {
    methods: readMethods,
    serve: (visit, _, waitUntil) => openAi(visit, (routes, config) => routes.routeModels(config, waitUntil)),
  },
  "/ag-ui": {
    serve: (visit) =>
      configured(visit, async (config) => {
        const { routeAgUi } = await import("./ag-ui/ag-ui-route.ts");
        return routeAgUi(visit.request, visit.bindings, config);
      }),
  },
  "/ops/revoke": {
    methods: ["POST"],
    serve: (visit) =>
      configured(visit, async (config) => {
        const { routeRevoke } = await import("./revoke-route.ts");
        return routeRevoke(visit.request, config, revocationsIn(visit.bindings.Revocations, config.jurisdiction));
      }),
  },
  "/metrics": { methods: ["GET"], serve: (visit) => operator(visit, { kind: "metrics" }) },
  "/ops/events/:room": {
    methods: ["GET"],
    serve: (visit, { room = "" }) => operator(visit, { kind: "events", room }),
  },
  "/ops/drain/:room": {
    methods: ["POST"],
    serve: (visit, { room = "" }) => operator(visit, { kind: "drain", room }),
  },
};

const app = new Hono<{ Bindings: Visit }>();

for (const [route, { methods, serve }] of Object.entries(served)) add(route, methods, serve);
for (const route of roomRoutes) {
  add(`${roomPrefix}${route.path}`, undefined, (visit, { room = "", turn = "" }) =>
    configured(visit, (config) => routeRoom(visit.request, route, { room, turn }, visit.bindings, config)),
  );
}
app.notFound(() => problem("not-found"));
app.onError((error) => {
  reportFault("worker", error);
  return problem("internal");
});

function add(path: string, methods: readonly string[] | undefined, serve: Serve): void {
  const handle = ({ env: visit, req, executionCtx }: Context<{ Bindings: Visit }>) =>
    serve(visit, req.param(), (work) => executionCtx.waitUntil(work));
  if (methods === undefined) app.all(path, handle);
  else app.on([...methods], path, handle);
}

/** A signed address of a file is open to every page that has it: an image of another site's page is read so. */
async function readFile(visit: Visit, { room = "", file = "" }: Names, waitUntil: (work: Promise<unknown>) => void) {
  const { method, url } = visit.request;
  const isOpenToPages = (method === "GET" || method === "HEAD") && new URL(url).searchParams.has("sig");
  const response = await configured(
    visit,
    async (config) => {
      const { routeFile } = await import("./file-route.ts");
      return routeFile({ ...visit, room, config, waitUntil }, file);
    },
    { isOpenToPages },
  );
  // A file has a stricter policy of its own.
  if (response.headers.has("content-security-policy")) delete visit.headers["content-security-policy"];
  return response;
}

function cached(source: CachedPath): Serve {
  return (visit, _, waitUntil) =>
    configured(visit, async (config) => (await backendRoutes()).routeBackend(source, config, waitUntil));
}

function operator(visit: Visit, call: OperatorCall): Promise<Response> {
  return configured(visit, async (config) => {
    const { routeOperator } = await import("./operator-route.ts");
    return routeOperator(visit.request, call, visit.bindings, config);
  });
}

type OpenAiRoutes = typeof import("./openai/openai-route.ts");

/** Refusals are in the shape of OpenAI's errors. */
async function openAi(
  visit: Visit,
  call: (routes: OpenAiRoutes, config: GatewayConfig) => Promise<Response>,
): Promise<Response> {
  const response = await configured(visit, async (config) => call(await import("./openai/openai-route.ts"), config));
  if (response.status < 400) return response;
  const { inOpenAiShape } = await import("./openai/openai-error.ts");
  return inOpenAiShape(response);
}

function backendRoutes() {
  return import("./backend-route.ts");
}
