/**
 * A backend that misbehaves, byte for byte: HTTP in, raw bytes out. The prompt names the fault (`faulty-upstream-table.ts`).
 * `GET /control/seen?prompt=…` tells how often it was asked. Loopback only; it ends with the suite.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { TestProject } from "vitest/node";
import { isShapePrompt, sendShape } from "../upstream/send-shape.ts";
import { type FaultName, faults } from "./faulty-upstream-table.ts";

/** For a suite. */
export default async function setup(project: TestProject): Promise<() => void> {
  const { url, stop } = await startFaultyUpstream();
  project.provide("faultyUrl", url);
  return stop;
}

export async function startFaultyUpstream(): Promise<{ readonly url: string; stop(): void }> {
  const upstream = new FaultyUpstream();
  const server = createServer((request, response) => {
    upstream.handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

class FaultyUpstream {
  readonly #calls = new Map<string, number>();

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://upstream");
    if (url.pathname === "/control/seen") {
      const prompt = url.searchParams.get("prompt") ?? "";
      const seen = { calls: this.#calls.get(prompt) ?? 0 };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(seen));
    } else if (request.method === "DELETE") response.writeHead(204).end();
    else if (request.method === "POST" && url.pathname === "/model/chat") {
      const body = (await json(request)) as { messages: { content: string }[] };
      const prompt = body.messages.at(-1)?.content ?? "";
      const call = (this.#calls.get(prompt) ?? 0) + 1;
      this.#calls.set(prompt, call);
      if (isShapePrompt(prompt)) await sendShape(prompt, response);
      else if (!isFault(prompt)) response.writeHead(404).end();
      else {
        const lastEventId = request.headers["last-event-id"];
        await behaviours[prompt]({ socket: request.socket, call, lastEventId: lastEventId?.toString() });
      }
    } else response.writeHead(404).end();
  }
}

function isFault(prompt: string): prompt is FaultName {
  return Object.hasOwn(faults, prompt);
}

interface Call {
  readonly socket: Socket;
  /** 1 for the first. */
  readonly call: number;
  readonly lastEventId: string | undefined;
}
type Behaviour = (call: Call) => Promise<void> | void;

const secret = "secret: at model.ts:12";
const sse = "text/event-stream";

const head = (type: string | undefined, status = "200 OK", more: readonly string[] = []) =>
  [
    `HTTP/1.1 ${status}`,
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    "Connection: close",
    ...more,
    "",
    "",
  ].join("\r\n");
const event = (name: string, data: unknown, id?: number) =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const token = (text: string, id?: number) => event("token", { text }, id);
const data = (...events: readonly unknown[]) =>
  events.map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`).join("");

const first = event("start", { model: "faulty", resumable: false }, 1) + token("Hello, ", 2);
const resumableFirst = event("start", { model: "faulty", resumable: true }, 1) + token("Hello, ", 2);
const rest = token("world", 3) + event("done", { finishReason: "stop" }, 4);
const answer = head(sse) + first + rest;

/** Sends these bytes and ends the connection. */
const sends =
  (...bytes: readonly (string | Uint8Array)[]): Behaviour =>
  async ({ socket }) => {
    for (const each of bytes) await write(socket, each);
    socket.end();
  };

/** Sends them, and leaves the connection open. */
const sendsAndWaits =
  (bytes: string): Behaviour =>
  ({ socket }) =>
    void socket.write(bytes);

/** The first call meets the fault, the next gets the answer. */
const once =
  (fault: Behaviour): Behaviour =>
  (call) =>
    (call.call === 1 ? fault : sends(answer))(call);

const status = (line: string, body: string, type = "application/json", more: readonly string[] = []): Behaviour =>
  sends(head(type, line, more) + body);

/** Resolves when the kernel has it, so that what follows is a packet of its own. */
function write(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.write(bytes, () => resolve());
  });
}

/** Until the gateway has had enough. */
const drips =
  (before: string, again: string, everyMs: number): Behaviour =>
  async ({ socket }) => {
    await write(socket, before);
    while (!socket.destroyed) {
      await sleep(everyMs);
      await write(socket, again);
    }
  };

const resets =
  (after = ""): Behaviour =>
  async ({ socket }) => {
    if (after !== "") {
      await write(socket, after);
      // A reset overtakes what the other side has not read yet.
      await sleep(100);
    }
    socket.resetAndDestroy();
  };

const chunk = (delta: object, finish: string | null = null) => ({
  object: "chat.completion.chunk",
  model: "faulty",
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const inChunks = (body: string) => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`;

const behaviours: Readonly<Record<FaultName, Behaviour>> = {
  "closes-at-once": ({ socket }) => void socket.end(),
  "resets-at-once": resets(),
  "no-http": sends("SSH-2.0-OpenSSH_9.9\r\n"),
  "closes-once": once(({ socket }) => void socket.end()),

  "half-headers": sends("HTTP/1.1 200 OK\r\nContent-Ty"),
  "bad-status-line": sends(`HTTP/1.1 fine ${secret}\r\n\r\n`),
  "huge-headers": sends(head(sse, "200 OK", [`X-Secret: ${"x".repeat(1_048_576)}`]), first + rest),
  "no-colon": sends(head(sse, "200 OK", ["this is no header"]), first + rest),
  "odd-case": sends(
    `HTTP/1.1 200 OK\r\nCONTENT-TYPE:   TEXT/EVENT-STREAM ; CHARSET="UTF-8"\r\nCONNECTION: CLOSE\r\n\r\n${first}${rest}`,
  ),

  "no-headers": () => undefined,
  "slow-headers": drips("HTTP/1.1 200 OK\r\nX-Slow: ", "x", 50),
  "no-first-token": sendsAndWaits(head(sse)),
  "comments-only": drips(head(sse), `: ${secret}\n\n`, 50),
  "whole-never-ends": sendsAndWaits(`${head("application/json")}{"text":"Hello, `),
  "falls-silent": sendsAndWaits(head(sse) + first),
  "silent-in-event": sendsAndWaits(`${head(sse)}${first}event: token\ndata: {"text":"wor`),
  "never-done": drips(head(sse) + first, ": working\n\n", 100),

  "ends-empty": sends(head(sse)),
  "ends-early": sends(head(sse) + first),
  "ends-in-event": sends(`${head(sse)}${first}event: token\ndata: {"text":"wor`),
  "no-last-newline": sends(`${head(sse)}${first}event: done\ndata: {}\n`),
  "resets-in-answer": resets(head(sse) + first),
  "chunk-cut": sends(head(sse, "200 OK", ["Transfer-Encoding: chunked"]) + inChunks(first), "5\r\nev"),
  "short-body": sends(head(sse, "200 OK", ["Content-Length: 9999"]) + first),
  "json-cut": sends(`${head("application/json", "200 OK", ["Content-Length: 9999"])}{"text":"Hello, `),
  "json-cut-unseen": sends(`${head("application/json")}{"text":"Hello, `),
  "cut-resumed": (call) => sends(head(sse) + (call.lastEventId === "2" ? rest : resumableFirst))(call),
  "cut-gone": (call) =>
    (call.lastEventId === undefined ? sends(head(sse) + resumableFirst) : status("410 Gone", secret))(call),
  "cut-again": (call) => sends(head(sse) + (call.lastEventId === undefined ? resumableFirst : ""))(call),

  bom: sends(`${head(sse)}\uFEFF${first}${rest}`),
  crlf: sends(head(sse) + (first + rest).replaceAll("\n", "\r\n")),
  cr: sends(head(sse) + (first + rest).replaceAll("\n", "\r")),
  "byte-by-byte": async ({ socket }) => {
    socket.setNoDelay(true);
    for (const byte of Buffer.from(answer)) await write(socket, Uint8Array.of(byte));
    socket.end();
  },
  "invalid-utf8": sends(
    `${head(sse) + first}event: token\ndata: {"text":"`,
    Uint8Array.of(0xff),
    `world"}\n\n${event("done", {})}`,
  ),
  "split-pair": sends(
    `${head(sse) + first}event: token\ndata: {"text":"\\ud83c"}\n\n`,
    `event: token\ndata: {"text":"\\udf0d"}\n\n${event("done", {})}`,
  ),
  "lone-half": sends(`${head(sse) + first}event: token\ndata: {"text":"\\ud83c!"}\n\n${event("done", {})}`),
  "utf-16": sends(head(sse), Buffer.from(first + rest, "utf16le")),
  gzip: sends(head(sse, "200 OK", ["Content-Encoding: gzip"]), gzipSync(first + rest)),
  "broken-gzip": sends(head(sse, "200 OK", ["Content-Encoding: gzip"]), first + rest),
  "unknown-coding": sends(head(sse, "200 OK", ["Content-Encoding: zstd"]), first + rest),
  gbk: sends(head("text/plain; charset=gbk"), Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3)),

  html: status("200 OK", `<html>${secret}</html>`, "text/html"),
  "html-as-text": status("200 OK", `<!doctype html><p>${secret}`, "text/plain"),
  "stream-as-text": status("200 OK", first + rest, "text/plain"),
  "no-type": sends(head(undefined) + secret),
  image: status("200 OK", secret, "image/png"),
  "json-without-text": status("200 OK", JSON.stringify({ internal: secret })),
  "empty-json": status("200 OK", ""),
  "json-error": status("200 OK", JSON.stringify({ statusCode: 500, message: secret })),
  "whole-json": status("200 OK", JSON.stringify({ text: "Hello, world" })),
  "whole-completion": status(
    "200 OK",
    JSON.stringify({ choices: [{ message: { content: "Hello, world" }, finish_reason: "stop" }] }),
  ),
  "whole-text": status("200 OK", "Hello, world", "text/plain; charset=utf-8"),

  "created-201": sends(head(sse, "201 Created") + first + rest),
  "no-content-204": sends(head(undefined, "204 No Content")),
  "redirect-302": status("302 Found", secret, "text/plain", ["Location: http://127.0.0.1:1/secret"]),
  "rejects-400": status("400 Bad Request", secret),
  "guard-403": status(
    "403 Forbidden",
    JSON.stringify({ message: `Forbidden resource, ${secret}`, error: "Forbidden", statusCode: 403 }),
  ),
  "context-400": status(
    "400 Bad Request",
    JSON.stringify({ error: { message: `${secret}: maximum context length`, code: "context_length_exceeded" } }),
  ),
  "long-413": status("413 Payload Too Large", secret),
  "policy-400": status("400 Bad Request", JSON.stringify({ error: { message: secret, code: "content_filter" } })),
  "quota-402": status("402 Payment Required", secret),
  "quota-429": status(
    "429 Too Many Requests",
    JSON.stringify({ error: { message: secret, type: "insufficient_quota" } }),
  ),
  "missing-404": status("404 Not Found", secret),
  "busy-429-once": once(status("429 Too Many Requests", secret, "application/json", ["Retry-After: 2"])),
  "down-500": status("500 Internal Server Error", secret),
  "down-502-html": status("502 Bad Gateway", `<html>${secret}</html>`, "text/html"),
  "down-503-once": once(status("503 Service Unavailable", secret)),
  "odd-retry-after": once(status("503 Service Unavailable", secret, "text/plain", ["Retry-After: -1"])),
  "far-retry-after": status("503 Service Unavailable", secret, "text/plain", ["Retry-After: 3600"]),

  "no-json": sends(`${head(sse)}${first}event: token\ndata: ${secret}\n\n${rest}`),
  "wrong-type": sends(head(sse) + first + event("token", { text: 5 }) + rest),
  "bad-usage": sends(head(sse) + first + event("usage", { inputTokens: -5 }) + rest),
  "huge-event": sends(`${head(sse)}${first}event: token\ndata: {"text":"`, "x".repeat(10 * 1_048_576), `"}\n\n${rest}`),
  "huge-part": sends(
    head(sse) + first,
    event("tool", { toolCallId: "a", toolName: "read", phase: "result", value: "x".repeat(1_200_000) }) + rest,
  ),
  "unknown-event": sends(
    `${head(sse)}${event("metrics", secret)}${first}unknown: ${secret}\nretry: soon\n${data({ note: secret })}${event("token", { text: "world", debug: secret })}${event("done", { finishReason: "stop" })}`,
  ),
  unrecognized: sends(head(sse) + data({ zork: { words: secret } }, { zork: { words: "more" } })),
  "unrecognized-open": sendsAndWaits(head(sse) + data({ zork: { words: secret } })),
  "unrecognized-slow": drips(head(sse), data({ zork: { words: secret } }), 100),
  "unrecognized-flood": drips(head(sse), data({ zork: { words: secret.repeat(500) } }), 0),
  "mixed-formats": sends(head(sse) + first + data(chunk({ content: secret })) + data("[DONE]")),
  "changed-tag": sends(head(sse) + first + data({ type: "fragment", text: secret }) + event("done", {})),
  "html-in-stream": sends(`${head(sse)}${first}<html><body>${secret}</body></html>\n\n`),
  "brief-events": sends(
    `${head(sse)}\n${data({ type: "ping", ts: 1 }, { type: "delta", data: "Hello, " }, { type: "delta", data: "world" }, { type: "complete" })}`,
  ),
  "brief-cut": sends(head(sse) + data({ type: "delta", data: "Hello, " })),
  "after-done": sends(head(sse) + first + rest + token(secret, 5) + event("error", secret)),
  "many-lines": sends(
    `${head(sse)}${first}event: token\ndata: {\ndata: "text":\ndata: "world"\ndata: }\n\n${event("done", {})}`,
  ),
  "automatic-ids": sends(head(sse) + token("Hello, ", 1)),
  "early-error": sends(head(sse) + event("error", secret)),
  "late-error": sends(head(sse) + first + event("error", secret)),
  "busy-error": sends(
    head(sse) + event("error", { code: "rate-limited", message: secret, retryable: true, retryAfterMs: 20 }),
  ),
  "final-error": sends(head(sse) + event("error", { code: "bad-prompt", message: secret, retryable: false })),
  "context-error": sends(head(sse) + first + event("error", { code: "context_length_exceeded", message: secret })),
  "openai-chunks": sends(
    head(sse) + data(chunk({ role: "assistant", content: "" }), chunk({ content: "Hello, " })),
    data(chunk({ content: "world" }), chunk({}, "stop"), "[DONE]"),
  ),
  "openai-error": sends(
    head(sse) + data(chunk({ content: "Hello, " }), { error: { message: secret, type: "server_error" } }),
  ),
  "ui-message": sends(
    head(sse) +
      data({ type: "start" }, { type: "text-start", id: "1" }, { type: "text-delta", id: "1", delta: "Hello, " }),
    data({ type: "text-delta", id: "1", delta: "world" }, { type: "text-end", id: "1" }, { type: "finish" }, "[DONE]"),
  ),
  "text-events": sends(head(sse) + data("Hello, "), data("world")),
};
