/**
 * The bridge as a Netlify Edge Function. Not as a Netlify Function, which ends after 60 s and streams 20 MB.
 * https://docs.netlify.com/build/edge-functions/limits/
 */
import { serveBridge } from "./serve.ts";

/** What Netlify gives a function beside the request: `Context` of @netlify/edge-functions, as far as it is used here. */
export interface NetlifyContext {
  readonly ip?: string;
  /** Optional: older CLIs, which run functions locally, give none. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
}

/** What Netlify gives as a global. Locally, and where an older CLI runs it, only Deno's is there. */
interface Globals {
  readonly Netlify?: { readonly env: { toObject(): Record<string, string> } };
  readonly Deno?: { readonly env: { toObject(): Record<string, string> } };
}

/** 50 ms of CPU are all that a request has: the bytes go through as they are, unless BRIDGE_PARSE=auto asks for more. */
const presets = { BRIDGE_PARSE: "off" };

/** Read with the first request: before it, the platform has not set the environment up. */
let settings: Readonly<Record<string, string>> | undefined;

export function netlifyEdge(request: Request, context: NetlifyContext): Promise<Response> {
  const { Netlify, Deno } = globalThis as Globals;
  settings ??= { ...presets, ...(Netlify ?? Deno)?.env.toObject() };
  return serveBridge(request, { settings, address: context.ip, waitUntil: (work) => context.waitUntil?.(work) });
}

/**
 * Where it answers and how often an address may ask: counted by Netlify itself, before the function runs.
 * https://docs.netlify.com/manage/security/secure-access-to-sites/rate-limiting/
 */
export const netlifyConfig = {
  path: "/chat",
  method: ["GET", "POST", "OPTIONS"],
  // A cached answer would be somebody else's.
  cache: "off",
  rateLimit: { windowLimit: 600, windowSize: 60, aggregateBy: ["ip", "domain"] },
} as const;
