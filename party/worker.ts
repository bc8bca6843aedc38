/**
 * The Worker's entry, which every cold start evaluates: the object classes, and a front door that answers for its health by
 * itself and opens the rest (`app.ts`) when it is first asked for. What is imported here is paid by everybody.
 */
import { securityHeaders } from "./routes/security-headers.ts";
import type { Bindings } from "./routes/visit.ts";

export { Limiter } from "./limiter.ts";
export { Metrics } from "./metrics.ts";
export { Revocations } from "./revocations.ts";
export { ChatRoom } from "./room.ts";

/** Once it has loaded. Not the promise of it: one request must not wait for what another one began. */
let app: typeof import("./app.ts") | undefined;

async function answer(request: Request, env: Bindings, context: ExecutionContext): Promise<Response> {
  if (isForHealth(request)) return healthy();
  app ??= await import("./app.ts");
  return app.answer(request, env, context);
}

function isForHealth({ method, url }: Request): boolean {
  return (method === "GET" || method === "HEAD") && new URL(url).pathname === "/health";
}

/** The Worker runs: nothing more is asked, and nothing else is loaded. `/ready` asks whether it can work. */
function healthy(): Response {
  return Response.json({ status: "ok" }, { headers: { "cache-control": "no-store", ...securityHeaders } });
}

/** The cron of wrangler.jsonc; it does nothing until WARM_ROUTES says what. */
async function scheduled(_: ScheduledController, env: Bindings, context: ExecutionContext): Promise<void> {
  const { keepWarm } = await import("./warm.ts");
  await keepWarm(env, (path) => answer(new Request(`http://localhost${path}`), env, context));
}

export default { fetch: answer, scheduled } satisfies ExportedHandler<Bindings>;
