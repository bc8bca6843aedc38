/**
 * While a deploy goes out, a Worker of one version talks to objects of another. What they say to each other is frozen here:
 * a change to it must keep answering what the other side still says.
 */
import { env } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../party/config/settings.ts";
import { type RoomBindings, roomRoutes, routeRoom } from "../../../party/http/room-route.ts";
import { ROOM_METHODS } from "../../../party/responses/room-methods.ts";
import { fresh } from "./tab.ts";

function config() {
  const parsed = parseConfig({ AUTH: "none", NEST_BASE: "http://127.0.0.1:1" }, "localhost");
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** The identity as every Worker attaches it. */
const identity = {
  "x-gateway-principal": encodeURIComponent(
    JSON.stringify({ sub: "anonymous", tenant: "default", scopes: ["read", "write", "clear"] }),
  ),
};

function inner(path: string, { method = "GET", headers = identity }: { method?: string; headers?: HeadersInit } = {}) {
  return (room: string) => new Request(`https://room.internal/parties/chat/${room}${path}`, { method, headers });
}

/** Requests as a Worker of an earlier commit sends them into a room. */
const fromOldWorker: [name: string, request: (room: string) => Request, status: number][] = [
  ["a WebSocket", inner("?_pk=0b0c5a52-6a3e-4a7e-9a55-0d8a52a1c001", { headers: { upgrade: "websocket" } }), 101],
  ["older turns", inner("/turns?limit=20"), 200],
  ["older turns before one", inner("/turns?before=x&limit=20"), 404],
  ["an erasure", inner("", { method: "DELETE" }), 204],
  // An operator's calls are methods of the object, never paths.
  ["a drain as a path", inner("/drain", { method: "POST" }), 404],
  ["a request without an identity", inner("/turns?limit=20", { headers: {} }), 401],
];

describe("an object of this version", () => {
  test.each(fromOldWorker)("answers %s of an older Worker", async (_name, request, status) => {
    const room = fresh("skew");
    const response = await env.Chat.get(env.Chat.idFromName(room)).fetch(request(room));
    expect(response.status).toBe(status);
    response.webSocket?.accept();
    response.webSocket?.close(1000);
  });

  test("tells a newer Worker what it does not know, as a problem", async () => {
    const room = fresh("skew");
    const stub = env.Chat.get(env.Chat.idFromName(room));
    const response = await stub.fetch(inner("/from-the-future")(room));
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "not-found" });
  });
});

test.each([
  ["", ROOM_METHODS.room],
  ["/turns", ROOM_METHODS.turns],
  ["/turns/t", ROOM_METHODS.turn],
])("a room names the methods of …%s as the Worker in front of it does", async (path, allow) => {
  const room = fresh("skew");
  const inside = await env.Chat.get(env.Chat.idFromName(room)).fetch(inner(path, { method: "PATCH" })(room));
  expect([inside.status, inside.headers.get("allow")]).toEqual([405, allow]);
  await inside.body?.cancel();
});

/** A namespace whose objects answer with what the test says. */
function objectsThat(answer: () => Promise<Response>): RoomBindings["Chat"] {
  return { idFromName: (name: string) => name, get: () => ({ fetch: answer }) } as unknown as RoomBindings["Chat"];
}

describe("a Worker of this version", () => {
  function ask(path: "" | "/turns", headers: Record<string, string>, answer: () => Promise<Response>) {
    const route = roomRoutes.find((candidate) => candidate.path === path);
    if (route === undefined) throw new Error(`no route ${path}`);
    const request = new Request(`http://localhost/parties/chat/x${path}`, { headers });
    return routeRoom(request, route, { room: "x" }, { Chat: objectsThat(answer) }, config());
  }
  const turns = (answer: () => Promise<Response>) => ask("/turns", {}, answer);

  test("passes on what an older object says in our words", async () => {
    const problem = { code: "not-found", status: 404 };
    const response = await turns(async () => Response.json(problem, { status: 404 }));
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual(problem);
  });

  test("[S3] makes a problem of an object's fault, and shows nothing of it", async () => {
    const response = await turns(async () => new Response("Error: boom\n    at /srv/room.ts:12", { status: 500 }));
    expect(response.status).toBe(500);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.text()).not.toMatch(/boom|room\.ts/);
  });

  test("an object that cannot be reached is draining: come back in a second", async () => {
    const response = await ask("", { upgrade: "websocket" }, () =>
      Promise.reject(new Error("Durable Object reset because its code was updated.")),
    );
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({ code: "draining" });
  });
});
