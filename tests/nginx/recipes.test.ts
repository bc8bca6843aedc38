/**
 * The proxy recipes of docs/transports.md as they are printed, with a real nginx and a real Caddy, for pages in Chromium under
 * the recipes' own names. cloudflared works only with Cloudflare's network: its file is parsed, and the gateway gets the
 * requests that it makes. Run by `npm run test:nginx`.
 */
import { request } from "node:http";
import { SignJWT } from "jose";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import type { ChatClientOptions, ChatRoomClient, TransportName } from "../../client/index.ts";
import { textOf } from "../../shared/content.ts";
import { parsePage } from "../docs/page.ts";
import { launchBrowser } from "../support/browser.ts";
import { bundleClient } from "../support/client-bundle.ts";
import { hangAfterMs } from "../support/hang-guard.ts";
import { isInstalled, type OwnProxy, startCaddy, startNginx } from "../support/network/own-proxy.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

/** In the tab. */
declare const EdgeChat: { readonly ChatClient: new (options: ChatClientOptions) => ChatRoomClient };
declare const client: ChatRoomClient;

const { blocks } = parsePage("docs/transports.md");
const recipesIn = (language: string) => blocks.filter((block) => block.language === language).map(({ text }) => text);

interface Recipe {
  readonly program: "nginx" | "caddy";
  readonly text: string;
  readonly host: string;
  readonly prefix: string;
}

const recipes: readonly Recipe[] = (["nginx", "caddy"] as const).flatMap((program) =>
  recipesIn(program === "nginx" ? "nginx" : "caddyfile").map((text) => ({
    program,
    text,
    host: /server_name (\S+);|http:\/\/(\S+\.example\.com)/.exec(text)?.slice(1).find(Boolean) ?? "",
    prefix: /(?:location|handle_path) (\/\w[\w-]*)\//.exec(text)?.[1] ?? "",
  })),
);

const secret = Buffer.alloc(32, 7);
let stack: TestStack;
let browser: Browser;
let script: string;
let token: string;

