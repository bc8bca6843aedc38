/**
 * What the bridge promises on every platform, tried over real HTTP against the running runtime. Each test has a prompt of its own
 * and moves the backend's answer itself: it waits for what happened, never for time.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Part } from "../../scripts/lib/local-process.ts";
import { defined } from "../../shared/defined.ts";
import { type Backend, startBackend } from "./backend.ts";
import { EventReader } from "./reader.ts";
import type { StartRuntime } from "./runtimes.ts";

const events = { accept: "text/event-stream" };
const secret = "secret: at model.ts:12";
const signingKeys = JSON.stringify({ test: "A".repeat(43) });

let prompts = 0;
/** A prompt no other test uses. Not only ASCII: it travels in a URL and in JSON. */
function fresh(): string {
  prompts += 1;
  return `question ${prompts} & 你好 👋`;
}

/** `limiter`: whether the host has one, which then says how long a turn waits for a backend that is busy. */
export function bridgeContract(name: string, start: StartRuntime, limiter: "limiter" | "none" = "none"): void {
  const busyNotice =
    limiter === "limiter" ? { code: "upstream-slow-down" } : { code: "upstream-retrying", attempt: 1, maxAttempts: 4 };
  let backend: Backend;
  let parsed: Part;
  let raw: Part;
  beforeAll(async () => {
    backend = await startBackend();
    [parsed, raw] = await Promise.all([
      start(backend.url, { BRIDGE_PARSE: "auto" }),
      start(backend.url, { BRIDGE_PARSE: "off", UPSTREAM_SIGNING_KEYS: signingKeys }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([parsed?.stop(), raw?.stop()]);
    await backend?.close();
  });

  const ask = (prompt: string, headers: Record<string, string> = events, part = parsed) =>
    fetch(`${part.url}/chat?q=${encodeURIComponent(prompt)}`, { headers });

  describe(name, () => {
    describe("[E1] an answer", () => {
      test("arrives while the backend still writes it, and is not stored or changed on the way", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        const call = (await backend.call(prompt)).open().event(1, "start", { model: "small", resumable: true });
        const response = await asking;
        expect(response.status).toBe(200);
        expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
        expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
        expect(response.headers.get("x-accel-buffering")).toBe("no");
        expect(response.headers.get("content-encoding")).toBeNull();
        const reader = new EventReader(response);
        call.event(2, "token", { text: "Grüße, " });
        await reader.until(({ answer }) => answer === "Grüße, ");
        call.event(3, "reasoning", { text: "hm" }).event(4, "token", { text: "Welt 🌍" });
        call.event(5, "tool", { toolCallId: "a", toolName: "search", phase: "call", value: { for: "x" } });
        await reader.until(({ answer }) => answer === "Grüße, Welt 🌍");
        call.event(6, "done", { finishReason: "stop", usage: { inputTokens: 3, outputTokens: 2 } }).end();
        await reader.toEnd();
        expect(reader.text.startsWith(":worker-bridge\n\n")).toBe(true);
        expect(reader.of("start")).toEqual([{ model: "small", resumable: true }]);
        expect(reader.of("reasoning")).toEqual([{ data: "hm" }]);
        expect(reader.of("tool_call")).toEqual([{ id: "a", name: "search", args: { for: "x" } }]);
        expect(reader.of("usage")).toEqual([{ inputTokens: 3, outputTokens: 2 }]);
        expect(reader.of("complete")).toEqual([{ finishReason: "stop" }]);
      });

      test("to a bare GET says hello and leaves the provider to the backend; a GET that names a provider gets that one", async () => {
        const answer = async (path: string, prompt: string) => {
          const asking = fetch(parsed.url + path, { headers: events });
          const call = await backend.call(prompt);
          call.open().event(1, "done", {}).end();
          await (await asking).text();
          return JSON.parse(call.body) as { provider?: string };
        };
        expect(await answer("/chat", "hello")).not.toHaveProperty("provider");
        const prompt = fresh();
        expect(await answer(`/chat?provider=echo&q=${encodeURIComponent(prompt)}`, prompt)).toMatchObject({
          provider: "echo",
        });
      });

      test("to a POST is asked for with all that the POST says", async () => {
        const prompt = fresh();
        const messages = [
          { role: "user", content: "hello" },
          { role: "assistant", content: "hi" },
          { role: "user", content: prompt },
        ];
        const body = JSON.stringify({ messages, provider: "echo", model: "small", params: { temperature: 0 } });
        const asking = fetch(`${parsed.url}/chat`, { method: "POST", headers: events, body });
        const call = await backend.call(prompt);
        expect(call.method).toBe("POST");
        expect(JSON.parse(call.body)).toMatchObject({
          messages,
          provider: "echo",
          model: "small",
          params: { temperature: 0 },
        });
        expect(JSON.parse(call.body)).toMatchObject({ generationId: call.headers["idempotency-key"] });
        call.open().event(1, "token", { text: "yes" }).event(2, "done", {}).end();
        expect((await new EventReader(await asking).toEnd()).answer).toBe("yes");
      });

      test("in another dialect is told in the same events", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        const chunk = (delta: object, finish: string | null = null) =>
          `data: ${JSON.stringify({ model: "gpt", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
        (await backend.call(prompt))
          .open()
          .write(chunk({ role: "assistant", content: "Hello, " }))
          .write(chunk({ content: "world" }) + chunk({}, "stop"))
          .write("data: [DONE]\n\n")
          .end();
        const reader = await new EventReader(await asking).toEnd();
        expect(reader.answer).toBe("Hello, world");
        expect(reader.of("complete")).toEqual([{ finishReason: "stop" }]);
      });

      test("that comes whole is shown bit by bit", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        const text = "The answer came whole, 一次全部到达, and is shown at a pace. 👨‍👩‍👧";
        (await backend.call(prompt)).answer(200, { "content-type": "application/json" }, JSON.stringify({ text }));
        const reader = await new EventReader(await asking).toEnd();
        expect(reader.answer).toBe(text);
        expect(reader.of("delta").length).toBeGreaterThan(5);
        expect(reader.of("start")).toMatchObject([{ simulated: true }]);
        expect(reader.of("complete")).toHaveLength(1);
      });

      test("goes through untouched where parsing is off, cuts and line ends and all", async () => {
        const prompt = fresh();
        const asking = ask(prompt, events, raw);
        const bytes = [": a comment\n", 'id: 7\r\nevent: token\r\ndata: {"te', 'xt":"hi"}\r\n\r\n', "data:half"];
        const call = (await backend.call(prompt)).open();
        const reader = new EventReader(await asking);
        let sent = ":worker-bridge\n\n";
        // Ours are the comments, and an id for the first event.
        const withoutOurs = () => reader.text.replaceAll(/^:\n/gm, "").replace(/^id: b-\w{32};over\n/m, "");
        for (const part of bytes) {
          call.write(part);
          sent += part;
          await reader.until(() => withoutOurs() === sent);
        }
        call.end();
        await reader.toEnd();
        expect(withoutOurs()).toBe(sent);
      });

      test("is asked for with a token of a minute, for this generation alone", async () => {
        const prompt = fresh();
        const asking = ask(prompt, events, raw);
        const call = await backend.call(prompt);
        const [, token = ""] = String(call.headers.authorization).split(" ");
        const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
        expect(claims).toMatchObject({ aud: "model-backend", tenant: "default" });
        expect(JSON.stringify(claims)).toContain(String(call.headers["idempotency-key"]));
        expect(claims.exp - claims.iat).toBe(60);
        call.open().end();
        await new EventReader(await asking).toEnd();
      });

      test("of a silent backend is kept alive by comments, between lines only", async () => {
        for (const part of [parsed, raw]) {
          const prompt = fresh();
          const asking = ask(prompt, events, part);
          const call = (await backend.call(prompt)).open();
          const reader = new EventReader(await asking);
          await reader.until(({ text }) => /^:worker-bridge\n\n(:\n){2}/.test(text));
          call.event(1, "token", { text: "at last" }).event(2, "done", {}).end();
          expect((await reader.toEnd()).answer).toBe("at last");
        }
      });
    });

    describe("[E5] a reader who leaves", () => {
      test("for good ends the call to the backend, and the generation: nobody could be given the rest", async () => {
        for (const part of [parsed, raw]) {
          const prompt = fresh();
          const asking = ask(prompt, events, part);
          const call = (await backend.call(prompt)).open().event(1, "token", { text: "so far" });
          const reader = new EventReader(await asking);
          await reader.until(({ answer }) => answer === "so far");
          await reader.leave();
          await call.aborted;
          await backend.stopped(String(call.headers["idempotency-key"]));
        }
      });

      test("before the backend has answered ends the call, too", async () => {
        const prompt = fresh();
        const leaving = new AbortController();
        const url = `${parsed.url}/chat?q=${encodeURIComponent(prompt)}`;
        const asking = fetch(url, { headers: events, signal: leaving.signal }).catch((error: Error) => error.name);
        const call = await backend.call(prompt);
        leaving.abort();
        expect(await asking).toBe("AbortError");
        await call.aborted;
        await backend.stopped(String(call.headers["idempotency-key"]));
      });

      test("and comes back with the last id gets the rest of the same generation", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        const call = (await backend.call(prompt)).open().event(1, "start", { resumable: true });
        call.event(2, "token", { text: "Hello, " });
        const reader = new EventReader(await asking);
        await reader.until(({ answer }) => answer === "Hello, ");
        await reader.leave();
        await call.aborted;
        const again = ask(prompt, { ...events, "last-event-id": reader.lastEventId });
        const second = await backend.call(prompt, 2);
        expect(second.headers["idempotency-key"]).toBe(call.headers["idempotency-key"]);
        expect(second.headers["last-event-id"]).toBe("2");
        second.open().event(3, "token", { text: "world" }).event(4, "done", {}).end();
        const rest = await new EventReader(await again).toEnd();
        expect(rest.answer).toBe("world");
        // An EventSource comes back after every end. All was said: it is silenced, and the backend is not asked.
        const after = await ask(prompt, { ...events, "last-event-id": rest.lastEventId });
        expect(after.status).toBe(204);
        expect(backend.count(prompt)).toBe(2);
      });

      test("and comes back to an answer that cannot be continued is told so, and the question is not asked twice", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        const call = (await backend.call(prompt)).open().event(1, "start", { resumable: false });
        call.event(2, "token", { text: "Hello, " });
        const reader = new EventReader(await asking);
        await reader.until(({ answer }) => answer === "Hello, ");
        await reader.leave();
        const again = await new EventReader(
          await ask(prompt, { ...events, "last-event-id": reader.lastEventId }),
        ).toEnd();
        expect(again.of("error")).toMatchObject([{ code: "upstream-truncated" }]);
        expect((await ask(prompt, { ...events, "last-event-id": again.lastEventId })).status).toBe(204);
        expect(backend.count(prompt)).toBe(1);
      });
    });

    describe("[E5] a reader of the backend's own bytes who comes back", () => {
      test.each([
        ["with the backend's id", "id: 9\n", /^9$/],
        ["with ours, where the backend gives none", "", /^b-\w{32};over$/],
      ])("%s is silenced, and the question is not asked twice", async (_, line, lastEventId) => {
        const prompt = fresh();
        const asking = ask(prompt, events, raw);
        const call = (await backend.call(prompt)).open().write(`${line}event: token\ndata: {"text":"so far"}\n\n`);
        const reader = await new EventReader(await asking).until(({ answer }) => answer === "so far");
        expect(reader.lastEventId).toMatch(lastEventId);
        call.end();
        await reader.toEnd();
        for (const part of [raw, parsed]) {
          const again = await ask(prompt, { ...events, "last-event-id": reader.lastEventId }, part);
          expect(again.status).toBe(204);
        }
        expect(backend.count(prompt)).toBe(1);
      });
    });

    describe("[E1] [E5] a backend that fails", () => {
      test("before its first word is asked again, under the same key, and the reader sees the wait", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        const first = await backend.call(prompt);
        first.answer(503, {}, secret);
        const response = await asking;
        expect(response.status).toBe(200);
        expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
        const second = await backend.call(prompt, 2);
        expect(second.headers["idempotency-key"]).toBe(first.headers["idempotency-key"]);
        second.open().event(1, "token", { text: "there" }).event(2, "done", {}).end();
        const reader = await new EventReader(response).toEnd();
        expect(reader.of("notice")).toMatchObject([{ ...busyNotice, message: expect.any(String) }]);
        expect(reader.answer).toBe("there");
        expect(reader.text).not.toContain(secret);
      });

      test("with 429 and a long wait is a readable event with the wait, and a problem for who reads no events", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        (await backend.call(prompt)).answer(429, { "retry-after": "60" }, secret);
        const response = await asking;
        expect(response.status).toBe(200);
        expect(response.headers.get("retry-after")).toBe("60");
        const reader = await new EventReader(response).toEnd();
        expect(reader.of("error")).toEqual([
          { code: "upstream-rate-limited", message: expect.any(String), retryable: true, retryAfterMs: 60_000 },
        ]);
        // When an EventSource comes back by itself; without an id, because it may ask anew.
        expect(reader.retry).toBe(60_000);
        expect(reader.lastEventId).toBe("");

        const other = ask(prompt, {});
        (await backend.call(prompt, 2)).answer(429, { "retry-after": "60" }, secret);
        const problem = await other;
        expect(problem.status).toBe(503);
        expect(problem.headers.get("retry-after")).toBe("60");
        expect(problem.headers.get("content-type")).toBe("application/problem+json");
        const text = await problem.text();
        expect(JSON.parse(text)).toMatchObject({ code: "upstream-rate-limited", retryable: true });
        expect(text + reader.text).not.toContain(secret);
      });

      test("for good is not asked again, and an EventSource stays away", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        (await backend.call(prompt)).answer(403, { "content-type": "application/json" }, JSON.stringify({ secret }));
        const reader = await new EventReader(await asking).toEnd();
        expect(reader.of("error")).toMatchObject([{ code: "upstream-auth-failed", retryable: false }]);
        expect((await ask(prompt, { ...events, "last-event-id": reader.lastEventId })).status).toBe(204);
        expect(backend.count(prompt)).toBe(1);
      });

      test("in the middle of an answer that it can continue is asked for the rest, and no text is lost or doubled", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        const call = (await backend.call(prompt)).open().event(1, "start", { resumable: true });
        call.event(2, "token", { text: "Hello, " });
        const reader = new EventReader(await asking);
        await reader.until(({ answer }) => answer === "Hello, ");
        call.break();
        const second = await backend.call(prompt, 2);
        expect(second.headers["last-event-id"]).toBe("2");
        second.open().event(3, "token", { text: "world" }).event(4, "done", {}).end();
        expect((await reader.toEnd()).answer).toBe("Hello, world");
      });

      test("in the middle of an answer that it cannot continue is a readable event, and never asked again", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        const call = (await backend.call(prompt)).open().event(1, "token", { text: "Hello, " });
        const reader = new EventReader(await asking);
        await reader.until(({ answer }) => answer === "Hello, ");
        call.break();
        await reader.toEnd();
        expect(reader.of("error")).toMatchObject([{ code: "upstream-truncated" }]);
        expect(backend.count(prompt)).toBe(1);
      });

      test("by falling silent is given up, told and stopped", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        const call = (await backend.call(prompt)).open().event(1, "token", { text: "Hello, " });
        const reader = await new EventReader(await asking).until(({ answer }) => answer === "Hello, ");
        await call.aborted;
        await reader.toEnd();
        expect(reader.of("error")).toMatchObject([{ code: "upstream-silence" }]);
        await backend.stopped(String(call.headers["idempotency-key"]));
      });

      test("and is not understood is stopped, also where the reader has the answer by then: a status", async () => {
        const prompt = fresh();
        const asking = ask(prompt, {});
        const call = await backend.call(prompt);
        call.answer(200, { "content-type": "image/png" });
        expect((await asking).status).toBe(502);
        await backend.stopped(String(call.headers["idempotency-key"]));
      });

      test("with bytes nobody can read is a readable event, and shows none of them", async () => {
        const prompt = fresh();
        const asking = ask(prompt);
        (await backend.call(prompt))
          .open()
          .write(`data: ${JSON.stringify({ ok: true, at: secret })}\n\n`)
          .end();
        const reader = await new EventReader(await asking).toEnd();
        expect(reader.of("error")).toMatchObject([{ code: "upstream-unrecognized" }]);
        expect(reader.text).not.toContain(secret);
      });
    });

    describe("[E1] a request", () => {
      test.each([
        ["with an empty question", "GET", "/chat?q=%20", undefined, 400, "?q="],
        ["with a question too long for a URL", "GET", `/chat?q=${"x".repeat(8_193)}`, undefined, 400, "POST"],
        ["with a provider that is no name", "GET", "/chat?q=x&provider=", undefined, 400, "provider"],
        ["with a body that is no JSON", "POST", "/chat", "hello", 400, '{"prompt"'],
        ["with a body that asks nothing", "POST", "/chat", '{"messages":[]}', 400, '"messages"'],
        ["with a field that does not exist", "POST", "/chat", '{"prompt":"x","temprature":1}', 400, '"params"'],
        ["with a body too large", "POST", "/chat", JSON.stringify({ prompt: "x".repeat(1_100_000) }), 413, "bytes"],
        ["with another method", "DELETE", "/chat?q=x", undefined, 405, ""],
      ])("%s is told what to do instead", async (_, method, path, body, status, says) => {
        const response = await fetch(parsed.url + path, {
          method,
          headers: events,
          ...defined({ body }),
        });
        const problem = (await response.json()) as { status: number; detail?: string };
        expect(response.status).toBe(status);
        expect(problem.status).toBe(status);
        expect(problem.detail ?? "").toContain(says);
      });

      test("of a page that may not use it is refused, and the backend is not asked", async () => {
        const prompt = fresh();
        const response = await ask(prompt, { ...events, origin: "https://elsewhere.example.com" });
        expect(response.status).toBe(403);
        expect(await response.json()).toMatchObject({ code: "origin-forbidden" });
        expect(backend.count(prompt)).toBe(0);
      });

      test("of a page next door gets what a browser needs to read the answer", async () => {
        const origin = "http://localhost:5173";
        const preflight = await fetch(`${parsed.url}/chat`, { method: "OPTIONS", headers: { origin } });
        expect(preflight.status).toBe(204);
        expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
        expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
      });
    });
  });
}
