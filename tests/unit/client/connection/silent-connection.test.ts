/** After a sign that the network changed or the device slept, each transport proves within 5 s that it works, or is replaced. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { last } from "../../../support/client/fake-http.ts";
import { fakeNetwork, welcome } from "../../../support/client/fake-socket.ts";
import {
  beat,
  client,
  connection,
  delta,
  eachWithItsOwnHttp,
  enter,
  http,
  overPolls,
  overStream,
  text,
  tick,
} from "../../../support/client/http-client.ts";
import { listed, sync } from "../../../support/client/sync-frames.ts";
import { streaming } from "../../../support/client/turn-frames.ts";

eachWithItsOwnHttp();

let page: EventTarget & { visibilityState: string };
let network: EventTarget;
beforeEach(() => {
  page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  network = new EventTarget();
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("document", page);
  vi.stubGlobal("navigator", { onLine: true, connection: network });
});

/** Every way in which a device reports that its connections may be dead. */
const signs: [string, () => void][] = [
  ["`online`", () => window.dispatchEvent(new Event("online"))],
  ["another network", () => network.dispatchEvent(new Event("change"))],
  ["a page that is visible again", () => page.dispatchEvent(new Event("visibilitychange"))],
  ["a page that was frozen", () => page.dispatchEvent(new Event("resume"))],
  ["a page from the back/forward cache", () => window.dispatchEvent(new Event("pageshow"))],
  ["a call of `reconnect()`", () => client.reconnect()],
];
const answer = () => sync({ turns: [streaming("a", "Hi")] });
const rest = () =>
  sync({ mode: "delta", turns: [listed({ from: 2, parts: [{ type: "text-delta", delta: " you" }], length: 6 })] });

async function overSocket() {
  const { WebSocket, sockets } = fakeNetwork();
  enter({ WebSocket, transports: ["websocket"] });
  await tick();
  const socket = last(sockets);
  socket.open();
  socket.queue(welcome, answer()).deliver();
  return { sockets, socket };
}

describe.each(signs)("After %s,", (_, happen) => {
  test("a deaf WebSocket is replaced within 5 s", async () => {
    const { sockets } = await overSocket();
    happen();
    await tick(4_999);
    expect(sockets).toHaveLength(1);
    await tick(1);
    expect(connection().state).toBe("reconnecting");
    // The wait before the first attempt is nothing here, and partysocket takes a moment.
    await tick(10);
    expect(sockets).toHaveLength(2);
  });

  test("a WebSocket that answers is kept", async () => {
    const { sockets, socket } = await overSocket();
    happen();
    socket.queue("pong").deliver();
    await tick(10_000);
    expect([sockets.length, connection().state]).toEqual([1, "online"]);
  });

  test("a deaf event stream is opened anew at once and goes on from its position", async () => {
    const stream = await overStream(answer(), { transports: ["sse"] });
    happen();
    await tick();
    expect(http.streams).toHaveLength(2);
    expect(http.streams[0]?.signal.aborted).toBe(true);
    last(http.streams).stream(welcome, rest(), beat());
    stream.send(delta(2, " late"));
    await tick();
    expect([connection().state, text()]).toEqual(["online", "Hi you"]);
  });

  test("an event stream that can't be opened anew is given up within 5 s", async () => {
    await overStream(answer(), { transports: ["sse"] });
    happen();
    await tick(4_999);
    expect(connection().state).toBe("online");
    await tick(1);
    expect(connection().state).toBe("reconnecting");
  });

  test("a deaf poll is made anew at once, without waiting for news", async () => {
    await overPolls(answer(), { transports: ["poll"] });
    await tick(1_000);
    happen();
    await tick();
    expect(http.polls.map(({ isOver }) => isOver)).toEqual([...http.polls.slice(1).map(() => true), false]);
    expect(last(http.polls).url.searchParams.get("wait")).toBe("0");
    last(http.polls).json({ frames: [rest()] });
    await tick();
    expect([connection().state, text()]).toEqual(["online", "Hi you"]);
  });

  test("polls that stay deaf are given up within 5 s", async () => {
    await overPolls(answer(), { transports: ["poll"] });
    happen();
    await tick(5_000);
    expect(connection().state).toBe("reconnecting");
  });

  test("a submit that is out is sent again", async () => {
    await overStream(answer(), { transports: ["sse"] });
    const id = client.submit("hello");
    await tick();
    happen();
    await tick();
    expect(http.said.map(({ body }) => (body as { turnId: string }).turnId)).toEqual([id, id]);
  });
});

test("Several signs at once cost one proof", async () => {
  await overStream(answer(), { transports: ["sse"] });
  for (const [, happen] of signs) happen();
  await tick();
  expect(http.streams).toHaveLength(2);
});

test("A device that slept with the page in view is noticed by its date", async () => {
  const { sockets } = await overSocket();
  vi.setSystemTime(Date.now() + 3_600_000);
  await tick(2_000 + 5_010);
  expect(sockets).toHaveLength(2);
});

test("A hidden page doesn't doubt its connection", async () => {
  await overStream(answer(), { transports: ["sse"] });
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  await tick();
  expect(http.streams).toHaveLength(1);
});
