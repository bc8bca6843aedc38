/**
 * The stateless bridge: one request in, the backend's SSE out, byte for byte. No room, no log, no parsing — for clients that
 * want nothing but the stream. A plain fetch handler on web standards, so that it runs wherever those do.
 *
 * It answers as soon as the backend's headers are there and relays while it reads: a handler that awaits the whole stream
 * first is stopped as hung on Workers and never answers on other edges.
 */

export interface BridgeConfig {
  /** Base URL of the NestJS service, without a trailing slash. */
  readonly nestBase: string;
  readonly headersTimeoutMs: number;
  /**
   * A comment goes out after this much silence. It keeps proxies from closing the line, and it is how a reader's departure
   * is noticed at all: a runtime sees a closed connection only when it writes to it.
   */
  readonly heartbeatMs: number;
  /** What shows the backend that a call is ours, such as a minted token; nothing where left out. */
  readonly authorize?: () => Promise<Readonly<Record<string, string>>>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** What a failed relay says: our code and a status. The caller makes it a problem in its own way. */
export type BridgeFailure = {
  readonly code:
    | "upstream-unreachable"
    | "upstream-headers-timeout"
    | "upstream-rate-limited"
    | "upstream-unavailable"
    | "upstream-rejected"
    | "upstream-malformed";
  /** The backend's `Retry-After`, as it said it. */
  readonly retryAfter?: string;
};

export type Bridged =
  | { readonly ok: true; readonly response: Response }
  | { readonly ok: false; readonly failure: BridgeFailure };

/** `?q=` is the prompt (default `hello`), `?provider=` whose model (default `openai`). */
export async function bridge(request: Request, config: BridgeConfig): Promise<Bridged> {
  const query = new URL(request.url).searchParams;
  const wanted = new URLSearchParams({
    provider: query.get("provider") ?? "openai",
    prompt: query.get("q") ?? "hello",
  });
  const abort = new AbortController();
  // Where the runtime tells of a departure at once, it need not wait for the next heartbeat.
  request.signal?.addEventListener("abort", () => abort.abort(), { once: true });
  const timer = setTimeout(
    () => abort.abort(new DOMException("no headers in time", "TimeoutError")),
    config.headersTimeoutMs,
  );
  let upstream: Response;
  try {
    upstream = await config.fetch(`${config.nestBase}/model/chat?${wanted}`, {
      headers: { accept: "text/event-stream", ...lastEventId(request), ...(await config.authorize?.()) },
      redirect: "manual",
      signal: abort.signal,
    });
  } catch {
    const isLate = abort.signal.reason instanceof DOMException && abort.signal.reason.name === "TimeoutError";
    return failed({ code: isLate ? "upstream-headers-timeout" : "upstream-unreachable" });
  } finally {
    clearTimeout(timer);
  }
  const failure = failureOf(upstream);
  if (failure !== undefined || upstream.body === null) {
    await upstream.body?.cancel();
    return failed(failure ?? { code: "upstream-malformed" });
  }
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    // Not stored, not compressed, not collected: each would hold tokens back.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  };
  const body = relay(upstream.body, config.heartbeatMs, () => abort.abort());
  return { ok: true, response: new Response(body, { headers }) };
}

/** An `EventSource` that comes back says where it was; the backend decides whether it can go on from there. */
function lastEventId(request: Request): Record<string, string> {
  const id = request.headers.get("last-event-id");
  return id === null ? {} : { "last-event-id": id };
}

function failed(failure: BridgeFailure): Bridged {
  return { ok: false, failure };
}

function failureOf(upstream: Response): BridgeFailure | undefined {
  const retryAfter = upstream.headers.get("retry-after");
  const wait = retryAfter === null ? {} : { retryAfter };
  if (upstream.status === 429) return { code: "upstream-rate-limited", ...wait };
  if (upstream.status >= 500) return { code: "upstream-unavailable", ...wait };
  if (upstream.status !== 200 && upstream.status !== 201) return { code: "upstream-rejected" };
  const type = upstream.headers.get("content-type") ?? "";
  return /^text\/event-stream\b/i.test(type) ? undefined : { code: "upstream-malformed" };
}

const newline = 0x0a;

/**
 * The backend's bytes with comments of ours between its lines. Pulled, so that a slow reader slows the backend and nothing
 * is kept in between. A heartbeat is one comment line after a whole line: inside a line it would break it, and with a blank
 * line after it, it would end an event that is still arriving.
 */
function relay(body: ReadableStream<Uint8Array>, heartbeatMs: number, stop: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const encoder = new TextEncoder();
  const heartbeat = encoder.encode(":\n");
  let reading: ReturnType<typeof reader.read> | undefined;
  let isBetweenLines = true;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(":worker-bridge\n\n"));
      },
      async pull(controller) {
        try {
          for (;;) {
            // Kept across heartbeats: a read that was begun is answered once.
            reading ??= reader.read();
            const next = await within(reading, heartbeatMs);
            if (next === undefined) {
              if (!isBetweenLines) continue;
              controller.enqueue(heartbeat);
              return;
            }
            reading = undefined;
            if (next.done) controller.close();
            else {
              isBetweenLines = next.value.at(-1) === newline;
              controller.enqueue(next.value);
            }
            return;
          }
        } catch (error) {
          // The backend broke off: so does the stream, and an EventSource comes back by itself.
          controller.error(error);
        }
      },
      async cancel() {
        stop();
        await reader.cancel().catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The promise's value, or undefined when it takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}
