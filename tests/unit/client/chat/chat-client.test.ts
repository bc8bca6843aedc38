/** A room as an application sees it: one snapshot of what the frames told. */
import { describe, expect, test, vi } from "vitest";
import { ChatClient } from "../../../../client/chat/chat-client.ts";
import { welcome } from "../../../support/client/fake-socket.ts";
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
  turn,
  untilRetry,
} from "../../../support/client/socket-client.ts";
import { listed, sync } from "../../../support/client/sync-frames.ts";
import { delta, end, queued, start, streaming } from "../../../support/client/turn-frames.ts";

eachWithItsOwnNetwork();

describe("connection state", () => {
  test("is connecting, online when synced, reconnecting when lost, closed after close", async () => {
    enter();
    expect(state()).toBe("connecting");
    await tick();
    net.last.open();
    net.last.queue(welcome).deliver();
    expect(state()).toBe("connecting");
    net.last.queue(sync()).deliver();
    expect(client.getSnapshot().connection).toMatchObject({
      state: "online",
      sessionId: "s-1",
      transport: "websocket",
    });
    net.last.end(1006);
    expect(client.getSnapshot().connection).toMatchObject({ state: "reconnecting", attempt: 1 });
    client.close();
    expect(client.getSnapshot().connection).toEqual({ state: "closed" });
  });

  test("the snapshot is the same object until something changes, and listeners hear of each change once", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    const heard = vi.fn();
    const stop = client.subscribe(heard);
    const before = client.getSnapshot();
    socket
      .queue("pong", delta("a", 0, "Hi"), { type: "heartbeat", at: 1 }, "not json", { type: "unheard-of" })
      .deliver();
    expect(client.getSnapshot()).toBe(before);
    expect(heard).not.toHaveBeenCalled();
    socket.queue(delta("a", 2, "!")).deliver();
    expect(heard).toHaveBeenCalledTimes(1);
    stop();
    socket.queue(delta("a", 3, "!")).deliver();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test("a listener that throws keeps nothing from the others", async () => {
    const socket = await goOnline();
    const caught: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => {
      try {
        task();
      } catch (error) {
        caught.push(error);
      }
    });
    const heard = vi.fn();
    client.subscribe(() => {
      throw new Error("page bug");
    });
    client.subscribe(heard);
    socket.queue({ type: "presence", viewers: 2 }).deliver();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(caught).toEqual([new Error("page bug")]);
  });
});

