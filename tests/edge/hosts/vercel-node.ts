/**
 * Runs the example's Node.js function as Vercel does: an HTTP request becomes a `Request` with a signal that aborts when the visitor
 * leaves (`supportsCancellation`), and what the function's `fetch` returns is written as it comes. Netlify Functions run the same way.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { arrayBuffer } from "node:stream/consumers";

interface FetchFunction {
  fetch(request: Request): Promise<Response>;
}
/** Another function than the example's, with the same form, or as a plain handler. */
const file = process.argv[2] ?? "examples/vercel/api/chat.js";
const { default: example } = (await import(new URL(`../../../${file}`, import.meta.url).href)) as {
  default: FetchFunction | FetchFunction["fetch"];
};
const chat: FetchFunction = typeof example === "function" ? { fetch: example } : example;

const server = createServer((incoming, outgoing) => {
  answer(incoming, outgoing).catch((error: Error) => outgoing.destroy(error));
});
server.listen(0, "127.0.0.1", () => {
  console.log(`ready on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const { method = "GET", headers, url = "/" } = incoming;
  const hasBody = method !== "GET" && method !== "HEAD";
  const request = new Request(new URL(url, `http://${headers.host}`), {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    signal: gone.signal,
    // Vercel hands a body over whole: it may have 4.5 MB.
    ...(hasBody ? { body: await arrayBuffer(incoming) } : {}),
  });
  const response = await chat.fetch(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers)).flushHeaders();
  // The function's own cancel() is called where the visitor leaves, as Vercel's server does.
  const reader = response.body?.getReader();
  gone.signal.addEventListener("abort", () => void reader?.cancel());
  for (;;) {
    const next = await reader?.read();
    if (next === undefined || next.done) break;
    if (!outgoing.write(next.value)) await new Promise((resolve) => outgoing.once("drain", resolve));
  }
  outgoing.end();
}
