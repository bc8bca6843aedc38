/** What is asked of the backend beside chatting, in the real runtime: cached content, readiness, and the cron that keeps both warm. */
import { createExecutionContext, createScheduledController, env, SELF, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { sharedCache } from "../../../party/platform/cache-api.ts";
import worker from "../../../party/worker.ts";

/** How often the backend was asked for a path so far. */
async function hits(path: string, status?: number): Promise<number> {
  const query = new URLSearchParams({ path, ...(status === undefined ? {} : { status: String(status) }) });
  const response = await fetch(`${inject("upstreamUrl")}/control/info?${query}`);
  return ((await response.json()) as { hits: number }).hits;
}

const ask = (path: string) => SELF.fetch(`http://localhost${path}`);

describe("GET /models", () => {
  test("[E3] twenty at once make one call to the backend, and all are answered", async () => {
    const before = await hits("/model/models");
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask("/models")));
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toMatch(/^public, max-age=\d+, stale-while-revalidate=600$/);
      expect(await answer.json()).toEqual({ greeting: { en: "Hello" } });
    }
    expect(await hits("/model/models")).toBe(before + 1);
  });

  test("[E3] what was fetched lies in the location's cache, for its other isolates", async () => {
    await (await ask("/models")).text();
    const kept = await sharedCache.read(`${inject("upstreamUrl")}/model/models`);
    expect(kept).toMatchObject({ body: expect.stringContaining("Hello"), freshMs: 60_000, staleMs: 600_000 });
  });
});

describe("a backend that fails", () => {
  test("with nothing cached is a problem to come back from", async () => {
    await hits("/model/context", 503);
    const response = await ask("/context");
    await hits("/model/context", 200);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await response.json()).toMatchObject({ code: "upstream-unavailable" });
  });

  test("is not ready, and is alive all the same", async () => {
    expect(await (await ask("/ready")).json()).toEqual({ status: "ready" });
    await hits("/health", 503);
    const response = await ask("/ready");
    await hits("/health", 200);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "upstream-unavailable" });
    expect(await (await ask("/health")).json()).toEqual({ status: "ok" });
  });
});

describe("/health", () => {
  const untouchable = new Proxy(
    { ...env },
    {
      get: (_, name) => {
        throw new Error(`looked at ${String(name)}`);
      },
    },
  );
  const ask = (method: string) =>
    worker.fetch(new Request("http://localhost/health", { method }), untouchable, createExecutionContext());

  test("[E2] says that the Worker runs, and looks at nothing else", async () => {
    const response = await ask("GET");
    expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect((await ask("HEAD")).status).toBe(200);
  });

  test("is only looked at: by any other method it is not there", async () => {
    const response = await SELF.fetch("http://localhost/health", { method: "POST" });
    expect([response.status, await response.json()]).toMatchObject([404, { code: "not-found" }]);
  });
});

describe("the cron", () => {
  async function fire(bindings: Record<string, string>): Promise<void> {
    const ctx = createExecutionContext();
    await worker.scheduled(createScheduledController(), { ...env, ...bindings }, ctx);
    await waitOnExecutionContext(ctx);
  }

  test("[E4] does nothing until it is told what to keep warm", async () => {
    const before = await hits("/health");
    await fire({});
    expect(await hits("/health")).toBe(before);
  });

  test("[E4] touches the chosen routes and the backend", async () => {
    const before = [await hits("/health"), await hits("/model/context")];
    await fire({ WARM_ROUTES: "/context" });
    expect([await hits("/health"), await hits("/model/context")]).toEqual(before.map((count) => count + 1));
  });

  test("[E4] a backend that is down does not keep the rest from being touched", async () => {
    await hits("/health", 503);
    const before = await hits("/health");
    await fire({ WARM_ROUTES: "/ready" });
    await hits("/health", 200);
    expect(await hits("/health")).toBe(before + 2);
  });
});
