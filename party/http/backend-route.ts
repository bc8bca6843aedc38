/**
 * What is asked of the backend beside chatting: its models and its public context, which are cached, and whether it is there.
 * No object is woken for any of it.
 */

import { parseJson } from "../../shared/parse-json.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { sharedCache } from "../platform/cache-api.ts";
import { systemClock } from "../platform/clock.ts";
import { readBounded } from "../platform/read-bounded.ts";
import { type Cached, StaleCache } from "../platform/stale-cache.ts";
import { problem } from "../responses/refusal-response.ts";
import { reportFault } from "../telemetry/reporter.ts";

const timeoutMs = 10_000;
/** `GET /ready` is asked by probes, which give up soon themselves. */
const readyTimeoutMs = 3_000;
/** Lists of models and greetings are some kilobytes; what is larger is something else. */
const maxBodyBytes = 262_144;
/** Where the backend does not say itself how long it holds. */
const defaultFreshMs = 60_000;
const defaultStaleMs = 600_000;

export type CachedPath = "/model/models" | "/model/context";

/** The backend did not answer, or with a status that is no answer. */
class BackendFailure extends Error {
  readonly code: "upstream-unreachable" | "upstream-unavailable" | "upstream-malformed";

  constructor(code: BackendFailure["code"], cause: unknown) {
    super(`[${code}]`, { cause });
    this.code = code;
  }
}

const cache = new StaleCache(systemClock);

/** @param inBackground keeps a refresh alive after the answer (`ctx.waitUntil`). */
export async function routeBackend(
  path: CachedPath,
  config: GatewayConfig,
  inBackground: (work: Promise<unknown>) => void,
): Promise<Response> {
  try {
    const cached = await cache.get(config.upstream.base + path, () => load(path, config), sharedCache, inBackground);
    return new Response(cached.body, {
      headers: { "content-type": "application/json", "cache-control": cacheControlOf(cached) },
    });
  } catch (error) {
    reportFault(path, error);
    return problem(error instanceof BackendFailure ? error.code : "internal", { retryAfterMs: 5_000 });
  }
}

/** `GET /ready`: the settings are right and the backend answers. Whoever asks knows them right already. */
export async function routeReady(config: GatewayConfig): Promise<Response> {
  try {
    await (await ask("/health", config, readyTimeoutMs)).body?.cancel();
    return Response.json({ status: "ready" }, { headers: { "cache-control": "no-store" } });
  } catch (error) {
    reportFault("ready", error);
    return problem(error instanceof BackendFailure ? error.code : "internal", { retryAfterMs: 5_000 });
  }
}

async function load(path: CachedPath, config: GatewayConfig): Promise<Cached> {
  const response = await ask(path, config, timeoutMs);
  const body = await readBounded(response, maxBodyBytes);
  // A page of some proxy's in between must not be what everybody gets for an hour.
  if (body === undefined || !parseJson(body, maxBodyBytes).ok)
    throw new BackendFailure("upstream-malformed", "no JSON");
  const said = response.headers.get("cache-control");
  const storedAt = systemClock.now();
  if (/\b(?:no-store|no-cache|private)\b/i.test(said ?? "")) return { body, storedAt, freshMs: 0, staleMs: 0 };
  return {
    body,
    storedAt,
    freshMs: secondsIn(said, "max-age") ?? defaultFreshMs,
    staleMs: secondsIn(said, "stale-while-revalidate") ?? defaultStaleMs,
  };
}

async function ask(path: string, config: GatewayConfig, ms: number): Promise<Response> {
  const init = {
    headers: { accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(ms),
  } as const;
  const response = await fetch(config.upstream.base + path, init).catch((cause: unknown) => {
    throw new BackendFailure("upstream-unreachable", cause);
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw new BackendFailure("upstream-unavailable", `status ${response.status}`);
}

/** What is left of it: a browser adds its own time to the time it lay here. */
function cacheControlOf({ storedAt, freshMs, staleMs }: Cached): string {
  if (freshMs === 0) return "no-store";
  const left = Math.max(0, Math.floor((storedAt + freshMs - systemClock.now()) / 1_000));
  return `public, max-age=${left}, stale-while-revalidate=${Math.floor(staleMs / 1_000)}`;
}

function secondsIn(cacheControl: string | null, directive: string): number | undefined {
  const seconds = new RegExp(`(?:^|[\\s,])${directive}=(\\d{1,9})`, "i").exec(cacheControl ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
