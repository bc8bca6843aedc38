/** Who may call: the gateway, for the generation that its token names. Against a NestJS application and a real key set. */
import { createHash, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { UsedTokens } from "../../../nestjs/guard/used-tokens.ts";
import { ChatApp, problemOf } from "../../support/nestjs/chat-app.ts";

interface Key {
  readonly kid: string;
  readonly privateKey: Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];
  readonly jwk: object;
}

async function makeKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: "EdDSA", use: "sig" } };
}

let published: object[] = [];
let isDown = false;
let jwks: Server;
let backend: ChatApp;
let key: Key;
const jwksUrl = () => `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/.well-known/jwks.json`;
const trust = () => ({ jwksUrl: jwksUrl() });
async function* echo({ prompt }: { prompt: string }): AsyncGenerator<string> {
  yield prompt;
}

beforeAll(async () => {
  key = await makeKey("a");
  published = [key.jwk];
  jwks = createServer((_request, response) => {
    response.writeHead(isDown ? 500 : 200, { "content-type": "application/jwk-set+json" });
    response.end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => jwks.listen(0, "127.0.0.1", resolve));
  backend = await ChatApp.start(trust(), echo, { rawBody: true });
});

afterAll(async () => {
  await backend.close();
  await new Promise((resolve) => jwks.close(resolve));
});

const nowS = () => Math.floor(Date.now() / 1_000);

/** A token that the gateway would sign for a call, except for the claims given. */
function tokenFor(claims: JWTPayload, signer = key): Promise<string> {
  const base = { iss: "edge-chat-gateway", aud: "model-backend", iat: nowS(), exp: nowS() + 60, room: "room-1" };
  return new SignJWT({ jti: randomUUID(), ...base, ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid: signer.kid })
    .sign(signer.privateKey);
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const start = (body: unknown, headers: Readonly<Record<string, string>> = {}): Call => ({
  method: "POST",
  path: "/model/chat",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json", ...headers },
});
const stop = (id: string): Call => ({ method: "DELETE", path: `/model/chat/${id}` });
const get = (query: string, headers: Readonly<Record<string, string>> = {}): Call => ({
  method: "GET",
  path: `/model/chat?${query}`,
  headers,
});

function claimsOf({ method, path, body }: Call): JWTPayload {
  const hash = (text: string) => createHash("sha256").update(text).digest("base64url");
  return { method, path, ...(body === undefined ? {} : { bodySha256: hash(body) }) };
}

/** @param token undefined sends none. */
function sendWith(token: string | undefined, { method, path, body, headers }: Call, to = backend): Promise<Response> {
  return fetch(to.url + path, {
    method,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body }),
  });
}

/** Sends a call as the gateway does: with a token of its own. */
async function send(call: Call, claims: JWTPayload, signer?: Key): Promise<Response> {
  return sendWith(await tokenFor({ ...claimsOf(call), ...claims }, signer), call);
}

