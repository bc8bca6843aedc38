/** The transport contract on the second host, whose runtime is of 2024. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startPartykit } from "../../../scripts/lib/local-processes.ts";
import { type PromptSeen, transportContract } from "../../contract/transport-contract.ts";
import { startControlledUpstream } from "../../support/backends/workerd-upstream.ts";

let upstream: Awaited<ReturnType<typeof startControlledUpstream>>;
let gateway: Part;
let persistTo: string;

beforeAll(async () => {
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-partykit-"));
  upstream = await startControlledUpstream();
  const vars = { ORPHAN_GRACE_MS: "200", HEARTBEAT_MS: "100" };
  gateway = await startPartykit({ backendUrl: upstream.url, persistTo, vars });
});

afterAll(async () => {
  await gateway?.stop();
  upstream?.stop();
  await rm(persistTo, { recursive: true, force: true });
});

transportContract({
  passesBackPressure: false,
  fetch: (path, init) => fetch(`${gateway.url}${path}`, init),
  connect: async (path) => {
    const socket = new WebSocket(`${gateway.url.replace(/^http/, "ws")}${path}`);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", () => reject(new Error("no socket")), { once: true });
    });
    return socket;
  },
  upstream: async (verb, prompt, more = {}) => {
    const query = new URLSearchParams({ prompt });
    for (const [key, value] of Object.entries(more)) query.set(key, String(value));
    return (await (await fetch(`${upstream.url}/control/${verb}?${query}`)).json()) as PromptSeen;
  },
});

test("a page of a neighbouring port may use all of it: preflight, answers, and streams", async () => {
  const origin = "http://localhost:5173";
  const room = `${gateway.url}/parties/chat/cors`;
  const preflight = await fetch(`${room}/turns/x`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "DELETE", "access-control-request-headers": "content-type" },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-methods")).toContain("DELETE");
  for (const accept of ["application/json", "text/event-stream"]) {
    const response = await fetch(room, { headers: { origin, accept } });
    expect(response.headers.get("access-control-allow-origin"), accept).toBe(origin);
    expect(response.headers.get("content-type")).toContain(accept);
    await response.body?.cancel();
  }
});

test("a wrong method is told which are right", async () => {
  const response = await fetch(`${gateway.url}/parties/chat/methods/turns/x`, { method: "PATCH" });
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe("GET, DELETE");
});

test("[F7] each DELETE has a POST that does the same: a stop, a clear and an erasure", async () => {
  const room = `${gateway.url}/parties/chat/posted`;
  const post = (path: string, body?: unknown) =>
    fetch(`${room}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const turns = async () => ((await (await fetch(room)).json()) as { turns: unknown[] }).turns;
  expect((await post("/turns", { turnId: "t1", input: { prompt: "stopped by POST" }, onLeave: "keep" })).status).toBe(
    202,
  );
  const stopped = await post("/turns/t1/cancel");
  expect([stopped.status, await stopped.json()]).toEqual([200, { outcome: "cancelled", stop: "confirmed" }]);
  expect(await turns()).toMatchObject([{ id: "t1", outcome: "cancelled" }]);
  expect((await post("/clear")).status).toBe(204);
  expect(await turns()).toEqual([]);
  expect((await post("/erase")).status).toBe(204);
  for (const path of ["/clear", "/erase", "/turns/t1/cancel"]) {
    const refused = await fetch(`${room}${path}`);
    expect([refused.status, refused.headers.get("allow")], path).toEqual([405, "POST"]);
    await refused.body?.cancel();
  }
});
