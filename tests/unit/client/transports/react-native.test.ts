/** The client in an engine with the globals of React Native and no others, as a bundle: Hermes has no events. */
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { beforeAll, describe, expect, test } from "vitest";
import type { ChatRoomClient } from "../../../../client/index.ts";
import { welcome } from "../../../support/client/fake-socket.ts";
import { sync } from "../../../support/client/sync-frames.ts";
import { streaming } from "../../../support/client/turn-frames.ts";
import { bundleClient } from "../../../support/client-bundle.ts";

const support = join(import.meta.dirname, "../../../support/client");
let app: string;
let plain: string;

beforeAll(async () => {
  app = await bundleClient(join(support, "react-native-app.ts"));
  plain = await bundleClient();
});

/** React Native's own: its listeners get plain objects. */
class NativeSocket {
  static last: NativeSocket | undefined;
  readyState = 0;
  binaryType = "blob";
  protocol = "";
  readonly sent: { type: string }[] = [];
  readonly #listeners: [string, (event: object) => void][] = [];

  constructor() {
    NativeSocket.last = this;
  }
  addEventListener(type: string, listener: (event: object) => void): void {
    this.#listeners.push([type, listener]);
  }
  removeEventListener(type: string, listener: (event: object) => void): void {
    const at = this.#listeners.findIndex(([name, known]) => name === type && known === listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }
  send(text: string): void {
    this.sent.push(text === "ping" ? { type: "ping" } : (JSON.parse(text) as { type: string }));
  }
  close(): void {
    this.readyState = 3;
  }
  emit(type: string, fields: object = {}): void {
    for (const [name, listener] of [...this.#listeners]) if (name === type) listener({ type, ...fields });
  }
}

function engine() {
  const errors: unknown[] = [];
  const context = createContext({
    ...{ setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, AbortController, AbortSignal },
    console: { ...console, error: (...said: unknown[]) => errors.push(said) },
    navigator: { product: "ReactNative" },
    // Some packages define a `crypto` of their own, with other functions.
    crypto: { subtle: {} },
    fetch: () => new Promise(() => {}),
    WebSocket: NativeSocket,
  });
  runInContext(
    "globalThis.window = globalThis; delete Array.prototype.with; delete Array.prototype.findLast; delete String.prototype.toWellFormed;",
    context,
  );
  return { context, errors };
}

const flush = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("In an engine with the globals of React Native,", () => {
  test("the client connects, asks and reads an answer", async () => {
    const { context, errors } = engine();
    runInContext(app, context);
    const client = runInContext(
      'new EdgeChat.ChatClient({ url: "https://chat.example.com", room: "a", transports: ["websocket"] })',
      context,
    ) as ChatRoomClient;
    await expect.poll(() => NativeSocket.last).toBeDefined();
    const socket = NativeSocket.last as NativeSocket;
    socket.readyState = 1;
    socket.emit("open");
    for (const frame of [welcome, sync({ turns: [streaming("a", "Hi")] })]) {
      socket.emit("message", { data: JSON.stringify(frame) });
    }
    expect(client.getSnapshot().connection.state).toBe("online");
    expect(client.getSnapshot().turns[0]?.parts).toEqual([{ type: "text-delta", delta: "Hi" }]);
    socket.emit("message", {
      data: JSON.stringify({
        type: "turn-delta",
        turnId: "a",
        offset: 2,
        parts: [{ type: "text-delta", delta: " there" }],
      }),
    });
    expect(client.getSnapshot().turns[0]?.length).toBe(8);
    expect(client.submit("hello")).toMatch(/^[0-9a-f]{32}$/);
    expect(socket.sent.map(({ type }) => type)).toEqual(["hello", "turn-submit"]);
    socket.readyState = 3;
    socket.emit("close", { code: 1006, reason: "" });
    expect(client.getSnapshot().connection.state).toBe("reconnecting");
    client.close();
    await flush();
    expect(errors).toEqual([]);
  });

  test("the client without `edge-chat-gateway/react-native` doesn't load, which is why the guide names it", () => {
    expect(() => runInContext(plain, engine().context)).toThrow("Event is not defined");
  });

  test("what the engine has is left as it is", () => {
    const { context } = engine();
    runInContext(
      "class Own {}; globalThis.Event = Own; globalThis.EventTarget = Own; globalThis.MessageEvent = Own;",
      context,
    );
    runInContext(app, context);
    expect(runInContext("Event === Own && EventTarget === Own && MessageEvent === Own", context)).toBe(true);
  });
});
