/**
 * The bridge: one question in, its answer out as SSE. No room, no log, nothing kept between two requests — for clients that want
 * nothing but the stream, and for edges without Durable Objects. A plain `(Request, BridgeConfig) => Promise<Response>` on web
 * standards, so that it runs wherever those do.
 *
 * It answers as soon as something is known and relays while it reads: a handler that awaits the whole stream first is stopped
 * as hung on Workers and never answers on other edges.
 */

import { isErrorCode } from "../../shared/protocol/errors.ts";
import type { RoomEvent } from "../core/events.ts";
import { NO_LIMITER, type TurnLimiter } from "../core/limiter/limiter-port.ts";
import type { RoomPolicy } from "../core/policy.ts";
import type { MonotonicClock } from "../core/ports.ts";
import { problem, retryAfterOf } from "../responses/problem.ts";
import { sseHeaders, wantsStream } from "../responses/sse.ts";
import { type AuthorizedCall, FetchUpstream, type ReaderOf } from "../upstream/fetch-upstream.ts";
import type { UpstreamSetting } from "../upstream/upstream-setting.ts";
import { AnswerRun, type FirstWord } from "./answer-run.ts";
import { streamOf, within } from "./event-stream-body.ts";
import { type Question, readQuestion } from "./question.ts";
import { rawBatches } from "./raw-stream.ts";

export interface BridgeConfig {
  readonly upstream: UpstreamSetting;
  /** The subject that asks. */
  readonly user: string;
  /** Leases from the tenant's Limiter. Absent: the platform has none. */
  readonly limiter?: TurnLimiter | undefined;
  /** A new generation is about to be requested, for the audit log. */
  readonly onGeneration?: (generationId: string) => void;
  /** `auto`: events of the unified format, whatever the backend speaks. `off`: the backend's bytes. */
  readonly parse: "auto" | "off";
  /** Timeouts, attempts, backoff and the pace of simulated chunks: the room's. */
  readonly policy: RoomPolicy;
  /** Silence after which a comment goes out, ms. */
  readonly heartbeatMs: number;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly clock: MonotonicClock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Headers that show the backend that a call is ours, made for it and short-lived. The edge keeps no provider's key. */
  readonly authorize: (call: AuthorizedCall) => Promise<Readonly<Record<string, string>>>;
  /** The name of what the asker may not ask for, or undefined. */
  readonly refusalOf?: ((asked: Question) => string | undefined) | undefined;
  /** What a room would tell of such a call. */
  readonly report: (event: RoomEvent) => void;
  /** What nobody expected. */
  readonly onFault: (cause: unknown) => void;
  /** Keeps the platform from ending the function before `work` is done: a stop outlives the answer, and its reader. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Loads what parses. Where that fails, the stream goes through as it is. */
  readonly loadParser?: () => Promise<ReaderOf>;
}

/**
 * Platforms give a function so long to begin its answer (Vercel's edge 25 s, Netlify's 40 s). Until then a failure is a status,
 * for whoever does not ask for an event stream; later it is an event. Who reads events is answered sooner: until something was
 * written to them, some platforms cannot tell that they left.
 */
const answerWithinMs = { events: 1_000, status: 20_000 } as const;

/**
 * How long a reader waits when the backend says "later". Who reads events sees the wait and may well sit through it; who does not
 * gets the refusal with its `Retry-After` while it is still worth something, which it no longer is once the answer has begun.
 */
const maxWaitMs = { events: 20_000, status: 2_000 } as const;

/** The name under which the backend sees questions of no room. */
export const bridgeRoom = "bridge";

/** Never rejects for what the backend or the reader do. */
export async function bridge(request: Request, config: BridgeConfig): Promise<Response> {
  if (request.method !== "GET" && request.method !== "POST") {
    return problem("method-not-allowed", { headers: { allow: "GET, POST" } });
  }
  const asked = await readQuestion(request);
  if (!asked.ok) return problem(asked.error.code, { detail: asked.error.detail });
  const question = asked.value;
  // An `EventSource` comes back after every end. It is told to stay away where there is nothing to come back for.
  if (question.position?.kind === "over") return new Response(null, { status: 204 });
  const refused = config.refusalOf?.(question);
  if (refused !== undefined) return problem("turn-not-allowed", { detail: `Not allowed here: ${refused}.` });

  const leaving = new AbortController();
  // Where the runtime tells of a departure at once, it need not wait for the next heartbeat.
  request.signal?.addEventListener("abort", () => leaving.abort(), { once: true });
  if (request.signal?.aborted) leaving.abort();
  // An `EventSource` cannot read the body of a refusal and gives up on it: it is answered in events, whatever happens.
  const wantsEvents = wantsStream(request);
  let mayBeStatus = !wantsEvents;
  const run = new AnswerRun(question, {
    upstream: await upstreamOf(config),
    user: config.user,
    limiter: config.limiter ?? NO_LIMITER,
    onGeneration: config.onGeneration ?? (() => undefined),
    policy: config.policy,
    clock: config.clock,
    random: config.random,
    maxWaitMs: () => (mayBeStatus ? maxWaitMs.status : maxWaitMs.events),
    left: leaving.signal,
    traceparent: request.headers.get("traceparent") ?? undefined,
    report: config.report,
  });
  const word = await firstWord(run, wantsEvents, config);
  if (word.kind === "failed" && !wantsEvents) {
    const code = isErrorCode(word.error.code) ? word.error.code : "internal";
    return problem(code, word.retryAfterMs === undefined ? {} : { retryAfterMs: word.retryAfterMs });
  }
  mayBeStatus = false;
  const wait =
    "retryAfterMs" in word && word.retryAfterMs !== undefined ? { "retry-after": retryAfterOf(word.retryAfterMs) } : {};
  const body = streamOf(run.outbox, {
    heartbeatMs: config.heartbeatMs,
    clock: config.clock,
    onLeave: () => leaving.abort(),
  });
  return new Response(body, { headers: { ...sseHeaders, ...wait } });
}

/** Starts the run; resolves when enough is known to answer, at the latest when the platform wants an answer. */
async function firstWord(
  run: AnswerRun,
  wantsEvents: boolean,
  { clock, waitUntil }: Pick<BridgeConfig, "clock" | "waitUntil">,
): Promise<FirstWord> {
  const word = new Promise<FirstWord>((resolve) => {
    const done = run.start((said) => {
      if (said.kind !== "waiting" || wantsEvents) resolve(said);
    });
    waitUntil(done);
  });
  const first = await within(word, wantsEvents ? answerWithinMs.events : answerWithinMs.status, clock);
  return first === "late" ? { kind: "open" } : first;
}

async function upstreamOf(config: BridgeConfig): Promise<FetchUpstream> {
  return new FetchUpstream({
    setting: () => config.upstream,
    room: bridgeRoom,
    readerOf: await readersFor(config),
    authorize: config.authorize,
    fetch: config.fetch,
  });
}

async function readersFor(config: BridgeConfig): Promise<ReaderOf> {
  if (config.parse === "off") return () => rawBatches;
  const load = config.loadParser ?? (async () => (await import("../upstream/event-stream.ts")).readerOf);
  try {
    return await load();
  } catch (cause) {
    config.onFault(cause);
    return () => rawBatches;
  }
}
