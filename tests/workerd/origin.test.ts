/** Which pages may use the gateway, and what they may read (S2). */
import { SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { isAllowedOrigin } from "../../party/responses/cors.ts";
import { fresh } from "./tab.ts";

const gateway = new URL("https://chat.example.com/parties/chat/x");
const local = new URL("http://localhost:8787/");

describe("[S2] an Origin", () => {
  test.each([
    ["none: not a page", null, gateway, undefined, true],
    ["the gateway's own", "https://chat.example.com", gateway, undefined, true],
    ["another site", "https://evil.example", gateway, undefined, false],
    ["a listed one", "https://app.example.com", gateway, ["https://app.example.com"], true],
    ["a listed host on another scheme", "http://app.example.com", gateway, ["https://app.example.com"], false],
    ["a sub-domain of a listed one", "https://x.app.example.com", gateway, ["https://app.example.com"], false],
    ["null", "null", gateway, undefined, false],
    ["another port of the developer's machine", "http://localhost:5173", local, undefined, true],
    ["a site on the web, to the developer's machine", "https://evil.example", local, undefined, false],
    ["loopback, to a deployment", "http://localhost:5173", gateway, undefined, false],
  ] as const)("%s", (_name, origin, url, allowed, expected) => {
    expect(isAllowedOrigin(origin, url, allowed)).toBe(expected);
  });

  test("that is not allowed gets 403 before any object wakes, WebSocket or not", async () => {
    const headers = { origin: "https://evil.example", upgrade: "websocket" };
    const response = await SELF.fetch(`http://localhost/parties/chat/${fresh("room")}`, { headers });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "origin-forbidden" });
    expect((await SELF.fetch("http://localhost/context", { headers })).status).toBe(403);
  });

  test("that is allowed may read the answer and send a DELETE", async () => {
    const headers = { origin: "http://localhost:5173" };
    const turns = await SELF.fetch(`http://localhost/parties/chat/${fresh("room")}/turns`, { headers });
    expect(turns.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
    expect(turns.headers.get("vary")).toContain("origin");
    const asked = await SELF.fetch("http://localhost/parties/chat/x", { method: "OPTIONS", headers });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-methods")).toContain("DELETE");
    expect(asked.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
  });
});
