/**
 * `edge-chat-gateway/server`: the gateway in a Worker of your own. `createGateway` makes its handlers, and the Durable Object
 * classes are exported beside them. It evaluates nothing but the classes and the answer to `/health`; the rest (`http/router.ts`)
 * loads with the first request that needs it.
 *
 * ```ts
 * export { ChatRoom, Limiter, Metrics, Revocations } from "edge-chat-gateway/server";
 * export default createGateway({ beforeTurn: ({ input }) => … });
 * ```
 */
import type { DurableObject } from "cloudflare:workers";
import { bindClass, GatewayEnv, type Options, register } from "./hooks/gateway-env.ts";
import type { GatewayOptions } from "./hooks/gateway-options.ts";
import type { Bindings } from "./http/request-context.ts";
import { ChatRoom as ChatRoomClass } from "./objects/chat-room.ts";
import { Limiter as LimiterClass } from "./objects/limiter-object.ts";
import { Metrics as MetricsClass } from "./objects/metrics-object.ts";
import { Revocations as RevocationsClass } from "./objects/revocations-object.ts";
import { securityHeaders } from "./responses/security-headers.ts";

export type {
  AuthorizeAnswer,
  AuthorizeCall,
  BeforeTurnAnswer,
  Caller,
  EndedTurn,
  GatewayEventEntry,
  GatewayHooks,
  GatewayOptions,
  GatewaySettings,
  TurnCall,
  TurnChanges,
} from "./hooks/gateway-options.ts";

/** A Durable Object class, as wrangler and `DurableObjectNamespace` see it. What is inside is the gateway's own. */
export type ObjectClass = new (ctx: DurableObjectState, env: never) => DurableObject;

export type ChatRoom = DurableObject;
export type Limiter = DurableObject;
export type Metrics = DurableObject;
export type Revocations = DurableObject;

/** One conversation. Bind it as `Chat`. */
export const ChatRoom: ObjectClass = ChatRoomClass;
/** Limits across rooms. Bind it as `Limiter`; optional. */
export const Limiter: ObjectClass = LimiterClass;
/** Counts for `/metrics`. Bind it as `Metrics`; optional. */
export const Metrics: ObjectClass = MetricsClass;
/** Revoked tokens. Bind it as `Revocations`; optional. */
export const Revocations: ObjectClass = RevocationsClass;

export interface Gateway<Env> {
  /** Answers every request under the prefix, and others with 404. Never rejects. */
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response>;
  /** Keeps routes and backend warm (`WARM_ROUTES`); needed only with a cron trigger. */
  scheduled(controller: ScheduledController, env: Env, context: ExecutionContext): Promise<void>;
  /** Whether `fetch` answers this request: its path lies under the prefix. */
  handles(request: Request): boolean;
  /** The classes bound to this gateway, for a Worker with more than one. */
  readonly ChatRoom: ObjectClass;
  readonly Limiter: ObjectClass;
  readonly Metrics: ObjectClass;
  readonly Revocations: ObjectClass;
}

const hookNames = ["authorize", "beforeTurn", "afterTurn", "onEvent"] as const;

/** Once it has loaded. Not the promise of it: one request must not wait for what another one began. */
let app: typeof import("./http/router.ts") | undefined;

/**
 * Makes the handlers of a Worker. The environment must have the Durable Object binding `Chat`; settings are its variables and
 * secrets (docs/settings.md) and `options.settings`. Throws for options that can't be meant, so that the Worker doesn't start.
 */
export function createGateway<Env extends object = Cloudflare.Env>(options: GatewayOptions<Env> = {}): Gateway<Env> {
  check(options);
  const { prefix = "" } = options;
  const gateway = new GatewayEnv(options as Options);
  register(gateway);
  const bound = <T extends ObjectClass>(objectClass: T): ObjectClass => {
    const own = class extends (objectClass as new (...args: never[]) => DurableObject) {} as unknown as ObjectClass;
    bindClass(own, gateway);
    return own;
  };

  async function answer(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const inside = prefix === "" ? request : withoutPrefix(request, prefix);
    if (inside === undefined) return new Response("Not found", { status: 404 });
    if (isForHealth(inside)) return healthy();
    app ??= await import("./http/router.ts");
    return app.answer(inside, gateway.of(env) as unknown as Bindings, context, prefix);
  }

  return {
    fetch: answer,
    async scheduled(_, env, context) {
      const { keepWarm } = await import("./http/cron.ts");
      await keepWarm(gateway.of(env) as unknown as Bindings, (path) =>
        answer(new Request(`http://localhost${prefix}${path}`), env, context),
      );
    },
    handles: (request) => prefix === "" || withoutPrefix(request, prefix) !== undefined,
    ChatRoom: bound(ChatRoom),
    Limiter: bound(Limiter),
    Metrics: bound(Metrics),
    Revocations: bound(Revocations),
  };
}

function check(options: object): void {
  const { prefix = "", settings = {} } = options as Options;
  for (const [name, value] of Object.entries(options)) {
    const isHook = (hookNames as readonly string[]).includes(name);
    if (!isHook && name !== "prefix" && name !== "settings") {
      throw new TypeError(
        `createGateway: ${name} isn't an option. Options are prefix, settings, ${hookNames.join(", ")}.`,
      );
    }
    if (isHook && value !== undefined && typeof value !== "function") {
      throw new TypeError(`createGateway: ${name} must be a function.`);
    }
  }
  if (typeof prefix !== "string" || !/^(?:\/[\w.~-]+)*$/.test(prefix)) {
    throw new TypeError('createGateway: prefix must be a path such as "/ai", without a slash at its end.');
  }
  if (typeof settings !== "object" || settings === null) {
    throw new TypeError(
      'createGateway: settings must be an object such as { NEST_BASE: "https://backend.example.com" }.',
    );
  }
}

/** The same request at the address that the routes know; undefined for a path outside of the prefix. */
function withoutPrefix(request: Request, prefix: string): Request | undefined {
  const url = new URL(request.url);
  const { pathname } = url;
  if (pathname !== prefix && !pathname.startsWith(`${prefix}/`)) return undefined;
  url.pathname = pathname.slice(prefix.length);
  return new Request(url, request);
}

function isForHealth({ method, url }: Request): boolean {
  return (method === "GET" || method === "HEAD") && new URL(url).pathname === "/health";
}

/** The Worker runs: nothing more is asked, and nothing else is loaded. `/ready` asks whether it can work. */
function healthy(): Response {
  return Response.json({ status: "ok" }, { headers: { "cache-control": "no-store", ...securityHeaders } });
}
