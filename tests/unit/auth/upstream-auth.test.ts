/** What the backend is shown (issue: short-lived tokens, no provider key at the edge). */
import { createHash } from "node:crypto";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { publicKeys, UpstreamAuth, type UpstreamTokenEvent } from "../../../party/auth/upstream-auth/upstream-auth.ts";
import {
  parseUpstreamAuth,
  type UpstreamAuthSetting,
} from "../../../party/auth/upstream-auth/upstream-auth-settings.ts";
import type { SignedRequest } from "../../../party/auth/upstream-auth/upstream-token.ts";
import { systemClock } from "../../../party/platform/clock.ts";
import { base64url, now } from "./tokens.ts";

const seed = (byte: number) => base64url(new Uint8Array(32).fill(byte));
const keys = JSON.stringify({ next: seed(1), old: seed(2) });

function parse(env: Record<string, string>) {
  return parseUpstreamAuth((name) => env[name]);
}

function setting(env: Record<string, string>): UpstreamAuthSetting {
  const parsed = parse(env);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function auth(of: UpstreamAuthSetting, answer: () => Response = () => new Response(null, { status: 500 })) {
  const asked: RequestInit[] = [];
  const events: UpstreamTokenEvent[] = [];
  let time = now;
  const made = new UpstreamAuth({
    setting: of,
    fetch: async (_url, init) => {
      asked.push(init);
      return answer();
    },
    clock: { now: () => time, after: (ms, run) => systemClock.after(ms, run) },
    report: (event) => events.push(event),
  });
  return {
    asked,
    events,
    pass: (ms: number) => {
      time += ms;
    },
    headers: (request: SignedRequest = { method: "DELETE", url: "https://backend.example/model/chat/g1" }) =>
      made.headers({ tenant: "acme", room: "acme.lobby", generation: "g1" }, request),
  };
}

test("without a setting the backend is shown nothing", async () => {
  expect(await auth(setting({})).headers()).toEqual({});
});

describe("a signed token", () => {
  const signing = setting({ UPSTREAM_SIGNING_KEYS: keys, UPSTREAM_AUDIENCE: "my-backend" });

  test("is of the first key, for a minute, and names tenant, room and generation", async () => {
    const { headers, events } = auth(signing);
    const { authorization = "" } = await headers();
    const set = createLocalJWKSet({ keys: [...(await publicKeys(signing))].map((key) => ({ ...key })) });
    const { payload, protectedHeader } = await jwtVerify(authorization.replace("Bearer ", ""), set, {
      algorithms: ["EdDSA"],
      issuer: "edge-chat-gateway",
      audience: "my-backend",
      currentDate: new Date(now + 59_000),
    });
    expect(protectedHeader).toEqual({ alg: "EdDSA", typ: "JWT", kid: "next" });
    expect(payload).toMatchObject({ tenant: "acme", room: "acme.lobby", generation: "g1", exp: now / 1_000 + 60 });
    expect(events).toEqual([{ name: "upstream-token", kid: "next", tokenId: payload.jti, generationId: "g1" }]);
  });

  test("[S6] is bound to the request: its method, path, query and body", async () => {
    const claimsOf = async (request: SignedRequest) => {
      const { authorization = "" } = await auth(signing).headers(request);
      const { method, path, bodySha256 } = decodeJwt(authorization.replace("Bearer ", ""));
      return { method, path, bodySha256 };
    };
    const body = JSON.stringify({ prompt: "h\u{e9}llo \u{1f600}" });
    expect(await claimsOf({ method: "POST", url: "https://backend.example/api/model/chat?a=b c", body })).toEqual({
      method: "POST",
      path: "/api/model/chat?a=b%20c",
      bodySha256: createHash("sha256").update(body, "utf8").digest("base64url"),
    });
    expect(await claimsOf({ method: "GET", url: "https://backend.example" })).toEqual({ method: "GET", path: "/" });
  });

  test("is another one for each call", async () => {
    const { headers } = auth(signing);
    expect(await headers()).not.toEqual(await headers());
  });

  test("is checked with the public keys, all of them and nothing else of them", async () => {
    const published = await publicKeys(signing);
    expect(published.map(({ kid }) => kid)).toEqual(["next", "old"]);
    for (const key of published) expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x"]);
    expect(JSON.stringify(published)).not.toContain(seed(1));
  });
});

describe("a fetched token", () => {
  const url = "https://id.example.com/token";
  const answer = (expires_in: number) => () => Response.json({ access_token: "short-lived", expires_in });

  test("is asked for as an OAuth client does, and used until shortly before it runs out", async () => {
    const { headers, asked, pass } = auth(
      setting({ UPSTREAM_TOKEN_URL: url, UPSTREAM_TOKEN_CLIENT: "edge:secret" }),
      answer(300),
    );
    expect(await headers()).toEqual({ authorization: "Bearer short-lived" });
    pass(269_000);
    await headers();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ method: "POST", body: "grant_type=client_credentials" });
    expect(asked[0]?.headers).toMatchObject({ authorization: `Basic ${btoa("edge:secret")}` });
    pass(2_000);
    await headers();
    expect(asked).toHaveLength(2);
  });

  test("[S2] is requested once for calls that begin at the same time", async () => {
    const { headers, asked } = auth(setting({ UPSTREAM_TOKEN_URL: url }), answer(300));
    const all = await Promise.all(Array.from({ length: 100 }, () => headers()));
    expect(new Set(all.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer short-lived"]));
    expect(asked).toHaveLength(1);
  });

  test("of a very short life is used for half of it", async () => {
    const { headers, asked, pass } = auth(setting({ UPSTREAM_TOKEN_URL: url }), answer(10));
    await headers();
    pass(4_900);
    await headers();
    expect(asked).toHaveLength(1);
    pass(200);
    await headers();
    expect(asked).toHaveLength(2);
  });

  test.each([
    ["an error", () => new Response("no", { status: 403 })],
    ["another answer", () => Response.json({ token: "x" })],
    ["a token that is no header", () => Response.json({ access_token: "a\r\nb", expires_in: 60 })],
  ])("that cannot be had (%s) is a failed call, not one without a token", async (_name, bad) => {
    await expect(auth(setting({ UPSTREAM_TOKEN_URL: url }), bad).headers()).rejects.toThrow("token service");
  });
});

describe("settings that are wrong", () => {
  test.each([
    ["both ways at once", { UPSTREAM_SIGNING_KEYS: keys, UPSTREAM_TOKEN_URL: "https://id.example.com" }],
    ["keys that are no JSON", { UPSTREAM_SIGNING_KEYS: "secret-seed" }],
    ["no key", { UPSTREAM_SIGNING_KEYS: "{}" }],
    ["a key of another length", { UPSTREAM_SIGNING_KEYS: JSON.stringify({ k: base64url(new Uint8Array(31)) }) }],
    ["an address over http", { UPSTREAM_TOKEN_URL: "http://id.example.com/token" }],
  ])("%s: named, with an example, and never quoted", (_name, env) => {
    const parsed = parse(env);
    expect(parsed).toEqual({
      ok: false,
      error: expect.stringMatching(/^UPSTREAM_(SIGNING_KEYS|TOKEN_URL) .*for example/),
    });
    expect(JSON.stringify(parsed)).not.toContain("secret-seed");
  });
});
