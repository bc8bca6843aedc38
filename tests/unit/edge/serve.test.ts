/** What a stateless edge does before its bridge. What the bridge does then is in `tests/edge`. */
import { afterEach, expect, test, vi } from "vitest";
import { serveBridge } from "../../../edge/serve.ts";
import { bridge } from "../../../party/bridge/bridge.ts";
import { formatPosition, newGenerationId, parsePosition } from "../../../party/bridge/resume-position.ts";
import { DEFAULT_POLICY } from "../../../party/core/policy.ts";
import { systemClock } from "../../../party/platform/clock.ts";
import { upstreamSetting } from "../../support/backends/upstream-setting.ts";

const settings = { AUTH: "none", NEST_BASE: "http://127.0.0.1:9" };
const visit = (more: Record<string, string> = {}, url = "http://localhost/chat?q=hello", init: RequestInit = {}) =>
  serveBridge(new Request(url, init), {
    settings: { ...settings, ...more },
    address: undefined,
    waitUntil: () => undefined,
  });

afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

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
      waitUntil: () => undefined,
    });
  expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([400, 400, 429]);
});

test.each(["Netlify Edge", "Vercel, edge runtime", "Vercel, Node.js"])(
  "[U7] %s goes on until the backend was stopped",
  async (host) => {
    const env = { ...settings, MAX_ATTEMPTS: "1" };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    vi.stubGlobal("Netlify", { env: { toObject: () => env } });
    const works: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => void works.push(work) };
    const stopped = Promise.withResolvers<Response>();
    const methods: string[] = [];
    // The answer begins and its connection then breaks off, so that a generation may still run and must be stopped.
    const brokenAnswer = () => {
      const start = new TextEncoder().encode(
        'event: start\ndata: {"resumable":false}\n\nevent: token\ndata: {"text":"Hel"}\n\n',
      );
      const chunks = [start];
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const chunk = chunks.shift();
          if (chunk === undefined) controller.error(new Error("reset"));
          else controller.enqueue(chunk);
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    vi.stubGlobal("fetch", (_: string, { method = "GET" }: RequestInit) => {
      methods.push(method);
      return method === "DELETE" ? stopped.promise : Promise.resolve(brokenAnswer());
    });
    // Each reads its settings once.
    vi.resetModules();
    const { netlifyEdge } = await import("../../../edge/netlify.ts");
    const { vercelEdge, vercelFunction } = await import("../../../edge/vercel.ts");
    const request = new Request("http://localhost/chat?q=hello");
    // As @vercel/functions finds it.
    if (host === "Vercel, Node.js")
      vi.stubGlobal(Symbol.for("@vercel/request-context") as never, { get: () => context });
    const answer = {
      "Netlify Edge": () => netlifyEdge(request, context),
      "Vercel, edge runtime": () => vercelEdge(request, context),
      "Vercel, Node.js": () => vercelFunction.fetch(request),
    }[host];
    const [warned, failed] = [vi.spyOn(console, "warn"), vi.spyOn(console, "error")];
    const response = await answer?.();
    expect(response?.status).toBe(200);
    const reading = response?.text();
    await expect.poll(() => methods).toEqual(["POST", "DELETE"]);
    expect(warned.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([{ name: "upstream-failure" }]);
    expect(failed).not.toHaveBeenCalled();
    expect(works).toHaveLength(1);
    const isDone = vi.fn();
    void works[0]?.then(isDone);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).not.toHaveBeenCalled();
    stopped.resolve(new Response(null, { status: 204 }));
    await works[0];
    expect(await reading).toContain("upstream-truncated");
  },
);

test("[E1] a stream goes through as it is where the parser cannot be had", async () => {
  const faults: unknown[] = [];
  const bytes = "event: token\ndata: not for our parser\n\n";
  const response = await bridge(new Request("http://localhost/chat?q=hello"), {
    upstream: upstreamSetting(),
    user: "anonymous",
    parse: "auto",
    policy: DEFAULT_POLICY,
    heartbeatMs: 15_000,
    clock: systemClock,
    random: () => 0,
    authorize: async () => ({}),
    report: () => undefined,
    onFault: (cause) => faults.push(cause),
    waitUntil: () => undefined,
    fetch: async () => new Response(bytes, { headers: { "content-type": "text/event-stream" } }),
    loadParser: () => Promise.reject(new Error("this runtime has no such module")),
  });
  expect((await response.text()).replace(/^id: b-[0-9a-f]{32};over\n/m, "")).toBe(`:worker-bridge\n\n${bytes}`);
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
  for (const text of ["7", `${"x".repeat(32)}.7`, `${generationId};gone`, `${generationId}.`, `x${generationId}.7`]) {
    expect(parsePosition(text)).toEqual({ kind: "over", generationId: expect.stringMatching(/^b-[0-9a-f]{32}$/) });
    expect(parsePosition(text).generationId).not.toBe(generationId);
  }
});
