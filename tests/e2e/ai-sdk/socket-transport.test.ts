/**
 * The AI SDK's own `WebSocketChatTransport` on the real stack, without any package of ours: as the class under `useChat` has
 * it, over a network that is cut, a gateway that is killed, and tokens.
 */
import { type UIMessage, WebSocketChatTransport, type WebSocketChatTransportInitOptions } from "ai";
import { SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { freePort } from "../../support/network/free-port.ts";
import { WireCutter } from "../../support/network/wire-cutter.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";
import { chatOver, type TestChat } from "../../unit/ai-sdk/chats.ts";
import { textIn } from "../../unit/ai-sdk/readers.ts";

const secret = "a secret of tests: thirty-two bytes or more";

let stack: TestStack;
let wire: WireCutter;
/** A gateway that wants a token. */
let strict: Part;
const transports: { close(): void }[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  wire = await new WireCutter(stack.url).start();
  const vars = {
    AUTH: "jwt",
    AUTH_KEYS: JSON.stringify({ k1: Buffer.from(secret).toString("base64url") }),
    LIMITER: "off",
  };
  strict = await startGateway({ backendUrl: stack.backend.url, vars, persistTo: `${stack.persistTo}/strict` });
});
afterAll(async () => {
  wire?.close();
  await strict?.stop();
  await stack?.stop();
});
afterEach(() => {
  for (const transport of transports.splice(0)) transport.close();
});

type Options = Pick<WebSocketChatTransportInitOptions<UIMessage>, "headers" | "protocols" | "params">;

function transportTo(url: string, options: Options = {}): WebSocketChatTransport<UIMessage> {
  const transport = new WebSocketChatTransport({ url: `${url}/api/chat`, ...options });
  transports.push(transport);
  return transport;
}

const newChat = (transport: object, id = `socket-${crypto.randomUUID()}`) => chatOver("ai7", id, transport);
/** Numbered words: a long answer in which any loss or repetition shows. */
const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");
const textsOf = (chat: TestChat) => chat.messages.map((message) => textIn(message));

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** In an answer: a chat's messages are a question and its answer by turns. */
const shows = (chat: TestChat, text: string) =>
  until(() => chat.messages.length % 2 === 0 && textsOf(chat).at(-1)?.includes(text) === true);

async function tokenFor(claims: object): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ sub: "alice", room: "socket-*", scope: "read write", iat: now, exp: now + 600, ...claims })
    .setProtectedHeader({ alg: "HS256", kid: "k1" })
    .sign(new TextEncoder().encode(secret));
}

test("[C8] an answer is shown as it is given, and a second question goes over the same socket", async () => {
  const chat = newChat(transportTo(stack.url));
  await chat.sendMessage({ text: "one two" });
  await chat.sendMessage({ text: "three" });
  expect([textsOf(chat), chat.status]).toEqual([["one two", "one two", "three", "three"], "ready"]);
});

test("[C8] two chats share a socket, and a second tab resumes one of them", async () => {
  const transport = transportTo(stack.url);
  const [one, two] = [newChat(transport, `socket-${crypto.randomUUID()}`), newChat(transport)];
  const id = `socket-${crypto.randomUUID()}`;
  const shared = newChat(transport, id);
  const asked = [
    one.sendMessage({ text: "a" }),
    two.sendMessage({ text: "b" }),
    shared.sendMessage({ text: words(80) }),
  ];
  await shows(shared, "w5 ");
  const tab = newChat(transportTo(stack.url), id);
  await tab.resumeStream();
  await Promise.all(asked);
  expect([textsOf(one), textsOf(two), textsOf(tab)]).toEqual([["a", "a"], ["b", "b"], [words(80)]]);
  expect(textsOf(shared)).toEqual([words(80), words(80)]);
});

test("[C8] an answer whose connection is cut is exact after a resume", async () => {
  const chat = newChat(transportTo(wire.url));
  const asked = chat.sendMessage({ text: words(200) });
  await shows(chat, "w20 ");
  wire.cut();
  await asked;
  expect(chat.status).toBe("error");
  await chat.resumeStream();
  expect([textsOf(chat), chat.status]).toEqual([[words(200), words(200)], "ready"]);
});

