/** How the page's files are served by the platform's own static assets: before the Worker, and cached for as long as they hold. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Part } from "../../scripts/lib/local-process.ts";
import { startGateway } from "../../scripts/lib/local-processes.ts";

let gateway: Part;
let persistTo: string;
beforeAll(async () => {
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-page-"));
  // No backend and no settings that are right: a file needs neither.
  gateway = await startGateway({ backendUrl: "http://127.0.0.1:9", vars: { AUTH: "" }, persistTo });
});
afterAll(async () => {
  await gateway?.stop();
  await rm(persistTo, { recursive: true, force: true });
});

test("[E2] the page is asked for anew each time; what has a hash in its name never again", async () => {
  const page = await fetch(gateway.url);
  expect(page.status).toBe(200);
  expect(page.headers.get("cache-control")).toBe("no-cache");
  const html = await page.text();
  const hashed = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  expect(hashed.length).toBeGreaterThan(1);
  for (const path of hashed) {
    const file = await fetch(gateway.url + path);
    expect(file.status).toBe(200);
    expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    await file.body?.cancel();
  }
  // A browser that has the page already gets no more than "still the same".
  const again = await fetch(gateway.url, { headers: { "if-none-match": page.headers.get("etag") ?? "" } });
  expect(again.status).toBe(304);
});

test("[E2] files and health need no settings; what needs them says which is missing", async () => {
  expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
  const ready = await fetch(`${gateway.url}/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ code: "not-configured", detail: "Setting AUTH needs attention." });
});
