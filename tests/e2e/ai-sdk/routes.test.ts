/**
 * An app written with `useChat`, in Chromium, on the real stack: over HTTP with the AI SDK's own transport, and over
 * WebSocket with ours. The app is examples/ai-sdk, with React's development build, so that StrictMode mounts twice.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RoomChatTransport } from "../../../client/ai-sdk.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { launchBrowser } from "../../support/browser.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";
import { chatOver, defaultTransport } from "../../unit/ai-sdk/chats.ts";
import { textIn } from "../../unit/ai-sdk/readers.ts";
import { versions } from "../../unit/ai-sdk/stories.ts";

const root = join(import.meta.dirname, "../../..");
const secret = "a secret of tests: thirty-two bytes or more";

let stack: TestStack;
/** A gateway that wants a token, before a backend that answers 503. */
let strict: Part;
let unavailable: Server;
let folder: string;
let site: PreviewServer;
let browser: Browser;
let context: BrowserContext;
let chats = 0;

async function buildApp(): Promise<PreviewServer> {
  folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-app-"));
  const configFile = join(root, "examples/ai-sdk/vite.config.ts");
  const mode = "development";
  await build({ configFile, mode, logLevel: "error", build: { outDir: folder, minify: false } });
  return preview({
    configFile,
    mode,
    logLevel: "error",
    build: { outDir: folder },
    preview: { port: 0, host: "127.0.0.1" },
  });
}

async function startStrict(): Promise<Part> {
  unavailable = createServer((_, response) => response.writeHead(503).end("secret of the backend"));
  await new Promise<void>((resolve) => unavailable.listen(0, "127.0.0.1", resolve));
  const vars = {
    AUTH: "jwt",
    AUTH_KEYS: JSON.stringify({ k1: Buffer.from(secret).toString("base64url") }),
    LIMITER: "off",
    MAX_ATTEMPTS: "1",
  };
  const backendUrl = `http://127.0.0.1:${(unavailable.address() as AddressInfo).port}`;
  return startGateway({ backendUrl, vars, persistTo: join(folder, "rooms") });
}

