/** What every answer carries beside its content, and what no answer lets a strange page do (S2). */
import { SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { fresh } from "../room/tab.ts";

const paths = [
  "/health",
  "/context",
  "/models",
  "/chat?q=hi",
  "/.well-known/jwks.json",
  "/parties/chat/room/turns",
  "/parties/chat/a%20b",
  "/ops/drain/room",
  "/ops/revoke",
  "/nothing",
];

describe.each(paths)("%s", (path) => {
  test("is data, never a page: nothing in it is run, framed or guessed at", async () => {
    const response = await SELF.fetch(`http://localhost${path.replace("room", fresh("room"))}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    await response.body?.cancel();
  });

  test("[S2] tells a page of a strange origin nothing but why it was refused", async () => {
    const response = await SELF.fetch(`http://localhost${path}`, { headers: { origin: "https://evil.example" } });
    const isReadable = response.headers.get("access-control-allow-origin") !== null;
    const isRefused = response.headers.get("x-gateway-error") === "origin-forbidden";
    expect(isReadable).toBe(isRefused);
    await response.body?.cancel();
  });
});

test("the public keys are an empty set where nothing is signed", async () => {
  const response = await SELF.fetch("http://localhost/.well-known/jwks.json");
  expect(response.headers.get("content-type")).toBe("application/jwk-set+json");
  expect(await response.json()).toEqual({ keys: [] });
});
