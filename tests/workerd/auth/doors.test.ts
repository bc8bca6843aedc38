/**
 * No name opens a door. Every route is requested with every method and with names equal to every word that the code
 * compares with, by clients who may not use it (S6). The words are read from the sources, so a new comparison is covered
 * by itself.
 */
import { env, runInDurableObject, SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { ROUTES, type Route } from "../../../party/telemetry/routes.ts";
import { fresh, SocketTab } from "../room/tab.ts";
import { signToken } from "./tokens.ts";

const sources = import.meta.glob("../../../party/{http,room-http,objects,responses,bridge,auth}/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Words after `===`, `!==`, `case`, `startsWith(` and the like, and the segments of paths. */
function comparedWords(): string[] {
  const words = new Set(["events", "drain", "constructor", "__proto__", "internal", "null", "undefined"]);
  for (const text of Object.values(sources)) {
    for (const [, literal = ""] of text.matchAll(
      /(?:[!=]==|case|startsWith\(|endsWith\(|includes\(|match\()\s*["`]([^"`]+)["`]/g,
    )) {
      for (const word of literal.split(/[^A-Za-z0-9_.-]+/)) if (/^[A-Za-z0-9_-]{2,40}$/.test(word)) words.add(word);
    }
  }
  for (const route of ROUTES) for (const part of route.split("/")) if (/^[a-z-]+$/.test(part)) words.add(part);
  return [...words];
}

/** Routes that anybody may read, on purpose: they say nothing of a room. */
const publicRoutes: readonly Route[] = [
  "/health",
  "/ready",
  "/models",
  "/v1/models",
  "/context",
  "/.well-known/jwks.json",
];
const guarded = ROUTES.filter((route) => !publicRoutes.includes(route));
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] as const;
const words = comparedWords();

/** The address with the word as each of its names in turn. */
function addressesOf(route: Route, word: string): string[] {
  const [room, turn, part] = ["acme.lobby", "turn-1", "stream"];
  const fill = (names: { room: string; turn: string; part: string }) =>
    route
      .replace(":room", names.room)
      .replace(":turn", names.turn)
      .replace(":id", `chatcmpl-${names.room}.${names.turn}`)
      .replace(/:part\?|:file/, names.part);
  return [
    ...new Set([
      fill({ room: `acme.${word}`, turn, part }),
      fill({ room: word, turn, part }),
      fill({ room, turn: word, part }),
      fill({ room, turn, part: word }),
    ]),
  ];
}

const room = "acme.lobby";
const asked = [{ id: "m", role: "user", content: "hi", parts: [{ type: "text", text: "hi" }] }];
/** A question that each route reads, by the route. */
const questions: Partial<Record<Route, object>> = {
  "/api/chat": { id: room, messages: asked },
  "/v1/chat/completions": { messages: asked, metadata: { room } },
  "/ag-ui": { threadId: room, runId: "run", messages: asked },
};

/** The requests to the route that were not refused, with their statuses. */
async function letIn(
  route: Route,
  query: string,
  headers: Record<string, string>,
): Promise<[request: string, status: number][]> {
  const more = route === "/ag-ui" ? `${query === "" ? "?" : `${query}&`}threadId=${room}` : query;
  const requests: [string, string][] = words.flatMap((word) =>
    addressesOf(route, word).flatMap((path) => methods.map((method): [string, string] => [method, `${path}${more}`])),
  );
  const unique = [...new Map(requests.map((pair) => [pair.join(" "), pair])).values()];
  const wrong: [string, number][] = [];
  let sent = 0;
  for (const [method, path] of unique) {
    // The runtime reads the time for its timers only when it has nothing to do, and thousands of requests in memory leave it no
    // such moment. The 30 s that a room's start may take would then be counted from before all of them.
    sent += 1;
    if (sent % 256 === 0) await scheduler.wait(0);
    const question = method === "POST" ? questions[route] : undefined;
    const response = await SELF.fetch(`http://localhost${path}`, {
      method,
      headers: { accept: "text/event-stream, application/json", ...headers },
      ...(question === undefined ? {} : { body: JSON.stringify(question) }),
    });
    await response.body?.cancel();
    const isRefused = [401, 403, 404].includes(response.status);
    // A method that the address doesn't have is refused before anybody is asked who they are.
    const hasNoSuchMethod = response.status === 405 && response.headers.get("allow")?.includes(method) === false;
    if (!isRefused && !hasNoSuchMethod) wrong.push([`${method} ${path}`, response.status]);
  }
  return wrong;
}

describe.each(guarded)("[S6] %s", (route) => {
  test("refuses every method and name without a token", async () => {
    expect(words.length).toBeGreaterThan(30);
    expect(await letIn(route, "", {})).toEqual([]);
  });

  test("refuses every method and name with a made-up ticket", async () => {
    expect(await letIn(route, `?ticket=${"A".repeat(16)}`, {})).toEqual([]);
  });

  test("refuses every method and name with a token that reads another room", async () => {
    const authorization = `Bearer ${await signToken({ room: "acme.elsewhere", scope: "read" })}`;
    expect(await letIn(route, "", { authorization })).toEqual([]);
  });
});

test("[S6] the ring of a room's events is in no answer to a client, whatever it is called", async () => {
  for (const word of ["events", "drain"]) {
    const name = fresh(`acme.${word}`);
    const tab = await new SocketTab().join(name, await signToken({ room: name, scope: "read" }));
    const authorization = `Bearer ${await signToken({ room: "acme.*", scope: "read" })}`;
    for (const path of [`/${word}`, `/turns/${word}`, "", "/turns"]) {
      for (const room of [name, `acme.${word}`]) {
        const headers = { accept: "application/json", authorization };
        const response = await SELF.fetch(`http://localhost/parties/chat/${room}${path}`, { headers });
        expect(await response.text(), `${room}${path}`).not.toContain("session-opened");
      }
    }
    tab.close();
  }
});

test("[S6] a room called like an operator's route is read and erased as any other", async () => {
  const name = "acme.events";
  const authorization = `Bearer ${await signToken({ room: name, scope: "read clear" })}`;
  const read = await SELF.fetch(`http://localhost/parties/chat/${name}`, { headers: { authorization } });
  expect(await read.json()).toMatchObject({ type: "sync", turns: [] });
  const erased = await SELF.fetch(`http://localhost/parties/chat/${name}`, {
    method: "DELETE",
    headers: { authorization },
  });
  expect(erased.status).toBe(204);
  const stub = env.Chat.get(env.Chat.idFromName(name));
  expect(await runInDurableObject(stub, async (_, state) => (await state.storage.list()).size)).toBe(0);
});

describe("[S3] a header that PartyServer reads", () => {
  const values = ["%%%", "{", "[", "null", '{"__proto__":{}}', "e30="];
  const names = ["x-partykit-props", "x-partykit-room", "x-partykit-namespace", "x-partykit-jurisdiction"];

  test.each(names)("%s of a client is not passed to the room", async (header) => {
    const name = fresh("acme.room");
    const authorization = `Bearer ${await signToken({ room: name, scope: "read" })}`;
    for (const value of values) {
      const response = await SELF.fetch(`http://localhost/parties/chat/${name}`, {
        headers: { authorization, [header]: value },
      });
      expect(response.status).toBe(200);
      await response.body?.cancel();
      const tab = new SocketTab();
      await tab.tryOpen(name, { [header]: value });
      tab.say({ type: "hello", version: 2, token: await signToken({ room: name, scope: "read" }) });
      await tab.until(({ frames, closed }) => closed !== undefined || frames.some(({ type }) => type === "sync"));
      expect(tab.closed).toBeUndefined();
      tab.close();
    }
  });

  test.each(names)("%s that reaches the object all the same gets no stack for an answer", async (header) => {
    const name = fresh("acme.room");
    const stub = env.Chat.get(env.Chat.idFromName(name));
    for (const upgrade of [{}, { upgrade: "websocket" }]) {
      const url = `https://room.internal/parties/chat/${name}?_pk=x`;
      const response = await stub.fetch(url, { headers: { [header]: "%%%", ...upgrade } });
      expect([101, 401]).toContain(response.status);
      if (response.webSocket === null) expect(await response.text()).not.toMatch(/\.(ts|js):\d+|\bat \w/);
      else {
        const socket = response.webSocket;
        const first = new Promise<string>((resolve) => {
          socket.addEventListener("message", ({ data }) => resolve(String(data)));
        });
        socket.accept();
        socket.send(JSON.stringify({ type: "hello", version: 2 }));
        expect(JSON.parse(await first)).toMatchObject({ type: "error", code: "unauthenticated" });
      }
    }
  });
});
