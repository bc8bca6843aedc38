/** `UPSTREAM_AUTH`: who the backend is told is calling, and how long a caller's token is held. */
import { describe, expect, test } from "vitest";
import { authorizeUpstream } from "../../../party/auth/upstream-auth/authorize-upstream.ts";
import { CallerTokens } from "../../../party/auth/upstream-auth/caller-tokens.ts";
import { parseUpstreamAuth } from "../../../party/auth/upstream-auth/upstream-auth-settings.ts";

const parse = (variables: Record<string, string>) => parseUpstreamAuth((name) => variables[name]);
const UPSTREAM_TOKEN_URL = "https://id.example.com/token";

describe("UPSTREAM_AUTH", () => {
  test("is minted where there are keys, and none otherwise", () => {
    expect(parse({})).toEqual({ ok: true, value: { mode: "none" } });
    expect(parse({ UPSTREAM_TOKEN_URL })).toMatchObject({ ok: true, value: { mode: "fetch" } });
    expect(parse({ UPSTREAM_TOKEN_URL, UPSTREAM_AUTH: "minted" })).toMatchObject({ ok: true });
    expect(parse({ UPSTREAM_TOKEN_URL, UPSTREAM_AUTH: "none" })).toEqual({ ok: true, value: { mode: "none" } });
    expect(parse({ AUTH: "jwt", UPSTREAM_AUTH: "forward" })).toEqual({ ok: true, value: { mode: "forward" } });
  });

  test.each([
    ["an unknown word", { UPSTREAM_AUTH: "bearer" }],
    ["minted without keys", { UPSTREAM_AUTH: "minted" }],
    ["forward where nobody has a token", { UPSTREAM_AUTH: "forward", AUTH: "none" }],
  ])("is refused at start with %s, with an example", (_, variables) => {
    expect(parse(variables)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^UPSTREAM_AUTH.* for example [A-Z_]+=/),
    });
  });
});

describe("a forwarded token", () => {
  const alice = { sub: "alice", tenant: "default", scopes: [] };

  test("is the newest one of the user who asked, until it expires", () => {
    const tokens = new CallerTokens();
    tokens.remember({ ...alice, expiresAt: 1_000 }, "first");
    tokens.remember({ ...alice, expiresAt: 2_000 }, "second");
    tokens.remember({ ...alice, sub: "bob" }, "other");
    expect(tokens.tokenOf("alice", 1_999)).toBe("second");
    expect(tokens.tokenOf("bob", 1e15)).toBe("other");
    expect(tokens.tokenOf("alice", 2_000)).toBeUndefined();
    expect(tokens.tokenOf("carol", 0)).toBeUndefined();
  });

  test("is the call's Authorization header, and without it the call isn't made", async () => {
    const claims = { tenant: "default", generation: "g" };
    const forward = { mode: "forward" } as const;
    const call = { method: "DELETE", url: "https://backend.example/model/chat/g" };
    expect(await authorizeUpstream(forward, claims, call, "abc")).toEqual({ authorization: "Bearer abc" });
    await expect(authorizeUpstream(forward, claims, call, undefined)).rejects.toMatchObject({
      code: "upstream-token-lost",
    });
    expect(await authorizeUpstream({ mode: "none" }, claims, call, "abc")).toEqual({});
  });

  test("is held for a bounded number of users, the longest unused going first", () => {
    const tokens = new CallerTokens();
    for (let index = 0; index <= 1_000; index += 1) tokens.remember({ ...alice, sub: `u${index}` }, "t");
    expect(tokens.tokenOf("u0", 0)).toBeUndefined();
    expect(tokens.tokenOf("u1000", 0)).toBe("t");
  });
});
