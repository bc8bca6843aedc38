/**
 * The bridge on Vercel, in both of its forms:
 *
 * - Node.js (Fluid compute), which Vercel recommends: `export default vercelFunction`. With `"supportsCancellation": true` in
 *   vercel.json a reader's departure aborts the call at once.
 *   https://vercel.com/docs/functions/functions-api-reference
 * - the edge runtime, which Vercel has deprecated. Next.js 16.4.6 still builds it, with a warning: `export default vercelEdge`. No
 *   signal reports a departure there; the heartbeat notices it.
 *
 * Both end a function with its answer, but for what `waitUntil` was given.
 * https://vercel.com/docs/functions/functions-api-reference/vercel-functions-package#waituntil
 */
import { serveBridge } from "./serve.ts";

/** The environment variables, in both runtimes. */
declare const process: { readonly env: Readonly<Record<string, string | undefined>> };

/**
 * Vercel ends a function after 300 s (vercel.json may allow more): an answer that takes longer says so itself, before that.
 * https://vercel.com/docs/functions/limitations
 */
const settings = { TURN_TIMEOUT_MS: "280000", ...process.env };

/** What the edge runtime gives a handler beside the request. */
export interface VercelContext {
  readonly waitUntil?: (work: Promise<unknown>) => void;
}

/** Where both runtimes keep the request's context: what `waitUntil` of @vercel/functions reads, which needs no package here. */
const requestContext = Symbol.for("@vercel/request-context");
type Globals = { readonly [requestContext]?: { readonly get?: () => VercelContext | undefined } };

/** For `export const config = { runtime: "edge" }`: a plain handler. */
export function vercelEdge(request: Request, given?: VercelContext): Promise<Response> {
  // Set by Vercel's proxy, which discards what a visitor claims.
  const address = request.headers.get("x-real-ip") ?? undefined;
  const context = given?.waitUntil === undefined ? (globalThis as Globals)[requestContext]?.get?.() : given;
  return serveBridge(request, { settings, address, waitUntil: (work) => context?.waitUntil?.(work) });
}

/** For the Node.js runtime: the object with `fetch` that Vercel looks for. */
export const vercelFunction = { fetch: vercelEdge };
