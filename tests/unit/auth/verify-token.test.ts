/** What a token must be to be believed (S5, S6, RFC 8725). */
import { describe, expect, test } from "vitest";
import type { KeyEvent, KeySource } from "../../../party/auth/keys/keys.ts";
import { parseSecrets, SecretKeys } from "../../../party/auth/keys/secret-keys.ts";
import { tenantAdmitted, tenantOfRoom } from "../../../party/auth/tenants.ts";
import { TokenVerifier, type VerifierOptions } from "../../../party/auth/verify-token.ts";
import { base64url, goodClaims, now, pair, secret, sign } from "./tokens.ts";

const keys = new SecretKeys(new Map([["k1", secret]]));

function verifier(options: Partial<VerifierOptions> = {}) {
  const events: KeyEvent[] = [];
  const made = new TokenVerifier({
    keys,
    issuer: undefined,
    audience: undefined,
    clock: { now: () => now },
    report: (event) => events.push(event),
    ...options,
  });
  return { events, verify: (token?: string) => made.verify(token) };
}

describe("[S6] a token", () => {
  test("of a known key says who asks, where, and what for", async () => {
    const { verify, events } = verifier();
    const facts = { sub: "alice", tenant: "acme", rooms: ["lobby"], scopes: ["read", "write"], tokenId: "token-1" };
    expect(await verify(await sign(goodClaims))).toEqual({
      ok: true,
      value: { ...facts, issuedAt: now, expiresAt: now + 600_000 },
    });
    await verify(await sign(goodClaims));
    expect(events).toEqual([{ name: "key-first-used", kid: "k1" }]);
  });

  test("may name several rooms, and scopes that mean nothing here", async () => {
    const token = await sign({ ...goodClaims, room: ["a", "team-*"], scope: "openid read  clear" });
    expect(await verifier().verify(token)).toMatchObject({
      ok: true,
      value: { rooms: ["a", "team-*"], scopes: ["read", "clear"] },
    });
  });

  const seconds = now / 1_000;
  const { sub: _sub, ...nobody } = goodClaims;
  const { room: _room, ...nowhere } = goodClaims;
  const { scope: _scope, ...idle } = goodClaims;
  const { exp: _exp, ...eternal } = goodClaims;
  const { iat: _iat, ...undated } = goodClaims;
  test.each([
    ["without sub", nobody, "sub"],
    ["without room", nowhere, "room"],
    ["without scope", idle, "scope"],
    ["without exp", eternal, "exp"],
    ["without iat", undated, "iat"],
    ["of 30 days, in its last hour", { ...goodClaims, iat: seconds - 30 * 86_400, exp: seconds + 3_000 }, "an hour"],
    ["that was issued in the future", { ...goodClaims, iat: seconds + 11, exp: seconds + 600 }, "iat"],
    ["that was issued 50 minutes ahead", { ...goodClaims, iat: seconds + 3_000, exp: seconds + 3_600 }, "iat"],
    ["with a room that is no pattern", { ...goodClaims, room: "a*b" }, "room"],
    ["with a tenant that a room's name could not carry", { ...goodClaims, tenant: "a.b" }, "tenant"],
    ["that has expired", { ...goodClaims, exp: seconds }, "expired"],
    ["that expired within the tolerance of the clock", { ...goodClaims, exp: seconds - 5 }, "expired"],
    ["that lives longer than an hour", { ...goodClaims, exp: seconds + 3_700 }, "longer than an hour"],
    ["that is not yet valid", { ...goodClaims, nbf: seconds + 60 }, "nbf"],
  ])("%s is refused, and its developer is told why", async (_name, claims, why) => {
    expect(await verifier().verify(await sign(claims))).toEqual({
      ok: false,
      error: { code: "unauthenticated", detail: expect.stringContaining(why) },
    });
  });

  test("for another audience or by another issuer is refused", async () => {
    const { verify } = verifier({ issuer: "https://id.example.com", audience: "chat" });
    const good = { ...goodClaims, iss: "https://id.example.com", aud: ["other", "chat"] };
    expect(await verify(await sign(good))).toMatchObject({ ok: true });
    for (const bad of [goodClaims, { ...good, aud: "mail" }, { ...good, iss: "https://evil.example" }]) {
      expect(await verify(await sign(bad))).toMatchObject({ ok: false, error: { code: "unauthenticated" } });
    }
  });

  test("of a signer whose clock is a little ahead is accepted", async () => {
    const ahead = { ...goodClaims, nbf: seconds + 5, iat: seconds + 10, exp: seconds + 3_610 };
    expect(await verifier().verify(await sign(ahead))).toMatchObject({ ok: true });
  });

  const one = { code: "unauthenticated", detail: "The token's signature is not accepted here." };
  test("of a wrong key, an unknown kid, no kid, or cut short: one answer, which tells nothing of the keys", async () => {
    const { verify, events } = verifier();
    const good = await sign(goodClaims);
    const bad = [
      await sign(goodClaims, { key: new Uint8Array(32).fill(8) }),
      await sign(goodClaims, { kid: "k2" }),
      await sign(goodClaims, { kid: undefined }),
      await sign(goodClaims, { kid: "x".repeat(200) }),
      good.slice(0, -2),
      `${good}.x`,
      "not a token",
      good.replace(/^[^.]+/, base64url(new TextEncoder().encode('{"alg":"none","kid":"k1"}'))),
    ];
    for (const token of bad) expect(await verify(token), token).toEqual({ ok: false, error: one });
    expect(events).toContainEqual({ name: "key-rejected", kid: "k2" });
  });

  test("with alg none, or a public key taken for a secret, is refused", async () => {
    const { privateKey, jwk } = await pair("ES256", "e1");
    const found: KeySource = { find: async () => ({ alg: "ES256", key: privateKey }) };
    const { verify } = verifier({ keys: found });
    const head = (alg: string) => base64url(new TextEncoder().encode(JSON.stringify({ alg, kid: "e1" })));
    const body = base64url(new TextEncoder().encode(JSON.stringify(goodClaims)));
    const forged = await sign(goodClaims, { kid: "e1", key: new TextEncoder().encode(String(jwk["x"])) });
    for (const token of [`${head("none")}.${body}.`, forged]) {
      expect(await verify(token)).toEqual({ ok: false, error: one });
    }
  });

  test("that is missing, empty or huge is refused before anything is hashed", async () => {
    const { verify } = verifier();
    for (const token of [undefined, "", "x".repeat(10_000)]) {
      expect(await verify(token)).toMatchObject({ ok: false, error: { code: "unauthenticated" } });
    }
  });

  test("is a fault of ours, not of who holds it, while no keys can be had", async () => {
    const { verify } = verifier({ keys: { find: () => Promise.reject(new Error("away")) } });
    expect(await verify(await sign(goodClaims))).toEqual({ ok: false, error: { code: "internal" } });
  });

  test("made up by strangers fills the log with at most a hundred kids", async () => {
    const { verify, events } = verifier();
    for (let made = 0; made < 120; made += 1) await verify(await sign(goodClaims, { kid: `made-up-${made}` }));
    expect(events).toHaveLength(100);
  });
});

