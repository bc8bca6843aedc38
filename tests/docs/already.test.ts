/** Checks the pages of docs/already/: their code and their settings read an answer as the gateway would, and a stop arrives. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { answer } from "../../examples/already/langchain.ts";
import { POST } from "../../examples/already/next-route.ts";
import { stream } from "../../examples/already/socket-handler.ts";
import { diagnose } from "../../scripts/lib/doctor/recognize-backend.ts";
import { parsePage } from "./page.ts";

type Handler = (request: Request) => Promise<Response>;

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** The settings of the page's block number `index`, without the backend's address. */
function settingsOf(page: string, index = 0): Record<string, string> {
  const block = parsePage(page).blocks.filter(({ language }) => language === "ini")[index];
  const lines = (block?.text ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("NEST_BASE="));
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

async function serve(handler: Handler): Promise<string> {
  const server = createServer((incoming, outgoing) => void respond(handler, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function respond(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = "GET", url = "/" } = incoming;
  const body = method === "POST" ? { body: await text(incoming) } : {};
  const response = await handler(new Request(`http://backend.example${url}`, { method, ...body }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(await response.text());
}

async function read(handler: Handler, variables: Record<string, string>) {
  const diagnosis = await diagnose({ backend: await serve(handler), headers: {}, variables, prompt: "Hi" });
  if (!diagnosis.ok) throw new Error(diagnosis.error);
  return diagnosis.value.recognized;
}

const sse = (...events: readonly string[]): Response =>
  new Response(events.map((data) => `data: ${data}\n\n`).join(""), {
    headers: { "content-type": "text/event-stream" },
  });

describe("an SSE endpoint in NestJS", () => {
  const unified = ['{"type":"delta","data":"Hello "}', '{"type":"delta","data":"there."}', '{"type":"complete"}'];

  test("is read without settings at the brief's address", async () => {
    const handler: Handler = async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const isOurs = request.method === "GET" && pathname === "/model/chat" && searchParams.get("prompt") === "Hi";
      return isOurs ? sse(...unified) : new Response("", { status: 404 });
    };
    expect(await read(handler, {})).toMatchObject({ text: "Hello there.", isComplete: true });
  });

  test("is read at another address with the page's settings", async () => {
    const handler: Handler = async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const isOurs = pathname === "/ai/stream" && searchParams.get("message") === "Hi";
      return isOurs ? sse(...unified) : new Response("", { status: 404 });
    };
    const settings = settingsOf("docs/already/nest-sse.md");
    expect(await read(handler, settings)).toMatchObject({ text: "Hello there.", isComplete: true });
  });
});

test("a route of useChat in Next.js is read with the page's settings", async () => {
  const settings = settingsOf("docs/already/use-chat-nextjs.md");
  expect(await read(POST, settings)).toMatchObject({ text: "Hello there.", isComplete: true });
});

describe("a LangChain runnable", () => {
  const chunk = (content: string) => ({ event: "on_chat_model_stream", data: { chunk: { content } }, name: "model" });
  const chain = (seen: AbortSignal[] = []) => ({
    async *streamEvents(_input: object, { signal }: { signal: AbortSignal }) {
      seen.push(signal);
      yield { event: "on_chain_start", data: {}, name: "chain" };
      yield chunk("Hello ");
      yield chunk("there.");
      yield { event: "on_chain_end", data: { output: "Hello there." }, name: "chain" };
    },
  });

  test("is read with the page's settings", async () => {
    const settings = settingsOf("docs/already/langchain.md");
    expect(await read((request) => answer(chain(), request), settings)).toMatchObject({ text: "Hello there." });
  });

  test("stops when the gateway closes the call", async () => {
    const seen: AbortSignal[] = [];
    const request = new Request("http://backend.example/chat", { method: "POST", body: '{"messages":[]}' });
    const reader = (await answer(chain(seen), request)).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(seen.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

test("an OpenAI-compatible server is read with the page's settings", async () => {
  const chunk = (content: string) =>
    JSON.stringify({ object: "chat.completion.chunk", choices: [{ delta: { content } }] });
  const end = JSON.stringify({ object: "chat.completion.chunk", choices: [{ delta: {}, finish_reason: "stop" }] });
  const handler: Handler = async (request) => {
    const asked = (await request.json()) as { model?: string; stream?: boolean };
    const isOurs = new URL(request.url).pathname === "/v1/chat/completions" && asked.stream === true;
    return isOurs && asked.model === "qwen-plus"
      ? sse(chunk("Hello "), chunk("there."), end, "[DONE]")
      : new Response("", { status: 404 });
  };
  const settings = settingsOf("docs/already/openai-compatible.md");
  expect(await read(handler, settings)).toMatchObject({ text: "Hello there.", isComplete: true });
});

describe("a handler of Socket.IO", () => {
  test("is read with the page's settings", async () => {
    const ask = async (question: string, emit: (text: string) => void) => {
      emit(`You said ${question}`);
      emit(".");
    };
    const settings = settingsOf("docs/already/socket-io.md");
    const recognized = await read((request) => stream(ask, request), settings);
    expect(recognized).toMatchObject({ text: "You said Hi.", isComplete: true });
  });

  test("reports its failure as an error", async () => {
    const ask = async (_question: string, emit: (text: string) => void) => {
      emit("Half");
      throw new Error("the model is gone");
    };
    const settings = settingsOf("docs/already/socket-io.md");
    const recognized = await read((request) => stream(ask, request), settings);
    expect(recognized).toMatchObject({ text: "Half", failure: expect.any(String) });
  });
});
