/**
 * Who gets in, on every way in, through the real Worker with `AUTH=jwt` and `TENANT=*`: each wrong thing has one answer.
 * A route is one row of `ways`.
 */
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject, SELF } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { defined } from "../../../shared/defined.ts";
import { ERRORS, type ErrorCode } from "../../../shared/protocol/errors.ts";
import { fresh, SocketTab, upstream } from "../room/tab.ts";
import { claimsFor, signToken } from "./tokens.ts";

const room = () => fresh("acme.room");

/** What came of trying to get in: an error's code, or that it went well. */
type Outcome = ErrorCode | "in";

interface Way {
  readonly name: string;
  /** The scope it needs. */
  readonly scope: "read" | "write" | "clear" | "read write";
  go(room: string, token: string | undefined, headers?: Record<string, string>): Promise<Outcome>;
}

function overHttp(method: string, path: string, init: RequestInit = {}): Way["go"] {
  return async (name, token, headers = {}) => {
    const response = await SELF.fetch(`http://localhost${path.replace(":room", name)}`, {
      ...init,
      method,
      headers: { ...init.headers, ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
    if (response.ok) {
      await response.body?.cancel();
      return "in";
    }
    const problem = (await response.json()) as { code: ErrorCode };
    expect(response.status).toBe(ERRORS[problem.code].status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    if (problem.code === "unauthenticated") expect(response.headers.get("www-authenticate")).toBe("Bearer");
    return problem.code;
  };
}

const sse = { accept: "text/event-stream" };
/** Of the AI SDK's routes, which otherwise refuse in words. */
const wantsJson = { accept: "application/json" };

const ways: readonly Way[] = [
  {
    name: "WebSocket",
    scope: "read",
    go: async (name, token, headers) => {
      const tab = new SocketTab();
      const refused = await tab.tryOpen(name, headers);
      if (refused !== undefined) return ((await refused.json()) as { code: ErrorCode }).code;
      tab.say({ type: "hello", version: 2, ...defined({ token }) });
      await tab.until(({ closed, frames }) => closed !== undefined || frames.some(({ type }) => type === "sync"));
      if (tab.closed === undefined) {
        tab.close();
        return "in";
      }
      const code = tab.of("error").at(-1)?.code as ErrorCode;
      expect(tab.closed.code).toBe(ERRORS[code].close);
      return code;
    },
  },
  { name: "an event stream", scope: "read", go: overHttp("GET", "/parties/chat/:room", { headers: sse }) },
  { name: "a poll", scope: "read", go: overHttp("GET", "/parties/chat/:room?wait=0") },
  { name: "a snapshot", scope: "read", go: overHttp("GET", "/parties/chat/:room") },
  {
    name: "a submit",
    scope: "write",
    go: overHttp("POST", "/parties/chat/:room/turns", { body: JSON.stringify({ input: { prompt: "hi" } }) }),
  },
  { name: "a ticket", scope: "read", go: overHttp("POST", "/parties/chat/:room/tickets") },
  { name: "older turns", scope: "read", go: overHttp("GET", "/parties/chat/:room/turns") },
  { name: "clear", scope: "clear", go: overHttp("DELETE", "/parties/chat/:room/turns") },
  { name: "erase", scope: "clear", go: overHttp("DELETE", "/parties/chat/:room") },
  { name: "clear by POST", scope: "clear", go: overHttp("POST", "/parties/chat/:room/clear") },
  { name: "erase by POST", scope: "clear", go: overHttp("POST", "/parties/chat/:room/erase") },
  {
    name: "the AI SDK's stop by POST",
    scope: "write",
    go: overHttp("POST", "/api/chat/:room/cancel", { headers: wantsJson }),
  },
  {
    name: "the AI SDK's POST",
    // It asks and reads.
    scope: "read write",
    go: (name, token, headers) => {
      const messages = [{ id: "m", role: "user", parts: [{ type: "text", text: "status 400" }] }];
      const body = JSON.stringify({ id: name, messages, trigger: "submit-message" });
      return overHttp("POST", "/api/chat", { body, headers: wantsJson })(name, token, headers);
    },
  },
  {
    name: "the AI SDK's stream",
    scope: "read",
    go: overHttp("GET", "/api/chat/:room/stream", { headers: wantsJson }),
  },
  {
    name: "the AI SDK's messages",
    scope: "read",
    go: overHttp("GET", "/api/chat/:room/messages", { headers: wantsJson }),
  },
  { name: "the AI SDK's stop", scope: "write", go: overHttp("DELETE", "/api/chat/:room", { headers: wantsJson }) },
];

describe.each(ways)("[S6] over $name", ({ scope, go }) => {
  test("a good token gets in, and nothing else does", async () => {
    const name = room();
    const good = { room: name, scope };
    expect(await go(name, await signToken(good))).toBe("in");
    const seconds = Math.floor(Date.now() / 1_000);
    const wrong: [string, string | undefined, Outcome][] = [
      ["no token", undefined, "unauthenticated"],
      ["nonsense", "not.a.token", "unauthenticated"],
      [
        "a token of a key that is not ours",
        await signToken(good, { key: "another key, which nobody has told us" }),
        "unauthenticated",
      ],
      ["a token of a retired key", await signToken(good, { kid: "retired" }), "unauthenticated"],
      ["an expired token", await signToken({ ...good, exp: seconds - 1 }), "unauthenticated"],
      ["a token of a day", await signToken({ ...good, exp: seconds + 86_400 }), "unauthenticated"],
      ["a token for another room", await signToken({ ...good, room: `${name}-2` }), "room-forbidden"],
      ["a token of another tenant", await signToken({ ...good, room: "*", tenant: "evil" }), "room-forbidden"],
      [
        "a token without the scope",
        await signToken({ ...good, scope: scope === "read" ? "write" : "read" }),
        "forbidden",
      ],
    ];
    for (const [what, token, code] of wrong) expect(await go(name, token), what).toBe(code);
  });

  test("[S5] a room of no tenant is nobody's, whatever the token says", async () => {
    expect(await go("lobby", await signToken({ room: "*", scope }))).toBe("room-forbidden");
  });

  test("[S2] a page of another origin is refused before its token is looked at", async () => {
    const name = room();
    expect(await go(name, await signToken({ room: name, scope }), { origin: "https://evil.example" })).toBe(
      "origin-forbidden",
    );
  });

  test("a revoked token is refused", async () => {
    // A tenant of its own: an isolate holds its copy of a tenant's list for ten seconds.
    const [tenant, sub] = [fresh("t"), "mallory"];
    const name = `${tenant}.room`;
    const token = await signToken({ tenant, room: name, scope, sub });
    await revoke({ sub, tenant });
    expect(await go(name, token)).toBe("unauthenticated");
    expect(await go(name, await signToken({ tenant, room: name, scope, sub: "alice" }))).toBe("in");
  });
});

function revoke(body: Record<string, string>): Promise<Response> {
  return SELF.fetch("http://localhost/ops/revoke", {
    method: "POST",
    headers: { authorization: "Bearer operator-secret", "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

describe("a revocation", () => {
  test("reaches an open socket within ten seconds of anything happening there, and a new one as soon", async () => {
    const tenant = fresh("t");
    const name = `${tenant}.room`;
    const [alice, mallory] = [new SocketTab(), new SocketTab()];
    const token = await signToken({ tenant, room: name, scope: "read write", sub: "mallory" });
    await alice.join(name, await signToken({ tenant, room: name, scope: "read write" }));
    await mallory.join(name, token);
    await revoke({ sub: "mallory", tenant });
    // Moves the clock of this isolate, in which Worker and rooms run too.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_001 });
    try {
      alice.submit(fresh("after"));
      await mallory.until(({ closed }) => closed !== undefined);
      expect(mallory.closed?.code).toBe(4401);
      const again = new SocketTab();
      await again.open(name);
      again.say({ type: "hello", version: 2, token });
      await again.until(({ closed }) => closed !== undefined);
      expect(again.closed?.code).toBe(4401);
      expect(alice.closed).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  test("outlives its object, and is forgotten when every token it names has run out", async () => {
    const tenant = fresh("t");
    const stub = env.Revocations.get(env.Revocations.idFromName(tenant));
    await revoke({ jti: "stolen", tenant });
    await evictDurableObject(stub);
    expect(await stub.list()).toEqual([{ tokenId: "stolen", at: expect.any(Number) }]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_700_000 });
    try {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      expect(await runInDurableObject(stub, async (_, state) => (await state.storage.list()).size)).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("[S1] a ticket", () => {
  const streamOf = (name: string, ticket: string, lastEventId?: string) =>
    SELF.fetch(`http://localhost/parties/chat/${name}?ticket=${ticket}`, {
      headers: { ...sse, ...defined({ "last-event-id": lastEventId }) },
    });
  async function issue(name: string, claims: Record<string, unknown> = {}): Promise<string> {
    const response = await SELF.fetch(`http://localhost/parties/chat/${name}/tickets`, {
      method: "POST",
      headers: { authorization: `Bearer ${await signToken({ room: name, scope: "read", ...claims })}` },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("cache-control")).toBe("no-store");
    return ((await response.json()) as { ticket: string }).ticket;
  }
  /** Reads until an `id:` with a cursor has come, then leaves as a cut connection does. */
  async function idOf(response: Response): Promise<string> {
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error(`ended: ${text}`);
      text += value;
      const id = /id: ([^~\s]+~\S+)\ndata: /.exec(text)?.[1];
      if (id === undefined) continue;
      await reader?.cancel();
      return id;
    }
  }

  test("opens one stream session; the address alone opens nothing after that, its Last-Event-ID does", async () => {
    const name = room();
    const ticket = await issue(name);
    const first = await streamOf(name, ticket);
    expect(first.status).toBe(200);
    const id = await idOf(first);
    const [reused, forged] = await Promise.all([
      streamOf(name, ticket),
      streamOf(name, ticket, id.replace(/~.*/, "~forged")),
    ]);
    for (const refused of [reused, forged]) {
      expect(refused.status).toBe(401);
      expect(await refused.json()).toMatchObject({
        code: "unauthenticated",
        detail: expect.stringContaining("ticket"),
      });
    }
    for (let again = 0; again < 2; again += 1) expect(await idOf(await streamOf(name, ticket, id))).toContain("~");
  });

  test("outlives its object", async () => {
    const name = room();
    const ticket = await issue(name);
    const stub = env.Chat.get(env.Chat.idFromName(name));
    await evictDurableObject(stub);
    const id = await idOf(await streamOf(name, ticket));
    await evictDurableObject(stub);
    expect((await streamOf(name, ticket)).status).toBe(401);
    expect(await idOf(await streamOf(name, ticket, id))).toContain("~");
  });

  test("runs out after 30 s; its session with its token; and then nothing is left of an unused room", async () => {
    const name = room();
    const seconds = Math.floor(Date.now() / 1_000);
    const [unused, used] = [await issue(name), await issue(name, { exp: seconds + 60 })];
    const id = await idOf(await streamOf(name, used));
    try {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
      expect((await streamOf(name, unused)).status).toBe(401);
      expect(await idOf(await streamOf(name, used, id))).toContain("~");
      vi.setSystemTime(Date.now() + 31_000);
      expect((await streamOf(name, used, id)).status).toBe(401);
      const stub = env.Chat.get(env.Chat.idFromName(name));
      while (await runDurableObjectAlarm(stub));
      expect(await runInDurableObject(stub, async (_, state) => [...(await state.storage.list()).keys()])).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is good for its room, and for streams alone", async () => {
    const name = room();
    const ticket = await issue(name);
    expect((await streamOf(room(), ticket)).status).toBe(401);
    const asJson = await SELF.fetch(`http://localhost/parties/chat/${name}?ticket=${ticket}`);
    expect(asJson.status).toBe(401);
    const erase = await SELF.fetch(`http://localhost/parties/chat/${name}?ticket=${ticket}`, {
      method: "DELETE",
      headers: sse,
    });
    expect(erase.status).toBe(401);
  });

  test("of somebody whose token is revoked opens nothing", async () => {
    const tenant = fresh("t");
    const name = `${tenant}.room`;
    const ticket = await issue(name, { tenant, sub: "mallory" });
    await revoke({ sub: "mallory", tenant });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_001 });
    try {
      expect((await streamOf(name, ticket)).status).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("what a scope allows", () => {
  test("a reader sees everything and may not ask, stop or clear", async () => {
    const name = room();
    const [writer, reader] = [new SocketTab(), new SocketTab()];
    await writer.join(name, await signToken({ room: name, scope: "read write" }));
    await reader.join(name, await signToken({ room: name, scope: "read", sub: "bob" }));
    const prompt = fresh("scopes");
    const turnId = writer.submit(prompt);
    await reader.untilTurn(turnId, ({ state }) => state !== "queued");
    reader.say({ type: "turn-cancel", turnId });
    reader.submit("mine");
    reader.say({ type: "room-clear" });
    await reader.until((tab) => tab.of("error").length === 3);
    expect(reader.of("error").map(({ code }) => code)).toEqual(["forbidden", "forbidden", "forbidden"]);
    expect(reader.closed).toBeUndefined();
    await upstream("text", prompt, { text: "seen" });
    await upstream("done", prompt);
    await reader.untilTurn(turnId, ({ state }) => state === "settled");
    expect(reader.turn(turnId)).toMatchObject({ outcome: "completed", author: "alice" });
  });

  test("the stateless bridge costs what a question costs: it needs the scope to ask", async () => {
    const ask = (token?: string) =>
      SELF.fetch("http://localhost/chat?q=hi", {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });
    expect((await ask()).status).toBe(401);
    expect((await ask(await signToken({ scope: "read" }))).status).toBe(403);
    const response = await ask(await signToken({ scope: "write" }));
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });
});

describe("POST /ops/revoke", () => {
  const post = (body: unknown, token?: string) =>
    SELF.fetch("http://localhost/ops/revoke", {
      method: "POST",
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });

  test("is the operator's alone", async () => {
    expect((await post({ sub: "alice", tenant: "acme" })).status).toBe(401);
    expect((await post({ sub: "alice", tenant: "acme" }, "operator-secre")).status).toBe(401);
    expect((await post({ sub: "alice", tenant: "acme" }, await signToken({ scope: "read write clear" }))).status).toBe(
      401,
    );
  });

  test("says what it expects", async () => {
    for (const body of [
      {},
      { sub: "a", jti: "b", tenant: "acme" },
      { sub: "" },
      { sub: "a" },
      { sub: "a", tenant: "a.b" },
      [],
    ]) {
      const response = await post(body, "operator-secret");
      expect(response.status, JSON.stringify(body)).toBe(400);
      expect(await response.json()).toMatchObject({ detail: expect.stringContaining("tenant") });
    }
  });

  test("names one token by its jti, and says how fast it acts", async () => {
    const name = room();
    const [jti, other] = [fresh("jti"), fresh("jti")];
    const answer = await post({ jti, tenant: "acme" }, "operator-secret");
    expect(await answer.json()).toEqual({ revokedAt: expect.any(Number), actsWithinMs: 10_000 });
    const stored = await env.Revocations.get(env.Revocations.idFromName("acme")).list();
    expect(stored).toContainEqual({ tokenId: jti, at: expect.any(Number) });
    expect(await ways[1]?.go(name, await signToken({ room: name, scope: "read", jti: other }))).toBe("in");
  });
});

test("claims of the tests are the documented ones", () => {
  expect(Object.keys(claimsFor({})).sort()).toEqual(["exp", "iat", "jti", "room", "scope", "sub", "tenant"]);
});
