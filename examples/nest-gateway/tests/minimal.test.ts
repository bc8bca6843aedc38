/** The guide's NestJS controller in a real application: it streams with 200, continues after an id, and stops for good. */
import "reflect-metadata";
import type { INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppModule } from "./minimal.ts";
import { SseReader } from "./support/sse.ts";

let app: INestApplication;
let url: string;
beforeAll(async () => {
  app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
  await app.listen(0, "127.0.0.1");
  url = await app.getUrl();
});
afterAll(() => app?.close());

const ask = (generationId: string, content: string, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ generationId, room: "lobby", messages: [{ role: "user", content }] }),
});

test("answers 200 with numbered events, and continues after the last one that a reader has", async () => {
  const response = await fetch(`${url}/model/chat`, ask("one", "so it goes on"));
  expect(response.status).toBe(200);
  const whole = await response.text();
  expect(whole).toContain('"data":"goes "');
  const rest = await (await fetch(`${url}/model/chat`, ask("one", "so it goes on", { "last-event-id": "3" }))).text();
  expect(rest).not.toContain('"so "');
  expect(rest).toContain('"data":"goes "');
  expect(await fetch(`${url}/model/chat`, ask("never", "x", { "last-event-id": "3" }))).toMatchObject({ status: 410 });
});

test("a stop ends the generation, and its reader's stream with it", async () => {
  const reader = await SseReader.open(`${url}/model/chat`, ask("two", "endless"));
  const stopped = await fetch(`${url}/model/chat/two`, { method: "DELETE" });
  expect(stopped.status).toBe(204);
  expect((await reader.end()).at(-1)).toMatchObject({ type: "complete", data: { finishReason: "cancelled" } });
});