describe("gaps", () => {
  test("what follows a gap asks for one sync, not for one each", async () => {
    const socket = await goOnline(sync({ seq: 1, turns: [streaming("a", "Hi")] }));
    socket.queue(delta("a", 5, "x"), delta("a", 6, "y"), end(9, "a", 7)).deliver();
    expect(socket.saidOf("sync-request")).toEqual([
      { type: "sync-request", have: { epoch: "e1", seq: 1, offsets: { a: 2 } } },
    ]);
    const rest = listed({
      state: "settled",
      from: 2,
      parts: [{ type: "text-delta", delta: "!!!xy" }],
      length: 7,
      outcome: "completed",
    });
    socket.queue(sync({ mode: "delta", seq: 9, turns: [rest] })).deliver();
    expect(turn("a")).toMatchObject({ state: "settled", parts: [{ type: "text-delta", delta: "Hi!!!xy" }] });
    socket.queue(queued(11, "b")).deliver();
    expect(socket.saidOf("sync-request")).toHaveLength(2);
  });

  test("a sync that does not fit is asked for again with the cut copy", async () => {
    const socket = await goOnline(sync({ seq: 1, turns: [streaming("a", "Hi")] }));
    socket.queue(sync({ mode: "delta", seq: 2, turns: [listed({ from: 9, length: 9 })] })).deliver();
    expect(socket.saidOf("sync-request")).toMatchObject([{ have: { seq: 1, offsets: { a: 0 } } }]);
    socket.queue(sync({ mode: "delta", seq: 2, turns: [streaming("a", "Hi there!")] })).deliver();
    expect(turn("a")).toMatchObject({ length: 9 });
    expect(socket.closedWith).toBeUndefined();
  });

  test("two in a row that do not fit, and the next hello asks for everything", async () => {
    const socket = await goOnline(sync({ seq: 1, turns: [streaming("a", "Hi")] }));
    const unfit = sync({ mode: "delta", seq: 2, turns: [listed({ from: 9, length: 9 })] });
    socket.queue(unfit).deliver();
    socket.queue(unfit).deliver();
    expect(socket.saidOf("sync-request")).toHaveLength(1);
    expect(state()).toBe("reconnecting");
    const next = await comeBack(sync({ seq: 2, turns: [streaming("a", "Hi there!")] }));
    expect(next.saidOf("hello")[0]).not.toHaveProperty("have");
    expect(turn("a")).toMatchObject({ length: 9 });
    next.end(1006);
    await untilRetry();
    net.last.open();
    expect(net.last.saidOf("hello")[0]).toHaveProperty("have");
  });

  test("a room that never tells the whole is tried at the pace of losses, not in a loop", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    await connect();
    const lie = sync({ turns: [listed({ from: 9, length: 9 })] });
    for (let loss = 1; loss <= 6; loss += 1) {
      net.last.queue(welcome, lie, lie).deliver();
      expect(client.getSnapshot().connection).toMatchObject({ state: "reconnecting", attempt: loss });
      await untilRetry();
      net.last.open();
    }
    expect(net.sockets).toHaveLength(7);
    expect(client.getSnapshot().turns).toEqual([]);
  });

  test("a first sync that is a delta of nothing can only be answered by a new hello", async () => {
    const socket = (await connect()).queue(welcome, sync({ mode: "delta" })).deliver();
    expect(socket.saidOf("sync-request")).toEqual([]);
    expect(state()).toBe("reconnecting");
  });

  test("a sync-request without an answer costs the room its connection", async () => {
    const socket = await goOnline(sync({ seq: 1 }));
    socket.queue(queued(5, "a")).deliver();
    await tick(25_000);
    socket.queue("pong").deliver();
    await tick(5_000);
    expect(socket.closedWith).toMatchObject({ reason: "no sync" });
  });

  test("[R2] a room that speaks of turns before its welcome is not believed", async () => {
    const socket = await connect();
    socket.queue(sync({ turns: [streaming("a", "x")] }), queued(1, "b"), { type: "presence", viewers: 9 }).deliver();
    expect(client.getSnapshot()).toMatchObject({
      turns: [],
      view: { viewers: 0 },
      connection: { state: "connecting" },
    });
    expect(socket.said).toHaveLength(1);
  });

  test("a second welcome changes nothing", async () => {
    const socket = await goOnline();
    socket.queue({ ...welcome, sessionId: "s-2" }).deliver();
    expect(client.getSnapshot().connection).toMatchObject({
      state: "online",
      sessionId: "s-1",
      transport: "websocket",
    });
  });

  test("[R3] every frame twice shows what each once does", async () => {
    const frames = [queued(1, "a"), start(2, "a"), delta("a", 0, "Hel"), delta("a", 3, "lo"), end(3, "a", 5)];
    const socket = await goOnline();
    socket.queue(...frames.flatMap((frame) => [frame, frame]), ...frames).deliver();
    expect(turn("a")).toMatchObject({ state: "settled", parts: [{ type: "text-delta", delta: "Hello" }], length: 5 });
    expect(socket.saidOf("sync-request")).toEqual([]);
  });
});

describe("errors and notices", () => {
  test("an error that names no turn is shown until the connection is new", async () => {
    const socket = await goOnline();
    socket.queue({ type: "error", code: "token-invalid", message: "no", retryable: false }).deliver();
    expect(client.getSnapshot().error).toMatchObject({ code: "token-invalid" });
    socket.end(1006);
    expect(client.getSnapshot().error).toMatchObject({ code: "token-invalid" });
    await comeBack();
    expect(client.getSnapshot()).not.toHaveProperty("error");
  });

  test("notices of the room are in the snapshot, those of a turn on the turn", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    const notice = { type: "notice", code: "waiting-for-concurrency", scope: "tenant", willRetry: true, message: "…" };
    socket.queue(notice, { ...notice, scope: "turn", turnId: "a" }).deliver();
    expect(client.getSnapshot().notices).toEqual([notice]);
    expect(turn("a")?.notice).toMatchObject({ turnId: "a" });
  });
});

test.each(["", "../../..", "a b", "a/b", "x".repeat(129)])("a room cannot be named %j", (room) => {
  expect(() => enter({ room })).toThrow(TypeError);
});

test.each([
  ["chat.example.com", "`url` must be an origin such as https://chat.example.com"],
  ["localhost:8787", "`url` must be an origin such as https://chat.example.com"],
  ["file:///app/index.html", "`url` must be an origin such as https://chat.example.com"],
  ["https://", "`url` must be an origin such as https://chat.example.com"],
])("an address that is none is told with what is: %s", (url, message) => {
  expect(() => enter({ url })).toThrow(message);
});

test("a page that comes from no gateway is told that it has to name one", () => {
  vi.stubGlobal("location", { href: "file:///app/index.html" });
  const { WebSocket } = net;
  expect(() => new ChatClient({ room: "demo", WebSocket })).toThrow("`url` must be an origin");
});
