/** Which pages may use the gateway, and what they may read (S2). */
import { SELF } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { isAllowedOrigin } from "../../../party/auth/origins.ts";
import { fresh } from "../room/tab.ts";
import { logged } from "./operator.ts";

afterEach(() => void vi.restoreAllMocks());

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

  test("that is not allowed may read why: the answer and the log name it and ALLOWED_ORIGINS", async () => {
    const origin = `https://${fresh("other")}.example`;
    const lines = logged("warn");
    for (const path of ["/parties/chat/x/turns", "/api/chat/x/messages", "/chat", "/context"]) {
      const preflight = await SELF.fetch(`http://localhost${path}`, { method: "OPTIONS", headers: { origin } });
      expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
      const response = await SELF.fetch(`http://localhost${path}`, { headers: { origin } });
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([403, origin]);
      expect(response.headers.get("vary")).toContain("origin");
      const text = await response.text();
      expect(text).toContain(origin);
      expect(text).toContain("ALLOWED_ORIGINS");
    }
    const refusals = lines.filter(({ name }) => name === "origin-refused");
    expect(refusals).toEqual([expect.objectContaining({ origin, setting: "ALLOWED_ORIGINS" })]);
  });

  test("may send the headers of tracing libraries, and others", async () => {
    const names = "baggage, sentry-trace, tracestate, traceparent, x-anything-else";
    const response = await SELF.fetch("http://localhost/parties/chat/x/turns", {
      method: "OPTIONS",
      headers: { origin: "http://localhost:5173", "access-control-request-headers": names },
    });
    const allowed = response.headers.get("access-control-allow-headers")?.split(", ");
    expect(allowed).toEqual(expect.arrayContaining([...names.split(", "), "authorization", "last-event-id"]));
  });
});

describe("[S2] a request without Origin", () => {
  const paths = ["/chat?q=hi", "/parties/chat/x", "/parties/chat/x?wait=0", "/api/chat/x/messages", "/models"];

  test.each(paths)("that a page of another site causes is refused: %s", async (path) => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
    const response = await SELF.fetch(`http://localhost${path}`, { headers });
    expect([response.status, response.headers.get("x-gateway-error")]).toEqual([403, "origin-forbidden"]);
    await response.body?.cancel();
  });

  test.each(["same-origin", "same-site", "none"])("that is %s goes on", async (site) => {
    const headers = { "sec-fetch-site": site };
    const response = await SELF.fetch(`http://localhost/parties/chat/${fresh("room")}`, { headers });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });
});

describe("[S6] AUTH=none", () => {
  test.each(["x-forwarded-for", "x-forwarded-host", "forwarded", "via", "x-real-ip"])(
    "needs a second word behind a proxy that hides the host: %s",
    async (header) => {
      const headers = { [header]: "203.0.113.7" };
      const response = await SELF.fetch(`http://localhost/parties/chat/${fresh("room")}`, { headers });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: "not-configured" });
    },
  );
});