test("[C8] an answer that ended while the connection was cut is exact after a resume", async () => {
  const chat = newChat(transportTo(wire.url));
  const asked = chat.sendMessage({ text: words(60) });
  await shows(chat, "w10 ");
  wire.cut();
  await asked;
  const other = newChat(transportTo(stack.url), (chat as unknown as { id: string }).id);
  await other.resumeStream();
  await chat.resumeStream();
  expect(textsOf(chat)).toEqual([words(60), words(60)]);
});

test("[C8] an answer during which the gateway is killed is exact after a resume, and generated once", async () => {
  const port = await freePort();
  const persistTo = `${stack.persistTo}/killed`;
  const start = () => startGateway({ backendUrl: stack.backend.url, vars: { LIMITER: "off" }, persistTo, port });
  let gateway = await start();
  try {
    const chat = newChat(transportTo(gateway.url));
    const asked = chat.sendMessage({ text: words(300) });
    await shows(chat, "w30 ");
    await gateway.kill("SIGKILL");
    await asked;
    gateway = await start();
    await chat.resumeStream();
    expect([textsOf(chat), chat.status]).toEqual([[words(300), words(300)], "ready"]);
  } finally {
    await gateway.stop();
  }
});

test("[C8][T3] stop() stops the answer down to the backend", async () => {
  const chat = newChat(transportTo(stack.url));
  const asked = chat.sendMessage({ text: words(2_000) });
  await shows(chat, "w5 ");
  await chat.stop();
  await asked;
  const [, shown = ""] = textsOf(chat);
  const history = async () => {
    const response = await fetch(`${stack.url}/api/chat/${(chat as unknown as { id: string }).id}/messages`);
    return (await response.json()) as { readonly parts: readonly { readonly text?: string }[] }[];
  };
  let messages = await history();
  while (messages.length < 2) messages = await history();
  const kept = messages[1]?.parts.map(({ text = "" }) => text).join("") ?? "";
  expect([kept.startsWith(shown), kept.includes("w1999")]).toEqual([true, false]);
});

test.each([
  [
    "the headers inside its frames",
    async (token: string): Promise<Options> => ({ headers: { authorization: `Bearer ${token}` } }),
  ],
  ["the subprotocol", async (token: string): Promise<Options> => ({ protocols: ["edge-chat.v1", `bearer.${token}`] })],
])("[S1][C8] a token in %s opens the chats that it names, and no other", async (_, optionsOf) => {
  const transport = transportTo(strict.url, await optionsOf(await tokenFor({})));
  const [mine, other] = [newChat(transport), newChat(transport, `other-${crypto.randomUUID()}`)];
  await mine.sendMessage({ text: "hello" });
  expect(textsOf(mine)).toEqual(["hello", "hello"]);
  await other.sendMessage({ text: "hello" });
  expect([other.status, other.error?.message]).toEqual(["error", expect.stringContaining("access to this room")]);
  await mine.sendMessage({ text: "again" });
  expect(textsOf(mine).at(-1)).toBe("again");
});

test("[S1][C8] a ticket opens its chat for one socket, and no other chat", async () => {
  const id = `socket-${crypto.randomUUID()}`;
  const headers = { authorization: `Bearer ${await tokenFor({})}` };
  const params = async () => {
    const response = await fetch(`${strict.url}/parties/chat/${id}/tickets`, { method: "POST", headers });
    return { ticket: ((await response.json()) as { readonly ticket: string }).ticket };
  };
  const used = await params();
  const transport = transportTo(strict.url, { params: used });
  const [mine, other] = [newChat(transport, id), newChat(transport)];
  await mine.sendMessage({ text: "hello" });
  await mine.sendMessage({ text: "again" });
  expect(textsOf(mine)).toEqual(["hello", "hello", "again", "again"]);
  await other.sendMessage({ text: "hello" });
  expect(other.status).toBe("error");
  const thief = newChat(transportTo(strict.url, { params: used }), id);
  await thief.sendMessage({ text: "stolen" });
  expect(thief.status).toBe("error");
  const again = newChat(transportTo(strict.url, { params }), id);
  await again.sendMessage({ text: "fresh" });
  expect(textsOf(again)).toEqual(["fresh", "fresh"]);
});

test("[S1][C8] nobody is served without a token, and is told so", async () => {
  const chat = newChat(transportTo(strict.url));
  await chat.sendMessage({ text: "hello" });
  expect([chat.status, chat.error?.message]).toEqual(["error", expect.stringContaining("token")]);
});
