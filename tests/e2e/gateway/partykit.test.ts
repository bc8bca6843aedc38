/** The second host: `partykit dev` runs the same room at the same URL, with partysocket as it comes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import PartySocket from "partysocket";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startBackend, startPartykit } from "../../../scripts/lib/local-processes.ts";
import { textOf } from "../../../shared/content.ts";
import { untilSnapshot } from "../../support/client.ts";

let backend: Part;
let gateway: Part;
let persistTo: string;

beforeAll(async () => {
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-partykit-"));
  backend = await startBackend({ env: { PROVIDER: "echo" } });
  gateway = await startPartykit({ backendUrl: backend.url, persistTo });
});

afterAll(async () => {
  await Promise.all([gateway?.stop(), backend?.stop()]);
  await rm(persistTo, { recursive: true, force: true });
});

test("a turn runs to its end over partysocket", async () => {
  const { host } = new URL(gateway.url);
  const socket = new PartySocket({ host, party: "chat", room: "by-hand", maxEnqueuedMessages: 0 });
  let text = "";
  const outcome = await new Promise<unknown>((resolve, reject) => {
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ type: "hello", version: 2 }));
      socket.send(JSON.stringify({ type: "turn-submit", turnId: "one", input: { prompt: "the same room, 你好" } }));
    });
    socket.addEventListener("message", ({ data }) => {
      if (data === "pong") return;
      const frame = JSON.parse(String(data));
      if (frame.type === "turn-delta") for (const part of frame.parts) text += part.delta;
      if (frame.type === "turn-end") resolve(frame.outcome);
    });
    socket.addEventListener("close", ({ code }) => reject(new Error(`closed with ${code}`)));
  });
  expect([outcome, text]).toEqual(["completed", "the same room, 你好"]);
  const pong = new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data)));
  socket.send("ping");
  expect(await pong).toBe("pong");
  socket.close();
});

test("[T3] [R4] our client stops a turn from another tab, and both see it", async () => {
  const tabs = [1, 2].map(() => new ChatClient({ url: gateway.url, room: "two-tabs" }));
  const [first, second] = tabs as [ChatClient, ChatClient];
  const id = first.submit("x ".repeat(500), { params: { tokensPerSecond: 50 } });
  await untilSnapshot(second, ({ turns }) => turns.some((turn) => turn.id === id && turn.length > 0));
  second.cancel(id);
  for (const tab of tabs) {
    const { turns } = await untilSnapshot(tab, (snapshot) => snapshot.turns[0]?.state === "settled");
    expect(turns[0]).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    expect("x ".repeat(500).startsWith(textOf(turns[0]?.parts ?? []))).toBe(true);
    tab.close();
  }
});

test.each(["sse", "poll"] as const)("[F7] our client without a WebSocket: %s", async (transport) => {
  const client = new ChatClient({ url: gateway.url, room: `over-${transport}`, transports: [transport] });
  try {
    const id = client.submit("word ".repeat(500), { params: { tokensPerSecond: 50 } });
    await untilSnapshot(client, ({ turns }) => (turns[0]?.length ?? 0) > 0);
    client.cancel(id);
    const { turns, connection } = await untilSnapshot(client, (snapshot) => snapshot.turns[0]?.state === "settled");
    expect(turns[0]).toMatchObject({ id, outcome: "cancelled", stop: "confirmed" });
    expect(connection).toMatchObject({ state: "online", transport });
    client.clear();
    await untilSnapshot(client, (snapshot) => snapshot.turns.length === 0);
    const again = client.submit("and again");
    const { turns: answered } = await untilSnapshot(client, (snapshot) => snapshot.turns[0]?.state === "settled");
    expect(answered[0]).toMatchObject({ id: again, outcome: "completed" });
  } finally {
    client.close();
  }
});

test("[S4] only the chat party is open to the outside", async () => {
  for (const path of ["/parties/main/demo", "/party/demo", "/parties/nobody/demo", "/parties/chat/bad%20name"]) {
    expect((await fetch(`${gateway.url}${path}`)).status, path).toBeGreaterThanOrEqual(400);
  }
  expect(await (await fetch(`${gateway.url}/health`)).json()).toEqual({ status: "ok" });
});

test("[S2] a page of another site may read neither the backend's models nor its context, and opens no room", async () => {
  const headers = { origin: "https://evil.example" };
  for (const path of ["/models", "/context", "/parties/chat/not-yours", "/parties/chat/not-yours/turns"]) {
    const response = await fetch(`${gateway.url}${path}`, { headers });
    expect(response.status, path).toBe(403);
    expect(await response.json()).toMatchObject({ code: "origin-forbidden" });
  }
  expect((await fetch(`${gateway.url}/models`)).status).toBe(200);
});
