/** What a stateless edge does before its bridge. What the bridge does then is in `tests/edge`. */
import { afterEach, expect, test, vi } from "vitest";
import { bridge } from "../../../edge/bridge.ts";
import { formatPosition, newGenerationId, parsePosition } from "../../../edge/position.ts";
import { serveBridge } from "../../../edge/serve.ts";
import { systemClock } from "../../../party/clock.ts";
import { DEFAULT_POLICY } from "../../../party/core/policy.ts";

const settings = { AUTH: "none", NEST_BASE: "http://127.0.0.1:9" };
const visit = (more: Record<string, string> = {}, url = "http://localhost/chat?q=hello", init: RequestInit = {}) =>
  serveBridge(new Request(url, init), { settings: { ...settings, ...more }, address: undefined });

afterEach(() => void vi.unstubAllGlobals());

test("a wrong setting is a problem that names it, and the backend is not asked", async () => {
  const asked = vi.fn();
  vi.stubGlobal("fetch", asked);
  const response = await visit({ NEST_BASE: "" });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: "not-configured", detail: "Setting NEST_BASE needs attention." });
  expect(asked).not.toHaveBeenCalled();
});

test("[S6] off loopback nobody chats without the operator's word, and with AUTH=jwt nobody without a token", async () => {
  const open = await visit({}, "https://chat.example.com/chat?q=hello");
  expect(await open.json()).toMatchObject({ code: "not-configured", detail: expect.stringContaining("AUTH") });
  const keys = JSON.stringify({ one: "A".repeat(43) });
  const closed = await visit({ AUTH: "jwt", AUTH_KEYS: keys }, "https://chat.example.com/chat?q=hello");
  expect(closed.status).toBe(401);
  expect(closed.headers.get("www-authenticate")).toBe("Bearer");
  expect(await closed.json()).toMatchObject({ code: "unauthenticated" });
});

test("BRIDGE=off serves nothing", async () => {
  expect((await visit({ BRIDGE: "off" })).status).toBe(404);
});

test("an address that asks too often gets 429", async () => {
  const ask = () =>
    serveBridge(new Request("http://localhost/chat?q="), {
      settings: { ...settings, IP_REQUESTS_PER_MINUTE: "2" },
      address: "203.0.113.99",
    });
  expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([400, 400, 429]);
});

test("[E1] a stream goes through as it is where the parser cannot be had", async () => {
  const faults: unknown[] = [];
  const bytes = "event: token\ndata: not for our parser\n\n";
  const response = await bridge(new Request("http://localhost/chat?q=hello"), {
    nestBase: "http://backend.internal",
    upstreamMethod: "POST",
    dialect: "auto",
    presetProvider: undefined,
    parse: "auto",
    policy: DEFAULT_POLICY,
    heartbeatMs: 15_000,
    clock: systemClock,
    random: () => 0,
    authorize: async () => ({}),
    report: () => undefined,
    onFault: (cause) => faults.push(cause),
    fetch: async () => new Response(bytes, { headers: { "content-type": "text/event-stream" } }),
    loadParser: () => Promise.reject(new Error("this runtime has no such module")),
  });
  expect(await response.text()).toBe(`:worker-bridge\n\n${bytes}`);
  expect(faults).toHaveLength(1);
});

test("[E5] a position survives the way to the reader and back, and nothing else reads as one", () => {
  const generationId = newGenerationId();
  for (const position of [
    { kind: "at", generationId, eventId: "7" },
    { kind: "at", generationId, eventId: "a.b;over" },
    { kind: "lost", generationId },
    { kind: "over", generationId },
  ] as const) {
    expect(parsePosition(formatPosition(position))).toEqual(position);
  }
  // A room's generation, whose name some may know, cannot be reached by an id that was made up.
  for (const text of [
    "",
    "7",
    `${"x".repeat(32)}.7`,
    `${generationId};gone`,
    `${generationId}.`,
    `x${generationId}.7`,
  ]) {
    expect(parsePosition(text)).toBeUndefined();
  }
});
