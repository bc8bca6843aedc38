/**
 * What a page in a real Chromium learns where its gateway can't be reached: a browser hides why a WebSocket was refused, and
 * hides every answer without CORS headers. Each kind of refusal leads to a coded state and a line in the console.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ChatClientOptions, ChatRoomClient, ConnectionState, TransportName } from "../../../client/index.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { launchBrowser } from "../../support/browser.ts";
import { bundleClient } from "../../support/client-bundle.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { startHostileProxy } from "../../support/network/hostile-proxy.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

/** In the tab. */
declare const EdgeChat: { readonly ChatClient: new (options: ChatClientOptions) => ChatRoomClient };
declare const client: ChatRoomClient;

const onlySocket: readonly TransportName[] = ["websocket"];

let stack: TestStack;
/** Allows no site but one, and wants a token. */
let strict: Part;
let browser: Browser;
let script: string;
let context: BrowserContext;
let servers: Server[];

beforeAll(async () => {
  [stack, browser, script] = await Promise.all([startTestStack(), launchBrowser(), bundleClient()]);
  const key = Buffer.alloc(32, 7).toString("base64url");
  const vars = { AUTH: "jwt", AUTH_KEYS: JSON.stringify({ k: key }), ALLOWED_ORIGINS: "https://app.example.com" };
  strict = await startGateway({ backendUrl: stack.backend.url, vars });
});
afterAll(async () => {
  await browser?.close();
  await strict?.stop();
  await stack?.stop();
});
beforeEach(async () => {
  servers = [];
  context = await browser.newContext({ bypassCSP: true });
});
afterEach(async () => {
  await context.close();
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A site that answers every request and every upgrade with one page. */
async function site(status = 200): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, { "content-type": "text/html" }).end("<title>A page</title>");
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Visit {
  readonly page: Page;
  readonly errors: string[];
  until(wanted: Partial<ConnectionState>): Promise<void>;
}

/** A page at `pageUrl` with a client of its own. */
async function visit(pageUrl: string, options: Pick<ChatClientOptions, "url" | "transports">): Promise<Visit> {
  const page = await context.newPage();
  page.setDefaultTimeout(hangAfterMs);
  const errors: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(pageUrl);
  await page.addScriptTag({ content: script });
  await page.evaluate((given) => {
    Object.assign(globalThis, { client: new EdgeChat.ChatClient({ room: "refused", ...given }) });
  }, options);
  const until = async (wanted: Partial<ConnectionState>) => {
    await page.waitForFunction((fields) => {
      const { connection } = client.getSnapshot();
      return Object.entries(fields).every(([name, value]) => Reflect.get(connection, name) === value);
    }, wanted);
  };
  return { page, errors, until };
}

describe.each([
  ["WebSocket alone", onlySocket],
  ["every transport", undefined],
])("[F7] A page over %s", (_, transports) => {
  const over = transports === undefined ? {} : { transports };

  test("[S2] of a site that the gateway doesn't allow is told so, and the console names the setting", async () => {
    const pageUrl = await site();
    const { until, errors } = await visit(pageUrl, { url: strict.url, ...over });
    await until({ state: "closed", code: "origin-forbidden" });
    // The browser reports what the console says some time after the page has said it.
    await expect.poll(() => errors).toContain(`The chat gateway refuses ${pageUrl}. Add it to ALLOWED_ORIGINS.`);
  });

  test("without a token is told to sign in", async () => {
    const { until } = await visit(`${strict.url}/health`, over);
    await until({ state: "closed", code: "unauthenticated" });
  });

  test("behind a firewall that refuses WebSockets and has no token is told to sign in", async () => {
    const proxy = await startHostileProxy(strict.url, { refusesUpgrades: true });
    try {
      const { until } = await visit(`${proxy.url}/health`, over);
      await until({ state: "closed", code: "unauthenticated" });
    } finally {
      await proxy.stop();
    }
  });

  test("with a wrong path prefix is told that something else answers", async () => {
    const { until, errors } = await visit(`${stack.url}/health`, { url: "/wrong", ...over });
    await until({ state: "reconnecting", code: "gateway-unrecognized" });
    expect(errors.join("\n")).toContain("The chat gateway can't be reached: ");
  });

  test.each([404, 401, 200])(
    "with the address of another site, which answers %i without CORS headers, is told so",
    async (status) => {
      const { until } = await visit(await site(), { url: await site(status), ...over });
      await until({ state: "reconnecting", code: "gateway-unrecognized" });
    },
  );

  test("whose gateway isn't there claims nothing about its network", async () => {
    const elsewhere = await site();
    const gone = servers.pop();
    await new Promise((resolve) => gone?.close(resolve));
    const { page } = await visit(await site(), { url: elsewhere, ...over });
    await page.waitForFunction(() => {
      const { connection } = client.getSnapshot();
      return connection.state === "reconnecting" && connection.attempt > 4;
    });
    expect(await page.evaluate(() => client.getSnapshot().connection)).not.toHaveProperty("code");
  });
});

test("[F7] A page over WebSocket alone behind a firewall is told what is in the way, and is online once it has gone", async () => {
  const proxy = await startHostileProxy(stack.url, { refusesUpgrades: true });
  try {
    const { page, until } = await visit(`${proxy.url}/health`, { transports: ["websocket"] });
    await until({ state: "reconnecting", code: "websocket-blocked" });
    proxy.allowUpgrades();
    await page.evaluate(() => client.reconnect());
    await until({ state: "online" });
  } finally {
    await proxy.stop();
  }
});
