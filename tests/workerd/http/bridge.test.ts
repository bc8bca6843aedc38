/** The bridge on the Worker: what it shares with rooms. What it promises everywhere is in `tests/edge`. */
import { env, listDurableObjectIds, SELF } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { fresh, upstream } from "../room/tab.ts";

const events = { accept: "text/event-stream" };

// Read once a minute: it is there before anything is asked.
beforeAll(() => env.CONFIG.put("tenant/default", JSON.stringify({ models: ["small"] })));

test("[E2] an answer without a room wakes no object", async () => {
  const prompt = fresh("bridge");
  const response = await SELF.fetch(`http://localhost/chat?q=${encodeURIComponent(prompt)}`, { headers: events });
  await upstream("text", prompt, { text: "Grüße" });
  await upstream("done", prompt);
  const text = await response.text();
  expect(text).toContain('data: {"type":"delta","data":"Grüße"}');
  for (const path of ["/health", "/models", "/context", "/nothing"])
    await (await SELF.fetch(`http://localhost${path}`)).text();
  expect(await listDurableObjectIds(env.Chat)).toEqual([]);
  expect(await listDurableObjectIds(env.Limiter)).toEqual([]);
});

test("a tenant may ask for the same without a room as in one", async () => {
  const response = await SELF.fetch("http://localhost/chat?q=x&model=large", { headers: events });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ code: "turn-not-allowed", detail: expect.stringContaining("model") });
});