describe("with a gateway in the options, the chat routes", () => {
  test("serve the generation that the token names: start, resume and stop", async () => {
    const generation = backend.newId();
    const first = await send(start(backend.body(generation), { "idempotency-key": generation }), { generation });
    expect(first.status).toBe(200);
    expect(await first.text()).toContain('"type":"complete"');
    const resumed = await send(start(backend.body(generation), { "last-event-id": "1" }), { generation });
    expect(resumed.status).toBe(200);
    await resumed.text();
    expect((await send(stop(generation), { generation })).status).toBe(204);
  });

  test("refuse a start, a resume and a stop of another generation", async () => {
    const [generation, other] = [backend.newId(), backend.newId()];
    await (await send(start(backend.body(other)), { generation: other })).text();
    const refused = [
      send(start(backend.body(other)), { generation }),
      send(start(backend.body(other), { "last-event-id": "1" }), { generation }),
      send(start(backend.body(generation), { "idempotency-key": other }), { generation }),
      send(start({ ...backend.body(generation), room: "room-2" }), { generation }),
      send(stop(other), { generation }),
      send(get("prompt=hi", { "idempotency-key": other }), { generation }),
      send(stop(other), {}),
    ];
    for (const response of await Promise.all(refused)) {
      expect(response.status).toBe(403);
      expect((await problemOf(response)).code).toBe("generation-forbidden");
    }
    expect(backend.record(other)).toMatchObject({ state: "finished", starts: 1 });
  });

  test("[S6] refuse a token of another method, path, query or body, before anything is generated", async () => {
    const generation = backend.newId();
    const asked = start(backend.body(generation));
    const { started } = backend.stats();
    const { method, path, bodySha256 } = claimsOf(asked);
    const wrong: [Call, JWTPayload][] = [
      [start(backend.body(generation, "another question")), { method, path, bodySha256 }],
      [start(backend.body(generation, "hello", { params: { temperature: 2 } })), { method, path, bodySha256 }],
      [
        { ...asked, body: `${asked.body} ` },
        { method, path, bodySha256 },
      ],
      [asked, { method, path }],
      [asked, { method: "DELETE", path, bodySha256 }],
      [asked, { method: "GET", path, bodySha256 }],
      [asked, { method, path: "/model/chat?prompt=hi", bodySha256 }],
      [asked, { method, path: `/model/chat/${generation}`, bodySha256 }],
      [stop(generation), { method, path: `/model/chat/${generation}` }],
      [stop(generation), { method, path, bodySha256 }],
      [stop(generation), { method: "DELETE", path: "/model/chat/another" }],
      [get("prompt=hi", { "idempotency-key": generation }), { method: "GET", path: "/model/chat?prompt=ho" }],
      [
        get("prompt=hi", { "idempotency-key": generation }),
        { method: "GET", path: "/model/chat?prompt=hi", bodySha256 },
      ],
    ];
    for (const [call, claims] of wrong) {
      const response = await sendWith(await tokenFor({ ...claims, generation }), call);
      expect([response.status, (await problemOf(response)).code], `${call.method} ${call.path}`).toEqual([
        403,
        "request-forbidden",
      ]);
    }
    expect(backend.stats().started).toBe(started);
  });

  test("[S6] compare the parsed body where the application keeps no bytes", async () => {
    const parsing = await ChatApp.start(trust(), echo);
    try {
      const generation = parsing.newId();
      const call = start(parsing.body(generation, "Grüße, 世界 \u2028 \ud800"));
      const claims = { ...claimsOf(call), generation };
      const other = start(parsing.body(generation, "another question"));
      expect((await sendWith(await tokenFor(claims), other, parsing)).status).toBe(403);
      const { body: _, ...empty } = call;
      expect((await sendWith(await tokenFor(claims), { ...empty, headers: {} }, parsing)).status).toBe(403);
      expect(parsing.stats().started).toBe(0);
      const response = await sendWith(await tokenFor(claims), call, parsing);
      expect(response.status).toBe(200);
      await response.text();
      expect(
        (await sendWith(await tokenFor({ ...claimsOf(stop(generation)), generation }), stop(generation), parsing))
          .status,
      ).toBe(204);
    } finally {
      await parsing.close();
    }
  });

  test("serve a request whose path lost its start to a proxy", async () => {
    const generation = backend.newId();
    const response = await send(start(backend.body(generation)), { generation, path: "/api/v1/model/chat" });
    expect(response.status).toBe(200);
    await response.text();
  });

  test("[S6] take a token once: a start, resume, stop and GET that are sent again are refused", async () => {
    const generation = backend.newId();
    const calls: [Call, JWTPayload][] = [
      [start(backend.body(generation)), { generation }],
      [start(backend.body(generation), { "last-event-id": "1" }), { generation }],
      [stop(generation), { generation }],
      [get("prompt=hi"), {}],
    ];
    for (const [call, claims] of calls) {
      const token = await tokenFor({ ...claimsOf(call), ...claims });
      const first = await sendWith(token, call);
      expect(first.ok).toBe(true);
      await first.text();
      const again = await sendWith(token, call);
      expect([again.status, (await problemOf(again)).code]).toEqual([401, "token-used"]);
    }
    // At the same moment, one of them is the first.
    const call = stop(generation);
    const token = await tokenFor({ ...claimsOf(call), generation });
    const all = await Promise.all(Array.from({ length: 10 }, () => sendWith(token, call)));
    expect(all.map(({ status }) => status).sort()).toEqual([204, ...Array.from({ length: 9 }, () => 401)]);
  });

  test("take a token that was shown with another request before, which used it up for nobody", async () => {
    const generation = backend.newId();
    const call = start(backend.body(generation));
    const token = await tokenFor({ ...claimsOf(call), generation });
    expect((await sendWith(token, start(backend.body(generation, "stolen")))).status).toBe(403);
    const response = await sendWith(token, call);
    expect(response.status).toBe(200);
    await response.text();
  });

  test("serve a bridge's prompt, which has no generation", async () => {
    const response = await send(get("prompt=hi"), {});
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  test("refuse everybody else, before anything is generated", async () => {
    const generation = backend.newId();
    const stranger = await makeKey("a");
    const call = start(backend.body(generation));
    const claims = { ...claimsOf(call), generation };
    const tokens = [
      undefined,
      "nonsense",
      await tokenFor(claims, stranger),
      await tokenFor(claims, await makeKey("unknown")),
      await tokenFor({ ...claims, aud: "other-backend" }),
      await tokenFor({ ...claims, iss: "someone" }),
      await tokenFor({ ...claims, iat: nowS() - 120, exp: nowS() - 60 }),
      await tokenFor({ ...claims, iat: nowS() - 600, exp: nowS() + 3_600 }),
      await tokenFor({ ...claims, jti: "" }),
      await tokenFor({ generation }),
      `${Buffer.from('{"alg":"none","kid":"a"}').toString("base64url")}.e30.`,
    ];
    const { started } = backend.stats();
    for (const token of tokens) {
      const response = await sendWith(token, call);
      expect(response.status, token).toBe(401);
      expect(response.headers.get("www-authenticate")).toContain("Bearer");
      expect((await problemOf(response)).code).toBe("unauthenticated");
    }
    expect(backend.stats().started).toBe(started);
  });

  test("take a new key as soon as it is published, and the old one until it is taken away", async () => {
    const next = await makeKey("b");
    const post = async (signer: Key) => {
      const generation = backend.newId();
      const response = await send(start(backend.body(generation)), { generation }, signer);
      await response.body?.cancel();
      return response.status;
    };
    expect(await post(key)).toBe(200);
    // Past the second in which the set is not looked at again.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2_000 });
    try {
      published = [next.jwk, key.jwk];
      expect(await post(next)).toBe(200);
      expect(await post(key)).toBe(200);
      published = [next.jwk];
      vi.setSystemTime(Date.now() + 600_000);
      expect(await post(next)).toBe(200);
      expect(await post(key)).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });

  test("say that it is not the caller's fault when the keys cannot be fetched", async () => {
    isDown = true;
    const fresh = await ChatApp.start(trust(), echo);
    try {
      const generation = backend.newId();
      const call = start(fresh.body(generation));
      const response = await sendWith(await tokenFor({ ...claimsOf(call), generation }), call, fresh);
      expect(response.status).toBe(503);
      expect((await problemOf(response)).code).toBe("keys-unavailable");
    } finally {
      isDown = false;
      await fresh.close();
    }
  });
});

test("used tokens are forgotten when they have run out, and never before", () => {
  const used = new UsedTokens();
  expect([used.use("a", 100, 50), used.use("b", 110, 60), used.use("a", 100, 100)]).toEqual([true, true, false]);
  expect(used.size).toBe(2);
  expect(used.use("c", 161, 101)).toBe(true);
  expect(used.size).toBe(2);
  expect(used.use("b", 110, 110)).toBe(false);
});
