/** The stateless bridge in the real runtime: bytes untouched, heartbeats, and an abort when the reader leaves. */
import { SELF } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { fresh, upstream } from "./tab.ts";

function ask(prompt: string, headers: Record<string, string> = {}): Promise<Response> {
  return SELF.fetch(`http://localhost/chat?q=${encodeURIComponent(prompt)}`, { headers });
}

describe("GET /chat", () => {
  test("relays the backend's bytes untouched after its own first comment", async () => {
    const prompt = fresh("bridge & 你好");
    const response = await ask(prompt);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    await upstream("text", prompt, { text: "Grüße" });
    await upstream("done", prompt);
    const direct = await fetch(
      `${inject("upstreamUrl")}/model/chat?provider=openai&prompt=${encodeURIComponent(prompt)}`,
    );
    const bytes = (await response.text()).replaceAll(/^:\n/gm, "");
    expect(bytes).toBe(`:worker-bridge\n\n${await direct.text()}`);
  });

  test("answers before the backend has said a word, and keeps the line alive with comments between its lines", async () => {
    const prompt = fresh("silent");
    const response = await ask(prompt);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    while (!/^:worker-bridge\n\n[\s\S]*\n\n(:\n){2}/.test(seen)) seen += (await reader?.read())?.value ?? "";
    await upstream("text", prompt, { text: "at last" });
    while (!seen.includes("at last")) seen += (await reader?.read())?.value ?? "";
    await reader?.cancel();
    const seenBy = await upstream("until", prompt, { aborted: 1 });
    expect(seenBy.aborted).toBe(1);
  });

  test("a backend that refuses is a problem with our code and its Retry-After, not its words", async () => {
    const busy = await ask("status 429");
    expect(busy.status).toBe(503);
    expect(busy.headers.get("retry-after")).toBe("7");
    const body = await busy.text();
    expect(JSON.parse(body)).toMatchObject({ code: "upstream-rate-limited" });
    expect(body).not.toContain("secret");
    expect(await (await ask("status 403")).json()).toMatchObject({ code: "upstream-rejected" });
    expect(await (await ask("status 500")).json()).toMatchObject({ code: "upstream-unavailable" });
  });
});