describe("AUTH_KEYS", () => {
  test("is JSON of kid and base64url secret", () => {
    const parsed = parseSecrets(JSON.stringify({ k1: base64url(secret), "2026-11": base64url(new Uint8Array(64)) }));
    expect(parsed.ok && [...parsed.value.keys()]).toEqual(["k1", "2026-11"]);
  });

  test.each([
    ["not JSON", "k1=abc", "JSON"],
    ["a list", "[]", "JSON"],
    ["nothing in it", "{}", "no key"],
    ["a short secret", JSON.stringify({ k1: base64url(new Uint8Array(31)) }), "32 bytes"],
    ["a secret that is no base64url", JSON.stringify({ k1: `${"a".repeat(60)}+/` }), "base64url"],
    ["a kid with a space", JSON.stringify({ "k 1": base64url(secret) }), "kid"],
  ])("with %s is refused and not quoted", (_name, text, why) => {
    const parsed = parseSecrets(text);
    expect(parsed).toEqual({ ok: false, error: expect.stringContaining(why) });
  });
});

describe("[S5] a room", () => {
  const facts = (more: { tenant?: string; rooms?: string[] }) => ({
    sub: "alice",
    tenant: more.tenant,
    rooms: more.rooms ?? ["*"],
    scopes: [],
    expiresAt: now,
    issuedAt: 0,
    tokenId: undefined,
  });

  test.each([
    ["one tenant: the token need not name it", "default", "lobby", {}, true],
    ["one tenant: the token may name it", "default", "lobby", { tenant: "default" }, true],
    ["one tenant: not another's token", "default", "lobby", { tenant: "acme" }, false],
    ["many: its own tenant's token", "*", "acme.lobby", { tenant: "acme" }, true],
    ["many: not another's", "*", "acme.lobby", { tenant: "evil" }, false],
    ["many: not a tenant whose name begins alike", "*", "acme-2.lobby", { tenant: "acme" }, false],
    ["many: not a token of no tenant", "*", "acme.lobby", {}, false],
    ["many: no room without a tenant", "*", "lobby", { tenant: "lobby" }, false],
    ["many: no room of nobody", "*", ".lobby", { tenant: "" }, false],
    ["many: no tenant without a room", "*", "acme.", { tenant: "acme" }, false],
    ["the exact name", "default", "lobby", { rooms: ["lobby"] }, true],
    ["no name that begins alike", "default", "lobby2", { rooms: ["lobby"] }, false],
    ["a prefix", "default", "team-7", { rooms: ["a", "team-*"] }, true],
    ["not another prefix", "default", "teal", { rooms: ["team-*"] }, false],
    ["a pattern does not lead out of the tenant", "*", "evil.lobby", { tenant: "acme", rooms: ["*"] }, false],
  ])("%s", (_name, setting, room, token, expected) => {
    const admitted = tenantAdmitted(facts(token), room, setting);
    expect(admitted.ok).toBe(expected);
    if (!admitted.ok) expect(admitted.error).toEqual({ code: "room-forbidden" });
  });

  test("of many tenants belongs to the part before its first dot", () => {
    expect(tenantOfRoom("*", "acme.team.7")).toBe("acme");
    expect(tenantOfRoom("*", "plain")).toBeUndefined();
    expect(tenantOfRoom("default", "acme.team.7")).toBe("default");
  });
});
