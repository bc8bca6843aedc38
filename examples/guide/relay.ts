/**
 * The smallest bridge worth deploying: one question in, the backend's event stream out, on web standards alone. It answers before it
 * relays, encodes the prompt, turns a refusal into a status, keeps a silent line alive and closes the backend's call when its reader
 * leaves. It does not parse, retry, resume, limit or authenticate: `party/bridge/bridge.ts` does.
 */

// #region relay
/** Milliseconds. docs/guide.md says why these. */
const presets = { headersTimeoutMs: 10_000, silenceTimeoutMs: 30_000, heartbeatMs: 15_000 };

export async function relay(request: Request, nestBase: string, timing = presets): Promise<Response> {
  const prompt = new URL(request.url).searchParams.get("q");
  if (!prompt) return new Response("Ask with ?q=\n", { status: 400 });

  const call = new AbortController();
  request.signal.addEventListener("abort", () => call.abort());
  const late = setTimeout(() => call.abort(), timing.headersTimeoutMs);
  const query = new URLSearchParams({ provider: "openai", prompt }); // encodes
  const upstream = await fetch(`${nestBase}/model/chat?${query}`, { signal: call.signal }).catch(() => undefined);
  clearTimeout(late);

  if (!upstream?.ok || upstream.body === null) {
    call.abort(); // the body of a refusal is not for strangers, and holds a connection
    const isBusy = upstream?.status === 429 || upstream?.status === 503;
    const wait = upstream?.headers.get("retry-after");
    return new Response(isBusy ? "Too busy, try again later\n" : "The backend failed\n", {
      status: isBusy ? upstream.status : 502,
      headers: isBusy && wait ? { "retry-after": wait } : {},
    });
  }
  return new Response(lively(upstream.body, call, timing), {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
}
// #endregion

// #region lively
const newline = 10;
const bytes = (text: string) => new TextEncoder().encode(text);

/** The same bytes, with a comment wherever they pause; a failure is an event, because the status is long gone. */
function lively(body: ReadableStream<Uint8Array>, call: AbortController, timing: typeof presets) {
  const reader = body.getReader();
  // A body that is being read does not always notice the abort of its fetch (seen on Deno); its reader does.
  call.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined));
  let tail = [newline, newline];
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  const isBetweenEvents = () => tail.every((byte) => byte === newline);

  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes(":\n\n")); // headers and a first byte leave at once
      heartbeat = setInterval(() => isBetweenEvents() && controller.enqueue(bytes(":\n\n")), timing.heartbeatMs);
    },
    async pull(controller) {
      const silence = setTimeout(() => call.abort(), timing.silenceTimeoutMs);
      const next = await reader.read().catch(() => undefined);
      clearTimeout(silence);
      if (next?.done === false && !call.signal.aborted) {
        tail = [...tail, ...next.value.subarray(-2)].slice(-2);
        return controller.enqueue(next.value);
      }
      clearInterval(heartbeat);
      const isBroken = next === undefined || call.signal.aborted;
      if (isBroken && isBetweenEvents()) {
        controller.enqueue(bytes('event: error\ndata: {"code":"upstream-silence","retryable":false}\n\n'));
      }
      controller.close();
    },
    cancel() {
      clearInterval(heartbeat);
      call.abort(); // the reader left: the model need not go on
    },
  });
}
// #endregion
