/** Keys from a key set: fetched seldom, found at once when they rotate, and never fetched at a stranger's word. */
import { describe, expect, test } from "vitest";
import { JwksKeys, jwksCooldownMs, jwksMaxAgeMs, jwksStaleMs } from "../../../party/auth/keys/jwks-keys.ts";
import type { KeyEvent } from "../../../party/auth/keys/keys.ts";
import { TokenVerifier } from "../../../party/auth/verify-token.ts";
import { systemClock } from "../../../party/platform/clock.ts";
import { goodClaims, now, pair, sign } from "./tokens.ts";

/** A key set that a test changes, and a clock it moves. */
function keySet(...first: unknown[]) {
  const set = { keys: first as unknown[] | undefined, answer: undefined as (() => Response) | undefined };
  let time = now;
  let fetches = 0;
  const events: KeyEvent[] = [];
  const clock = { now: () => time, after: (ms: number, run: () => void) => systemClock.after(ms, run) };
  const keys = new JwksKeys({
    url: "https://id.example.com/jwks",
    fetch: async () => {
      fetches += 1;
      if (set.answer !== undefined) return set.answer();
      if (set.keys === undefined) throw new TypeError("network");
      return Response.json({ keys: set.keys });
    },
    clock,
    report: (event) => events.push(event),
  });
  return {
    set,
    keys,
    clock,
    events,
    pass: (ms: number) => {
      time += ms;
    },
    fetches: () => fetches,
  };
}

describe("a key set", () => {
  test.each(["EdDSA", "ES256", "RS256"] as const)("gives keys for %s, for that algorithm alone", async (alg) => {
    const { privateKey, jwk } = await pair(alg, "a");
    const { keys, clock } = keySet(jwk);
    const verifier = new TokenVerifier({
      keys,
      issuer: undefined,
      audience: undefined,
      clock,
      report: () => undefined,
    });
    expect(await verifier.verify(await sign(goodClaims, { alg, kid: "a", key: privateKey }))).toMatchObject({
      ok: true,
    });
    expect(await verifier.verify(await sign(goodClaims, { kid: "a" }))).toMatchObject({ ok: false });
  });

  test("leaves aside what it cannot use, and a secret above all", async () => {
    const { jwk } = await pair("ES256", "good");
    const { keys } = keySet(
      { kty: "oct", kid: "secret", k: "c2VjcmV0" },
      { ...jwk, kid: "enc", use: "enc" },
      { ...jwk, kid: "other-alg", alg: "ES512" },
      { ...jwk, kid: undefined },
      { kty: "EC", crv: "P-256", kid: "broken", x: "AA", y: "AA" },
      "nonsense",
      jwk,
    );
    expect(await keys.find("good")).toMatchObject({ alg: "ES256" });
    for (const kid of ["secret", "enc", "other-alg", "broken"]) expect(await keys.find(kid)).toBeUndefined();
  });

  test("is fetched once for many tokens, and again when it has aged", async () => {
    const { jwk } = await pair("EdDSA", "a");
    const { keys, pass, fetches } = keySet(jwk);
    for (let count = 0; count < 5; count += 1) await keys.find("a");
    expect(fetches()).toBe(1);
    pass(jwksMaxAgeMs);
    await keys.find("a");
    expect(fetches()).toBe(2);
  });

  test("that rotates is seen at once: both keys hold while both stand, the old one ends with the set", async () => {
    const [old, next] = [await pair("EdDSA", "old"), await pair("EdDSA", "next")];
    const { set, keys, pass, events } = keySet(old.jwk);
    expect(await keys.find("old")).toBeDefined();
    set.keys = [old.jwk, next.jwk];
    expect(await keys.find("next")).toBeDefined();
    expect(await keys.find("old")).toBeDefined();
    set.keys = [next.jwk];
    pass(jwksMaxAgeMs);
    expect(await keys.find("old")).toBeUndefined();
    expect(events).toEqual([{ name: "key-retired", kid: "old" }]);
  });

  test("[S2] is not fetched for each made-up kid", async () => {
    const { jwk } = await pair("EdDSA", "a");
    const { keys, pass, fetches } = keySet(jwk);
    await keys.find("a");
    for (let made = 0; made < 50; made += 1) expect(await keys.find(`made-up-${made}`)).toBeUndefined();
    expect(fetches()).toBe(2);
    pass(jwksCooldownMs);
    for (let made = 0; made < 50; made += 1) await keys.find(`made-up-${made}`);
    expect(fetches()).toBe(3);
  });

  test("that cannot be fetched leaves the known keys good for an hour, and is asked again after the cool-down", async () => {
    const { jwk } = await pair("EdDSA", "a");
    const { set, keys, pass, fetches, events } = keySet(jwk);
    await keys.find("a");
    set.keys = undefined;
    pass(jwksMaxAgeMs);
    for (let count = 0; count < 5; count += 1) expect(await keys.find("a")).toBeDefined();
    expect(fetches()).toBe(2);
    expect(events).toEqual([{ name: "keys-unread", cause: expect.any(TypeError) }]);
    pass(jwksStaleMs);
    await expect(keys.find("a")).rejects.toThrow("no key set");
    set.keys = [jwk];
    pass(jwksCooldownMs);
    expect(await keys.find("a")).toBeDefined();
  });

  test("[S2] is fetched once for 300 requests that find an isolate cold", async () => {
    const { jwk } = await pair("EdDSA", "a");
    const { keys, fetches } = keySet(jwk);
    const found = await Promise.all(Array.from({ length: 300 }, () => keys.find("a")));
    expect(found.every((key) => key !== undefined)).toBe(true);
    expect(fetches()).toBe(1);
  });

  test("[S2] is fetched once for many requests that come with a key of a rotation", async () => {
    const [old, next] = [await pair("EdDSA", "old"), await pair("EdDSA", "next")];
    const { set, keys, fetches } = keySet(old.jwk);
    await keys.find("old");
    set.keys = [old.jwk, next.jwk];
    const found = await Promise.all(Array.from({ length: 50 }, () => keys.find("next")));
    expect(found.every((key) => key !== undefined)).toBe(true);
    expect(fetches()).toBe(2);
  });

  test("[S2] that fails is not fetched again for each request that waits", async () => {
    const { set, keys, fetches } = keySet();
    set.keys = undefined;
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => keys.find("a")));
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(fetches()).toBe(1);
  });

  test.each([
    ["an error", () => new Response("no", { status: 500 })],
    ["a redirect, which nobody configured", () => new Response(null, { status: 302, headers: { location: "/x" } })],
    ["no JSON", () => new Response("<html>")],
    ["no key set", () => Response.json({ keys: "all of them" })],
    ["more than 128 KiB", () => Response.json({ keys: [], padding: "x".repeat(200_000) })],
  ])("answered with %s is not believed", async (_name, answer) => {
    const { set, keys, events } = keySet();
    set.answer = answer;
    for (let count = 0; count < 3; count += 1) await expect(keys.find("a")).rejects.toThrow();
    expect(events).toHaveLength(1);
  });
});
