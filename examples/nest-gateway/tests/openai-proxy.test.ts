/** The recipe of docs/nestjs.md for OpenAI-compatible services, read as the gateway reads it. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { type INestApplication, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChatController } from "./openai-proxy.ts";

@Module({ controllers: [ChatController] })
class ProxyModule {}

interface Seen {
  readonly authorization: string | undefined;
  readonly body: unknown;
  readonly closed: Promise<void>;
}

const seen: Seen[] = [];
let service: Server;
let app: INestApplication;
let url: string;

beforeAll(async () => {
  service = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  process.env["OPENAI_BASE_URL"] = `http://127.0.0.1:${(service.address() as AddressInfo).port}/v1`;
  process.env["OPENAI_API_KEY"] = "key";
  process.env["OPENAI_MODEL"] = "small";
  app = await NestFactory.create(ProxyModule, { logger: false, forceCloseConnections: true });
  await app.listen(0, "127.0.0.1");
  url = `${(await app.getUrl()).replace(/\/$/, "")}/model/chat`;
});

afterAll(async () => {
  await app?.close();
  service?.close();
  service?.closeAllConnections();
});

async function answer(request: IncomingMessage, response: import("node:http").ServerResponse): Promise<void> {
  const body = (await json(request)) as { messages: { content: string }[] };
  const closed = new Promise<void>((resolve) => response.on("close", () => resolve()));
  seen.push({ authorization: request.headers.authorization, body, closed });
  const prompt = body.messages.at(-1)?.content;
  if (prompt === "busy") {
    response.writeHead(429, { "content-type": "application/json" }).end('{"error":{"code":"insufficient_quota"}}');
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write('data: {"choices":[{"index":0,"delta":{"content":"你好"}}]}\n\n');
  if (prompt !== "endless") response.end("data: [DONE]\n\n");
}

const ask = (content: string, signal?: AbortSignal) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ generationId: "g", room: "r", messages: [{ role: "user", content }] }),
    ...(signal && { signal }),
  });

test("the service's stream comes back as it is, asked with the backend's own key and model", async () => {
  const response = await ask("hi");
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(await response.text()).toBe('data: {"choices":[{"index":0,"delta":{"content":"你好"}}]}\n\ndata: [DONE]\n\n');
  expect(seen.at(-1)).toMatchObject({
    authorization: "Bearer key",
    body: { model: "small", stream: true, messages: [{ role: "user", content: "hi" }] },
  });
});

test("a refusal keeps its status and its reason", async () => {
  const response = await ask("busy");
  expect([response.status, await response.text()]).toEqual([429, '{"error":{"code":"insufficient_quota"}}']);
});

test("a connection that is closed closes the call to the service", async () => {
  const leaving = new AbortController();
  const response = await ask("endless", leaving.signal);
  await response.body?.getReader().read();
  leaving.abort();
  await seen.at(-1)?.closed;
});
