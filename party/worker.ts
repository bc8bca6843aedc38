/**
 * The Worker's entry, which every cold start evaluates: the object classes, and a front door that answers for its health by
 * itself and opens the rest (`app.ts`) when it is first asked for. What is imported here is paid by everybody.
 */

import type { Bindings } from "./http/request-context.ts";
import { securityHeaders } from "./responses/security-headers.ts";

export { ChatRoom } from "./objects/chat-room.ts";
export { Limiter } from "./objects/limiter-object.ts";
export { Metrics } from "./objects/metrics-object.ts";
export { Revocations } from "./objects/revocations-object.ts";

/** Once it has loaded. Not the promise of it: one request must not wait for what another one began. */
let app: typeof import("./http/router.ts") | undefined;

async function answer(request: Request, env: Bindings, context: ExecutionContext): Promise<Response> {
  if (isForHealth(request)) return healthy();
  app ??= await import("./http/router.ts");
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
  const { keepWarm } = await import("./http/cron.ts");
  await keepWarm(env, (path) => answer(new Request(`http://localhost${path}`), env, context));
}

export default { fetch: answer, scheduled } satisfies ExportedHandler<Bindings>;