beforeAll(async () => {
  site = await buildApp();
  [stack, strict, browser] = await Promise.all([startTestStack(), startStrict(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([site?.close(), stack?.stop(), strict?.stop()]);
  unavailable?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  context = await browser.newContext();
  chats += 1;
});
afterEach(() => context.close());

interface Opened {
  readonly over: "http" | "websocket";
  readonly gateway?: string;
  readonly token?: string;
}

async function open({ over, gateway = stack.url, token }: Opened): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(hangAfterMs);
  if (token !== undefined) await page.addInitScript((known) => sessionStorage.setItem("token", known), token);
  const query = new URLSearchParams({ gateway, over, chat: `chat-${chats}-${over}` });
  await page.goto(`http://127.0.0.1:${(site.httpServer.address() as AddressInfo).port}/?${query}`);
  await page.getByLabel("Message").waitFor();
  return page;
}

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel("Message").fill(question);
  await page.getByRole("button", { name: "Send" }).click();
}

const rows = (page: Page) => page.locator("li");
const answer = (page: Page) => page.locator("li[data-role=assistant] p").last();
const ready = (page: Page) => page.getByRole("status").getByText("ready").waitFor();
const texts = (page: Page) => page.locator("li p").allTextContents();
/** Numbered words: a long answer whose every cut can be told apart. */
const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");

async function stats(): Promise<Record<string, number>> {
  return (await (await fetch(`${stack.backend.url}/model/stats`)).json()) as Record<string, number>;
}

/** Asks again until it holds: the backend's counters move by themselves. Bounded by the test's own timeout. */
async function untilStats(done: (now: Record<string, number>) => boolean): Promise<Record<string, number>> {
  for (;;) {
    const now = await stats();
    if (done(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function answered(page: Page, question: string): Promise<void> {
  await ask(page, question);
  await answer(page).getByText(question, { exact: true }).waitFor();
  await ready(page);
}

describe.each(["http", "websocket"] as const)("useChat over %s", (over) => {
  test("[C1] sends a question and shows its answer to the letter", async () => {
    const page = await open({ over });
    const question = `${words(40)} 雨が降る 👩‍🚀 "quoted"`;
    await answered(page, question);
    await answered(page, "and again");
    expect(await texts(page)).toEqual([question, question, "and again", "and again"]);
  });

  test("[C1] stop() keeps what was said; the chat goes on after it", async () => {
    const page = await open({ over });
    await ask(page, words(3_000));
    await answer(page).getByText("w10 ").waitFor();
    const before = await stats();
    await page.getByRole("button", { name: "Stop" }).click();
    await ready(page);
    const kept = (await answer(page).textContent()) ?? "";
    expect(words(3_000).startsWith(kept.trimEnd())).toBe(true);
    if (over === "websocket") {
      // [T3] A real one: the backend counts it.
      await untilStats(({ aborted = 0 }) => aborted > Number(before["aborted"]));
    } else {
      // Over HTTP the SDK only hangs up, which is leaving; stopping is a request of its own.
      const stopped = await fetch(`${stack.url}/api/chat/chat-${chats}-${over}`, { method: "DELETE" });
      expect(await stopped.json()).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    }
    await answered(page, "on we go");
  });

  test("[C1] regenerate() gives another answer in the place of the last", async () => {
    const page = await open({ over });
    await answered(page, "one");
    await answered(page, "two");
    const before = await stats();
    await page.getByRole("button", { name: "Again" }).last().click();
    await untilStats(({ started = 0 }) => started > Number(before["started"]));
    await ready(page);
    expect(await texts(page)).toEqual(["one", "one", "two", "two"]);
    await page.reload();
    await rows(page).nth(3).waitFor();
    expect(await texts(page)).toEqual(["one", "one", "two", "two"]);
  });

  test("[C1] an edited question takes the place of the old one and of what came after, for everyone", async () => {
    const page = await open({ over });
    await answered(page, "one");
    await answered(page, "two");
    await page.getByRole("button", { name: "Edit" }).first().click();
    await answered(page, "uno");
    expect(await texts(page)).toEqual(["uno", "uno"]);
    await page.reload();
    await rows(page).nth(1).waitFor();
    expect(await texts(page)).toEqual(["uno", "uno"]);
    // After the reload, too.
    await page.getByRole("button", { name: "Edit" }).first().click();
    await answered(page, "one");
    expect(await texts(page)).toEqual(["one", "one"]);
  });

  test("[C1] a reload in the middle of an answer goes on with it; nothing is asked twice", async () => {
    const page = await open({ over });
    const before = await stats();
    await ask(page, words(120));
    await answer(page).getByText("w10 ").waitFor();
    await page.reload();
    await answer(page).getByText("w119").waitFor();
    await ready(page);
    expect(await texts(page)).toEqual([words(120), words(120)]);
    expect(Number((await stats())["started"]) - Number(before["started"])).toBe(1);
  });

  test("[C1] a second tab that comes in the middle shows the same", async () => {
    const first = await open({ over });
    await ask(first, words(100));
    await answer(first).getByText("w5 ").waitFor();
    const second = await open({ over });
    for (const page of [first, second]) {
      await answer(page).getByText("w99").waitFor();
      await ready(page);
      expect(await texts(page)).toEqual([words(100), words(100)]);
    }
  });

  test("[C1] a backend that answers 503 is an error in words", async () => {
    const token = await new SignJWT({ room: "*", scope: "read write" })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .setSubject("alice")
      .setIssuedAt()
      .setExpirationTime("10 min")
      .sign(new TextEncoder().encode(secret));
    const page = await open({ over, gateway: strict.url, token });
    await ask(page, "hi");
    expect(await page.getByRole("alert").textContent()).toBe(
      "The assistant is temporarily unavailable. Try again shortly.",
    );
    expect(await texts(page)).toEqual(["hi"]);
  });

  test("[C1] whoever may not is told so", async () => {
    const page = await open({ over, gateway: strict.url });
    await ask(page, "hi");
    expect(await page.getByRole("alert").textContent()).toBe("A token is needed.");
    await page.getByRole("status").getByText("error").waitFor();
  });
});

describe.each(versions)("%s", (version) => {
  test("[C1] asks, resumes, asks again and edits over HTTP, and over WebSocket in the same room", async () => {
    const id = `versions-${version}`;
    const http = chatOver(version, id, defaultTransport(version, `${stack.url}/api/chat`));
    const room = new RoomChatTransport({ url: stack.url });
    const socket = chatOver(version, id, room);
    try {
      await http.sendMessage({ text: "one 雨" });
      expect([http.error, http.messages.map((message) => textIn(message))]).toEqual([undefined, ["one 雨", "one 雨"]]);
      socket.messages = (await room.messages(id)).messages as typeof socket.messages;
      await socket.sendMessage({ text: "two" });
      expect(socket.messages.map((message) => textIn(message))).toEqual(["one 雨", "one 雨", "two", "two"]);
      await socket.regenerate();
      expect(textIn(socket.messages.at(-1))).toBe("two");
      // What the other page did is what this one finds, and edits.
      const found = await fetch(`${stack.url}/api/chat/${id}/messages`);
      http.messages = (await found.json()) as typeof http.messages;
      expect(http.messages.map((message) => textIn(message))).toEqual(["one 雨", "one 雨", "two", "two"]);
      await http.sendMessage({ text: "eins", messageId: http.messages[0]?.id ?? "" });
      expect(http.messages.map((message) => textIn(message))).toEqual(["eins", "eins"]);
      // Given up half way, it is resumed whole.
      const asked = http.sendMessage({ text: words(60) });
      await untilStats(({ active = 0 }) => active > 0);
      await http.stop();
      await asked;
      http.messages = http.messages.slice(0, 3);
      await http.resumeStream();
      expect([http.error, textIn(http.messages.at(-1))]).toEqual([undefined, words(60)]);
    } finally {
      room.close();
    }
  });
});

test("[C2] over WebSocket a tab that was open before shows what another asks, while it is answered", async () => {
  const [first, second] = [await open({ over: "websocket" }), await open({ over: "websocket" })];
  await ask(first, words(100));
  await answer(second).getByText("w5 ").waitFor();
  for (const page of [first, second]) {
    await answer(page).getByText("w99").waitFor();
    await ready(page);
    expect(await texts(page)).toEqual([words(100), words(100)]);
  }
  // And the other way round; a stop counts for both.
  await ask(second, words(3_000));
  await answer(first).getByText("w10 ").waitFor();
  await first.getByRole("button", { name: "Stop" }).click();
  for (const page of [first, second]) await ready(page);
  expect(await texts(first)).toEqual(await texts(second));
});