beforeAll(async () => {
  const vars = { AUTH: "jwt", AUTH_KEYS: JSON.stringify({ k: secret.toString("base64url") }) };
  const names = "--host-resolver-rules=MAP *.example.com 127.0.0.1";
  [stack, browser, script] = await Promise.all([
    startTestStack({ gateway: { vars } }),
    launchBrowser([names]),
    bundleClient(),
  ]);
  token = await new SignJWT({ room: "*", scope: "read write" })
    .setProtectedHeader({ alg: "HS256", kid: "k" })
    .setSubject("alice")
    .setIssuedAt()
    .setExpirationTime("10m")
    .sign(secret);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

test("there is a recipe for the root and for a path, with each proxy", () => {
  expect(recipes.map(({ program, host, prefix }) => [program, host, prefix])).toEqual([
    ["nginx", "chat.example.com", ""],
    ["nginx", "www.example.com", "/ai-gateway"],
    ["caddy", "chat.example.com", ""],
    ["caddy", "www.example.com", "/ai-gateway"],
  ]);
});

function start({ program, text }: Recipe): Promise<OwnProxy> {
  const { host } = new URL(stack.url);
  const here = text.replace("127.0.0.1:8787", host);
  expect(here).not.toBe(text);
  return program === "caddy"
    ? startCaddy(here)
    : startNginx((port) => here.replace("listen 80;", `listen 127.0.0.1:${port};`));
}

describe.each(recipes)("behind $program at $host, path '$prefix'", (recipe) => {
  const { program, host, prefix } = recipe;
  const isHere = isInstalled(program);
  let proxy: OwnProxy;
  let context: BrowserContext;
  let page: Page;
  let origin: string;

  beforeAll(async () => {
    if (!isHere) return;
    proxy = await start(recipe);
    origin = `http://${host}:${proxy.port}`;
    context = await browser.newContext({ bypassCSP: true });
    page = await context.newPage();
    page.setDefaultTimeout(hangAfterMs);
  });
  afterAll(async () => {
    await context?.close();
    await proxy?.stop();
  });

  test.skipIf(!isHere).each<TransportName>(["websocket", "sse", "poll"])(
    "[F7] [T3] every word arrives once over %s, and a stop stops",
    async (transport) => {
      const response = await page.goto(`${origin}${prefix}/health`);
      expect(await response?.json()).toEqual({ status: "ok" });
      await page.addScriptTag({ content: script });
      const prompt = Array.from({ length: 200 }, (_, index) => `w${index}`).join(" ");
      const room = `${program}-${prefix.slice(1)}-${transport}`;
      await page.evaluate(
        ([options, given]) => {
          Object.assign(globalThis, { client: new EdgeChat.ChatClient({ ...options, token: () => given }) });
        },
        [{ url: prefix === "" ? "/" : prefix, room, transports: [transport] }, token] as const,
      );
      await page.evaluate((text) => client.submit(text, { params: { tokensPerSecond: 200 } }), prompt);
      await page.waitForFunction(() => client.getSnapshot().turns[0]?.state === "settled");
      const { turns, connection } = await page.evaluate(() => client.getSnapshot());
      expect(textOf(turns[0]?.parts ?? [])).toBe(prompt);
      expect(connection).toMatchObject({ state: "online", transport });
      const second = await page.evaluate((text) => client.submit(text, { params: { tokensPerSecond: 20 } }), prompt);
      await page.waitForFunction(() => (client.getSnapshot().turns[1]?.length ?? 0) > 0);
      await page.evaluate((id) => client.cancel(id), second);
      await page.waitForFunction(() => client.getSnapshot().turns[1]?.state === "settled");
      const stopped = await page.evaluate(() => client.getSnapshot().turns[1]);
      expect(stopped).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
      await page.evaluate(() => client.close());
    },
  );

  test.skipIf(!isHere)("[C1] the AI SDK's route takes a long conversation and streams its answer", async () => {
    await page.goto(`${origin}${prefix}/health`);
    const long = "x".repeat(1_000);
    const messages = Array.from({ length: 2_001 }, (_, index) => ({
      id: `m${index}`,
      role: index % 2 === 0 ? "user" : "assistant",
      // Reasoning stays in the page's messages and isn't passed on.
      parts: [index % 2 === 0 ? { type: "text", text: `q${index}` } : { type: "reasoning", text: long }],
    }));
    const body = JSON.stringify({ id: `${program}-sdk${prefix.slice(1)}`, messages, trigger: "submit-message" });
    expect(body.length).toBeGreaterThan(1024 * 1024);
    const answered = await page.evaluate(
      async ([address, given, text]) => {
        const headers = { authorization: `Bearer ${given}`, "content-type": "application/json" };
        const response = await fetch(address, { method: "POST", headers, body: text });
        return [response.status, await response.text()] as const;
      },
      [`${prefix}/api/chat`, token, body] as const,
    );
    expect(answered[0], answered[1]).toBe(200);
    expect(answered[1]).toContain("[DONE]");
  });
});

describe("behind cloudflared", () => {
  test("the file has the form that cloudflared wants", () => {
    const files = recipesIn("yaml");
    expect(files).toHaveLength(1);
    const file = parseYaml(files[0] ?? "") as { ingress: Record<string, string>[] };
    expect(Object.keys(file)).toEqual(["tunnel", "credentials-file", "ingress"]);
    const [rule, last] = file.ingress;
    expect(rule).toEqual({ hostname: "chat.example.com", service: "http://127.0.0.1:8787" });
    expect(last).toEqual({ service: "http_status:404" });
  });

  /** As cloudflared writes a request to its service: `Host` as the browser sent it, and what Cloudflare adds. */
  const headers = {
    host: "chat.example.com",
    origin: "https://chat.example.com",
    "cf-connecting-ip": "203.0.113.7",
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-proto": "https",
    "cf-visitor": '{"scheme":"https"}',
    "cdn-loop": "cloudflare; loops=1",
    "cf-ray": "8c0ffee-FRA",
    "cf-warp-tag-id": "3b1f",
  };

  function send(path: string, extra: Readonly<Record<string, string>>): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(`${stack.url}${path}`, { headers: { ...headers, ...extra } });
      sent.on("error", reject);
      sent.on("upgrade", (_, socket) => {
        socket.destroy();
        resolve({ status: 101, body: "" });
      });
      sent.on("response", (response) => {
        let body = "";
        response.on("data", (data: Buffer) => {
          body += data;
          // A stream doesn't end by itself.
          if (!body.includes('"sync"')) return;
          response.destroy();
          resolve({ status: response.statusCode ?? 0, body });
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", () => {});
      });
      sent.end();
    });
  }

  test("the gateway takes a page under the tunnel's name for its own, over each transport", async () => {
    const upgrade = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
    const key = { "sec-websocket-key": Buffer.alloc(16, 1).toString("base64") };
    expect(await send("/parties/chat/tunnel", { ...upgrade, ...key })).toMatchObject({ status: 101 });
    const authorization = `Bearer ${token}`;
    const stream = await send("/parties/chat/tunnel", { authorization, accept: "text/event-stream" });
    expect([stream.status, stream.body]).toEqual([200, expect.stringContaining('"sync"')]);
    const poll = await send("/parties/chat/tunnel?wait=0", { authorization, accept: "application/json" });
    expect([poll.status, poll.body]).toEqual([200, expect.stringContaining('"sync"')]);
  });

  test("a tunnel that rewrites the `Host` is told which setting is missing", async () => {
    const refused = await send("/parties/chat/tunnel?wait=0", { host: "127.0.0.1:8787", accept: "application/json" });
    expect([refused.status, refused.body]).toEqual([403, expect.stringContaining("ALLOWED_ORIGINS")]);
  });
});
