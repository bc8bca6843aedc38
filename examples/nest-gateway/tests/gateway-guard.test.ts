/** Who may call: the gateway, for the generation that its token names. Against the real application and a real key set. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { optionsFromEnv } from "../src/options.ts";
import { problemOf, TestBackend } from "./support/backend.ts";

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
let backend: TestBackend;
let key: Key;
const jwksUrl = () => `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/.well-known/jwks.json`;
const trust = () => ({ jwksUrl: jwksUrl(), audience: "model-backend" });

beforeAll(async () => {
  key = await makeKey("a");
  published = [key.jwk];
  jwks = createServer((_request, response) => {
    response.writeHead(isDown ? 500 : 200, { "content-type": "application/jwk-set+json" });
    response.end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => jwks.listen(0, "127.0.0.1", resolve));
  backend = await TestBackend.start({ gateway: trust() });
});

afterAll(async () => {
  await backend.close();
  await new Promise((resolve) => jwks.close(resolve));
});

const nowS = () => Math.floor(Date.now() / 1_000);

function tokenFor(claims: JWTPayload, signer = key): Promise<string> {
  const base = { iss: "edge-chat-gateway", aud: "model-backend", iat: nowS(), exp: nowS() + 60, room: "room-1" };
  return new SignJWT({ ...base, ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid: signer.kid })
    .sign(signer.privateKey);
}

const bearer = async (claims: JWTPayload, signer?: Key) => ({
  authorization: `Bearer ${await tokenFor(claims, signer)}`,
});

describe("with GATEWAY_JWKS_URL, the chat routes", () => {
  test("serve the generation that the token names: start, resume and stop", async () => {
    const id = backend.newId();
    const headers = await bearer({ generation: id });
    const first = await backend.post(backend.body(id), { ...headers, "idempotency-key": id });
    expect(first.status).toBe(200);
    expect(await first.text()).toContain('"type":"complete"');
    const resumed = await backend.post(backend.body(id), { ...headers, "last-event-id": "1" });
    expect(resumed.status).toBe(200);
    await resumed.text();
    expect((await fetch(`${backend.url}/model/chat/${id}`, { method: "DELETE", headers })).status).toBe(204);
  });

  test("refuse a start, a resume and a stop of another generation", async () => {
    const [mine, other] = [backend.newId(), backend.newId()];
    await (await backend.post(backend.body(other), await bearer({ generation: other }))).text();
    const headers = await bearer({ generation: mine });
    const refused = [
      backend.post(backend.body(other), headers),
      backend.post(backend.body(other), { ...headers, "last-event-id": "1" }),
      backend.post(backend.body(mine), { ...headers, "idempotency-key": other }),
      backend.post({ ...backend.body(mine), room: "room-2" }, headers),
      fetch(`${backend.url}/model/chat/${other}`, { method: "DELETE", headers }),
      fetch(`${backend.url}/model/chat?prompt=hi`, { headers: { ...headers, "idempotency-key": other } }),
      fetch(`${backend.url}/model/chat/${other}`, { method: "DELETE", headers: await bearer({}) }),
    ];
    for (const response of await Promise.all(refused)) {
      expect(response.status).toBe(403);
      expect((await problemOf(response)).code).toBe("generation-forbidden");
    }
    expect(await backend.record(other)).toMatchObject({ state: "finished", starts: 1 });
  });

  test("serve a bridge's prompt, which has no generation", async () => {
    const response = await fetch(`${backend.url}/model/chat?prompt=hi`, { headers: await bearer({}) });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  test("refuse everybody else, before anything is generated", async () => {
    const id = backend.newId();
    const stranger = await makeKey("a");
    const claims = { generation: id };
    const tokens = [
      undefined,
      "nonsense",
      await tokenFor(claims, stranger),
      await tokenFor(claims, await makeKey("unknown")),
      await tokenFor({ ...claims, aud: "other-backend" }),
      await tokenFor({ ...claims, iss: "someone" }),
      await tokenFor({ ...claims, iat: nowS() - 120, exp: nowS() - 60 }),
      await tokenFor({ ...claims, iat: nowS() - 600, exp: nowS() + 3_600 }),
      `${Buffer.from('{"alg":"none","kid":"a"}').toString("base64url")}.e30.`,
    ];
    const { started } = await backend.stats();
    for (const token of tokens) {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await backend.post(backend.body(id), headers);
      expect(response.status, token).toBe(401);
      expect(response.headers.get("www-authenticate")).toContain("Bearer");
      expect((await problemOf(response)).code).toBe("unauthenticated");
    }
    expect((await backend.stats()).started).toBe(started);
  });

  test("take a new key as soon as it is published, and the old one until it is taken away", async () => {
    const next = await makeKey("b");
    const post = async (signer: Key) => {
      const id = backend.newId();
      const response = await backend.post(backend.body(id), await bearer({ generation: id }, signer));
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
    const fresh = await TestBackend.start({ gateway: trust() });
    try {
      const id = backend.newId();
      const response = await fresh.post(fresh.body(id), await bearer({ generation: id }));
      expect(response.status).toBe(503);
      expect((await problemOf(response)).code).toBe("keys-unavailable");
    } finally {
      isDown = false;
      await fresh.close();
    }
  });

  test("need no token for models, context and health", async () => {
    for (const path of ["/model/models", "/model/context", "/health"]) {
      expect((await fetch(backend.url + path)).status).toBe(200);
    }
  });
});

test("the setting is an address, and an audience means nothing without it", () => {
  expect(optionsFromEnv({ GATEWAY_JWKS_URL: "https://chat.example.com/.well-known/jwks.json" }).gateway).toEqual({
    jwksUrl: "https://chat.example.com/.well-known/jwks.json",
    audience: "model-backend",
  });
  expect(() => optionsFromEnv({ GATEWAY_JWKS_URL: "chat.example.com" })).toThrow("GATEWAY_JWKS_URL");
  expect(() => optionsFromEnv({ GATEWAY_AUDIENCE: "x" })).toThrow("GATEWAY_AUDIENCE");
  expect(optionsFromEnv({}).gateway).toBeUndefined();
});
