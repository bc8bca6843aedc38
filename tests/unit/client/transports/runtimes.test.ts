/** The client in runtimes that aren't pages, and its `url` option. */
import { describe, expect, test, vi } from "vitest";
import { ChatClient } from "../../../../client/chat/chat-client.ts";
import { gatewayHref, gatewayUrl } from "../../../../client/transports/gateway-url.ts";
import { last } from "../../../support/client/fake-http.ts";
import { welcome } from "../../../support/client/fake-socket.ts";
import {
  client,
  connection,
  eachWithItsOwnHttp,
  enter,
  http,
  text,
  tick,
} from "../../../support/client/http-client.ts";
import { sync } from "../../../support/client/sync-frames.ts";
import { streaming } from "../../../support/client/turn-frames.ts";

eachWithItsOwnHttp();

/** What React Native has and lacks: `window` is the global object, without events; `URL` and `AbortSignal` are partial. */
function stubReactNative(): void {
  class PartialUrl {
    get host(): string {
      throw new Error("URL.host is not implemented");
    }
    get searchParams(): never {
      throw new Error("URL.searchParams is not implemented");
    }
  }
  vi.stubGlobal("window", { fetch: () => {} });
  vi.stubGlobal("navigator", { product: "ReactNative" });
  vi.stubGlobal("URL", PartialUrl);
  vi.stubGlobal("crypto", undefined);
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => {
    throw new TypeError("AbortSignal.timeout is not a function");
  });
  vi.spyOn(AbortSignal.prototype, "throwIfAborted").mockImplementation(() => {
    throw new TypeError("throwIfAborted is not a function");
  });
}

describe("In React Native,", () => {
  test("the client connects, asks and is closed", async () => {
    stubReactNative();
    const said: string[] = [];
    class Socket extends EventTarget {
      static last: Socket | undefined;
      readyState = 0;
      readonly url: string;
      constructor(url: string) {
        super();
        this.url = url;
        Socket.last = this;
      }
      send(frame: string): void {
        said.push((JSON.parse(frame) as { type: string }).type);
      }
      close(): void {
        this.readyState = 3;
      }
    }
    enter({ WebSocket: Socket, transports: ["websocket"] });
    await tick();
    const socket = Socket.last;
    if (socket === undefined) throw new Error("no socket was opened");
    socket.readyState = 1;
    socket.dispatchEvent(new Event("open"));
    for (const frame of [welcome, sync()]) {
      socket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
    }
    expect(client.submit("hello")).toMatch(/^[0-9a-f]{32}$/);
    expect(said).toEqual(["hello", "turn-submit"]);
    expect(connection().state).toBe("online");
    client.close();
    expect(connection().state).toBe("closed");
  });

  test("an event stream without a body to stream is left for polls", async () => {
    stubReactNative();
    let polls = 0;
    const fetch = async (url: string) => {
      const headers = new Headers({ "content-type": url.includes("wait=") ? "application/json" : "text/event-stream" });
      if (!url.includes("wait=")) return { ok: true, headers, body: undefined } as unknown as Response;
      polls += 1;
      if (polls > 1) return new Promise<Response>(() => {});
      const frames = [sync({ turns: [streaming("a", "Hi")] })];
      return { ok: true, headers, text: async () => JSON.stringify({ frames }) } as unknown as Response;
    };
    enter({ fetch, transports: ["sse", "poll"] });
    await tick();
    expect([connection(), text()]).toMatchObject([{ state: "online", transport: "poll" }, "Hi"]);
  });
});

test("A worker's own `online` event is heard, though a worker has no window", async () => {
  const scope = new EventTarget();
  vi.stubGlobal("addEventListener", scope.addEventListener.bind(scope));
  enter({ transports: ["sse"] });
  await tick();
  last(http.streams).fail();
  vi.mocked(Math.random).mockReturnValue(0.999);
  await tick();
  scope.dispatchEvent(new Event("online"));
  await tick();
  expect(http.streams.length).toBeGreaterThan(1);
});

describe("`url`", () => {
  test.each([
    ["https://chat.example.com", "https://chat.example.com"],
    ["https://chat.example.com/", "https://chat.example.com"],
    ["HTTPS://Chat.Example.com:443//", "https://chat.example.com"],
    ["wss://chat.example.com", "https://chat.example.com"],
    ["ws://localhost:8787/", "http://localhost:8787"],
    ["http://example.com:80", "http://example.com"],
    ["https://site.example/ai-gateway/", "https://site.example/ai-gateway"],
    ["https://site.example/a/b", "https://site.example/a/b"],
    ["http://[::1]:8787", "http://[::1]:8787"],
  ])("%s means %s", (url, canonical) => {
    expect(gatewayHref(gatewayUrl(url))).toBe(canonical);
  });

  test.each([
    "https://a.example?x=1",
    "https://a.example/#x",
    "https://user:pass@a.example",
    "//a.example",
    "a.example",
  ])("%s is refused, because a part of it would be ignored", (url) => {
    expect(() => gatewayUrl(url)).toThrow(TypeError);
  });

  test("may be a path on a page, which is below the page's own origin", () => {
    vi.stubGlobal("location", { href: "https://site.example:8443/chat/lobby?x=1#y" });
    expect(gatewayHref(gatewayUrl("/ai-gateway"))).toBe("https://site.example:8443/ai-gateway");
    expect(gatewayHref(gatewayUrl(undefined))).toBe("https://site.example:8443");
  });

  test("with a path prefix is used by requests and sockets alike", async () => {
    const sockets: string[] = [];
    class Socket extends EventTarget {
      constructor(url: string) {
        super();
        sockets.push(url);
      }
      close(): void {}
    }
    enter({ url: "https://site.example/ai-gateway/", WebSocket: Socket, transports: ["websocket", "sse"] });
    await tick(3_000);
    expect(sockets[0]).toMatch(/^wss:\/\/site\.example\/ai-gateway\/parties\/chat\/demo\?/);
    expect(last(http.streams).url.href).toBe("https://site.example/ai-gateway/parties/chat/demo");
  });
});

test.each([[["pigeon"]], [["websocket", "carrier"]]])(
  "The transports %j are refused, because one is unknown",
  (transports) => {
    enter({ transports: ["poll"] });
    const options = { url: "https://a.example", room: "demo", transports: transports as never };
    expect(() => new ChatClient(options)).toThrow(TypeError);
  },
);
