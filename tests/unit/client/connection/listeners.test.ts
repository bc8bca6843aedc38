/** What a page does while it is being told of a change: leaving, asking, looking again, or failing itself. */
import { describe, expect, test, vi } from "vitest";
import type { ChatSnapshot } from "../../../../client/api/api.ts";
import { FakeHttp, last } from "../../../support/client/fake-http.ts";
import { memoryStorage, welcome } from "../../../support/client/fake-socket.ts";
import {
  client,
  comeBack,
  connect,
  eachWithItsOwnNetwork,
  enter,
  goOnline,
  net,
  state,
  tick,
} from "../../../support/client/socket-client.ts";
import { sync } from "../../../support/client/sync-frames.ts";
import { streaming } from "../../../support/client/turn-frames.ts";

eachWithItsOwnNetwork();

/** Once, as soon as the connection is so. */
function when(name: ChatSnapshot["connection"]["state"], act: () => void): void {
  let isDone = false;
  client.subscribe(() => {
    if (isDone || state() !== name) return;
    isDone = true;
    act();
  });
}

/** A client that has something better and something worse than what it is on. */
const withFallback = (http: FakeHttp) =>
  ({ WebSocket: net.WebSocket, fetch: http.fetch, transports: ["websocket", "sse"] }) as const;

describe("a page that leaves when it hears", () => {
  test("that the next transport is being tried has left: nothing is opened", async () => {
    const http = new FakeHttp();
    await goOnline(sync(), withFallback(http));
    for (let cut = 0; cut < 2; cut += 1) {
      net.last.end(1006);
      await comeBack();
    }
    when("reconnecting", () => client.close());
    net.last.end(1006);
    await tick(60_000);
    expect([http.requests.length, state()]).toEqual([0, "closed"]);
  });

  test("that its token is asked for anew has left: nothing is opened", async () => {
    const token = vi.fn(() => "t");
    const socket = await goOnline(sync(), { token });
    when("reconnecting", () => client.close());
    socket.end(4401);
    await tick(60_000);
    expect([token.mock.calls.length, net.sockets.length, state()]).toEqual([1, 1, "closed"]);
  });

  test("that a closed room is tried again has left: nothing is opened", async () => {
    (await connect()).end(4403);
    when("connecting", () => client.close());
    client.reconnect();
    await tick(60_000);
    expect([net.sockets.length, state()]).toEqual([1, "closed"]);
  });

  test("[T3] that it is online keeps the stop that was not said, for the page after it", async () => {
    const storage = memoryStorage();
    const socket = await goOnline(sync(), { storage });
    const id = client.submit("hi");
    client.cancel(id);
    socket.end(1006);
    when("online", () => client.close());
    await comeBack();
    expect(net.last.saidOf("turn-cancel")).toEqual([]);
    await tick(1);
    const next = await goOnline(sync(), { storage });
    expect(next.saidOf("turn-cancel")).toEqual([{ type: "turn-cancel", turnId: id }]);
  });
});

test("[T3] a page that leaves on seeing a frame keeps what the frame would have let it say", async () => {
  const storage = memoryStorage();
  const socket = await goOnline(sync(), { storage });
  const id = client.submit("hi");
  client.cancel(id);
  socket.end(1006);
  client.close();
  await tick(1);
  const leaving = await connect({ storage, onFrame: () => client.close() });
  leaving.queue(welcome, sync()).deliver();
  expect(leaving.saidOf("turn-cancel")).toEqual([]);
  const next = await goOnline(sync(), { storage });
  expect(next.saidOf("turn-cancel")).toEqual([{ type: "turn-cancel", turnId: id }]);
});

test("a page that tries at once when it hears of a loss has one connection, not two", async () => {
  const http = new FakeHttp();
  await goOnline(sync(), withFallback(http));
  for (let cut = 0; cut < 2; cut += 1) {
    net.last.end(1006);
    await comeBack();
  }
  when("reconnecting", () => client.reconnect());
  net.last.end(1006);
  await tick();
  expect(http.streams.filter(({ signal }) => !signal.aborted)).toHaveLength(1);
});

test.each(["reconnecting", "closed"] as const)(
  "a clear that is asked for on hearing of a loss is said on return: %s",
  async (name) => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    when(name, () => client.clear());
    socket.end(name === "closed" ? 4403 : 1006);
    if (name === "closed") client.reconnect();
    const next = await comeBack();
    expect(next.saidOf("room-clear")).toHaveLength(1);
  },
);

describe("`onFrame` that throws", () => {
  /** What nobody caught, in place of the runtime's report. */
  function uncaught(): unknown[] {
    const caught: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => {
      try {
        task();
      } catch (error) {
        caught.push(error);
      }
    });
    return caught;
  }
  const bug = new Error("tool bug");
  const onFrame = () => {
    throw bug;
  };

  test("over a socket keeps no frame from the client, and is told as nobody's", async () => {
    const caught = uncaught();
    await goOnline(sync({ turns: [streaming("a", "Hi")] }), { onFrame });
    expect([state(), client.getSnapshot().turns.length, caught]).toEqual(["online", 1, [bug]]);
  });

  test.each(["sse", "poll"] as const)("over %s is not taken for a fault of the network", async (transport) => {
    const caught = uncaught();
    const http = new FakeHttp();
    enter({ fetch: http.fetch, transports: [transport], onFrame });
    await tick();
    const [request] = http.requests;
    if (transport === "sse") request?.stream(welcome, sync(), { type: "heartbeat", at: Date.now() });
    else request?.json({ frames: [sync()], retryAfterMs: 20_000 });
    await tick();
    expect([state(), caught]).toEqual(["online", [bug]]);
    const ids = [client.submit("one"), client.submit("two")];
    await tick();
    last(http.said).refuse("queue-full", 429);
    await tick();
    expect(http.said.map(({ body }) => body)).toMatchObject(ids.map((turnId) => ({ turnId })));
  });
});
