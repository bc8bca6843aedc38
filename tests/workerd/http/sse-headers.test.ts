/** Checks in the real runtime that every route that streams sends the same headers. */
import { SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { sseHeaders } from "../../../party/responses/sse.ts";
import { fresh } from "../room/tab.ts";

const origin = "http://localhost";
const accept = { accept: "text/event-stream" };

const askTurn = (room: string): Promise<Response> => {
  const body = JSON.stringify({ turnId: "t", input: { prompt: fresh("hi") } });
  return SELF.fetch(`${origin}/parties/chat/${room}/turns`, { method: "POST", body, headers: accept });
};

const askChat = (id: string): Promise<Response> => {
  const message = { id: "m", role: "user", parts: [{ type: "text", text: fresh("hi") }] };
  const body = JSON.stringify({ id, messages: [message], trigger: "submit-message" });
  const headers = { "content-type": "application/json" };
  return SELF.fetch(`${origin}/api/chat`, { method: "POST", body, headers });
};

const routes: readonly [string, () => Promise<Response>][] = [
  ["GET /chat", () => SELF.fetch(`${origin}/chat?q=${fresh("hi")}`, { headers: accept })],
  ["GET /parties/chat/:room", () => SELF.fetch(`${origin}/parties/chat/${fresh("room")}`, { headers: accept })],
  ["POST /parties/chat/:room/turns", () => askTurn(fresh("room"))],
  [
    "GET /parties/chat/:room/turns/:turn",
    async () => {
      const room = fresh("room");
      await (await askTurn(room)).body?.cancel();
      return SELF.fetch(`${origin}/parties/chat/${room}/turns/t`, { headers: accept });
    },
  ],
  ["POST /api/chat", () => askChat(fresh("chat"))],
  [
    "GET /api/chat/:id/stream",
    async () => {
      const id = fresh("chat");
      await (await askChat(id)).body?.cancel();
      return SELF.fetch(`${origin}/api/chat/${id}/stream`, { headers: accept });
    },
  ],
];

describe("[F6] a stream has the headers of every other stream", () => {
  test.each(routes)("at %s", async (_, ask) => {
    const response = await ask();
    await response.body?.cancel();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(Object.keys(sseHeaders).map((name) => [name, response.headers.get(name)]))).toEqual({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
  });
});
