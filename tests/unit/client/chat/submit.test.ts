/** What a person asks of a room over a socket: submits, stops and clears, each answered or said again. */
import { describe, expect, test } from "vitest";
import type { SubmitOptions } from "../../../../client/api/api.ts";
import { maxFrameBytes } from "../../../../shared/protocol/limits.ts";
import { welcome } from "../../../support/client/fake-socket.ts";
import {
  client,
  comeBack,
  connect,
  eachWithItsOwnNetwork,
  goOnline,
  net,
  tick,
} from "../../../support/client/socket-client.ts";
import { listed, sync } from "../../../support/client/sync-frames.ts";
import { delta, end, queued, refusal, streaming } from "../../../support/client/turn-frames.ts";

eachWithItsOwnNetwork();

describe("submitting", () => {
  test("waits for the first sync, then leaves in order, stops included", async () => {
    const socket = (await connect()).queue(welcome).deliver();
    const [a, b] = [client.submit("one"), client.submit("two", { model: "small", onLeave: "keep" })];
    expect(client.getSnapshot().pending.map(({ id }) => id)).toEqual([a, b]);
    expect(socket.said).toHaveLength(1);
    socket.queue(sync()).deliver();
    client.cancel(a);
    expect(socket.said.slice(1)).toEqual([
      { type: "turn-submit", turnId: a, epoch: "e1", input: { prompt: "one" } },
      { type: "turn-submit", turnId: b, epoch: "e1", input: { prompt: "two" }, model: "small", onLeave: "keep" },
      { type: "turn-cancel", turnId: a },
    ]);
  });

  test("[T1] is pending until the room shows its turn", async () => {
    const socket = await goOnline();
    const id = client.submit("hi", { replaces: "old" });
    expect(client.getSnapshot().pending).toEqual([
      { id, input: { prompt: "hi" }, submittedAt: Date.now(), replaces: "old" },
    ]);
    socket.queue(queued(1, id)).deliver();
    expect(client.getSnapshot()).toMatchObject({ pending: [], turns: [{ id }] });
  });

  test("[T1] an id that is known is not submitted again, and neither is one that is on its way", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.submit("hi", { turnId: "a" });
    client.submit("hi", { turnId: "b" });
    client.submit("hi", { turnId: "b" });
    expect(socket.saidOf("turn-submit").map(({ turnId }) => turnId)).toEqual(["b"]);
  });

  test("a refusal keeps its text until it is dismissed, or submitted again under the same id", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    socket.queue(refusal(id)).deliver();
    expect(client.getSnapshot().pending).toMatchObject([
      { id, input: { prompt: "hi" }, refused: { code: "queue-full" } },
    ]);
    expect(client.getSnapshot()).not.toHaveProperty("error");
    client.submit("hi again", { turnId: id });
    expect(socket.saidOf("turn-submit")).toHaveLength(2);
    expect(client.getSnapshot().pending).toMatchObject([{ input: { prompt: "hi again" } }]);
    expect(client.getSnapshot().pending[0]).not.toHaveProperty("refused");
    client.dismiss(id);
    expect(client.getSnapshot().pending).toHaveLength(1);
    socket.queue(refusal(id)).deliver();
    client.dismiss(id);
    expect(client.getSnapshot().pending).toEqual([]);
  });

  test("[T1] is sent again after a loss unless the room has its turn; a refused one is not", async () => {
    const socket = await goOnline();
    const [arrived, lost, refused] = [client.submit("a"), client.submit("b"), client.submit("c")];
    socket.queue(refusal(refused)).deliver();
    socket.end(1006);
    expect(client.getSnapshot().pending.map(({ id }) => id)).toEqual([arrived, lost, refused]);
    const next = await comeBack(sync({ mode: "delta", seq: 1, turns: [listed({ id: arrived, state: "queued" })] }));
    expect(next.saidOf("turn-submit")).toEqual([
      { type: "turn-submit", turnId: lost, epoch: "e1", input: { prompt: "b" } },
    ]);
    expect(client.getSnapshot().pending.map(({ id }) => id)).toEqual([lost, refused]);
    // Once on each connection, whatever syncs come.
    next.queue(sync({ mode: "delta", seq: 1 }), { type: "presence", viewers: 3 }).deliver();
    expect(next.saidOf("turn-submit")).toHaveLength(1);
  });

  test("[T1] says in which epoch it was made, so that one from before a clear is told apart", async () => {
    const socket = await goOnline();
    socket.end(1006);
    const id = client.submit("made offline");
    const next = await comeBack(sync({ epoch: "e2" }));
    expect(next.saidOf("turn-submit")).toMatchObject([{ turnId: id, epoch: "e1" }]);
    next.queue(refusal(id, "turn-stale")).deliver();
    expect(client.getSnapshot().pending).toMatchObject([{ id, refused: { code: "turn-stale" } }]);
  });

  test("one that someone's clear overtook is asked about again, and answered as stale", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    socket.queue(sync({ epoch: "e2" })).deliver();
    expect(socket.saidOf("turn-submit")).toMatchObject([{ epoch: "e1" }, { epoch: "e1" }]);
    socket.queue({ type: "presence", viewers: 2 }).deliver();
    socket.queue(refusal(id, "turn-stale")).deliver();
    expect(client.getSnapshot().pending).toMatchObject([{ refused: { code: "turn-stale" } }]);
  });

  test("made before any sync it belongs to the epoch it first meets", async () => {
    const socket = await connect();
    client.submit("early");
    socket.queue(welcome, sync({ epoch: "e7" })).deliver();
    expect(socket.saidOf("turn-submit")).toMatchObject([{ epoch: "e7" }]);
    socket.end(1006);
    expect((await comeBack(sync({ epoch: "e8" }))).saidOf("turn-submit")).toMatchObject([{ epoch: "e7" }]);
  });

  test("a prompt that is too long is refused here, before it costs the session its socket", async () => {
    const socket = await goOnline();
    const id = client.submit("世".repeat(maxFrameBytes / 3));
    expect(client.getSnapshot().pending).toMatchObject([{ id, refused: { code: "prompt-too-large", turnId: id } }]);
    expect(socket.saidOf("turn-submit")).toEqual([]);
  });

  test("sends no field that the room does not know", async () => {
    const socket = await goOnline();
    const message = { role: "user", content: "hi", id: "m1" } as const;
    client.submit({ messages: [message] }, { turnId: "a", colour: "red" } as object);
    expect(socket.saidOf("turn-submit")).toEqual([
      { type: "turn-submit", turnId: "a", epoch: "e1", input: { messages: [{ role: "user", content: "hi" }] } },
    ]);
  });

  test.each([
    ["nothing", "  \n", {}],
    ["an id that is none", "hi", { turnId: "a b" }],
    ["a replaced id that is none", "hi", { replaces: "" }],
    ["a model without a name", "hi", { model: "" }],
    ["params too large", "hi", { params: { text: "x".repeat(5000) } }],
    ["a role that is none", { messages: [{ role: "tool", content: "hi" }] }, {}],
    ["a message without text", { messages: [{ role: "user", content: [] }] }, {}],
    ["a provider that is no name", "hi", { provider: ["echo"] }],
    ["params that are a list", "hi", { params: [1] }],
    ["a leave policy that is none", "hi", { onLeave: "stay" }],
  ])("throws for %s: the room would end the session", async (_, input, options) => {
    await goOnline();
    expect(() => client.submit(input as string, options as SubmitOptions)).toThrow();
    expect(client.getSnapshot().pending).toEqual([]);
  });

  test("ids are never the same twice, and are ids", async () => {
    await connect();
    const ids = Array.from({ length: 100 }, () => client.submit("hi"));
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("stopping", () => {
  test("[T3] shows until the turn ends, and is asked for once", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("a");
    client.cancel("a");
    expect(socket.saidOf("turn-cancel")).toEqual([{ type: "turn-cancel", turnId: "a" }]);
    expect([...client.getSnapshot().stopping]).toEqual(["a"]);
    socket.queue(delta("a", 2, "!"), end(1, "a", 3, "cancelled")).deliver();
    expect([...client.getSnapshot().stopping]).toEqual([]);
    client.cancel("a");
    expect(socket.saidOf("turn-cancel")).toHaveLength(1);
  });

  test("[T3] is asked for again after a loss until the turn has ended", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("a");
    socket.end(1006);
    expect([...client.getSnapshot().stopping]).toEqual(["a"]);
    const next = await comeBack();
    expect(next.saidOf("turn-cancel")).toHaveLength(1);
    next.end(1006);
    const settled = listed({ state: "settled", from: 2, length: 2, outcome: "cancelled" });
    const last = await comeBack(sync({ mode: "delta", seq: 1, turns: [settled] }));
    expect(last.saidOf("turn-cancel")).toEqual([]);
    expect([...client.getSnapshot().stopping]).toEqual([]);
  });

  test("a submit that has not left is withdrawn without a word", async () => {
    const socket = await connect();
    const id = client.submit("hi");
    client.cancel(id);
    expect(client.getSnapshot()).toMatchObject({ pending: [], stopping: new Set() });
    socket.queue(welcome, sync()).deliver();
    expect(socket.said).toHaveLength(1);
  });

  test("a submit that may have arrived is stopped, not submitted again", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    client.cancel(id);
    expect([...client.getSnapshot().stopping]).toEqual([id]);
    socket.end(1006);
    const next = await comeBack();
    expect(next.said.slice(1)).toEqual([{ type: "turn-cancel", turnId: id }]);
    expect(client.getSnapshot()).toMatchObject({ pending: [], stopping: new Set() });
  });

  test("the same when the stop comes after the loss, and the room has the turn after all", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    socket.end(1006);
    client.cancel(id);
    const next = await comeBack(sync({ mode: "delta", seq: 2, turns: [listed({ id })] }));
    expect(next.said.slice(1)).toEqual([{ type: "turn-cancel", turnId: id }]);
    expect(client.getSnapshot().pending).toEqual([]);
    expect([...client.getSnapshot().stopping]).toEqual([id]);
    next.queue(end(3, id, 0, "cancelled")).deliver();
    expect([...client.getSnapshot().stopping]).toEqual([]);
  });

  test("a stopped submit that is refused leaves nothing behind", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    client.cancel(id);
    socket.queue(refusal(id)).deliver();
    expect(client.getSnapshot()).toMatchObject({ pending: [], stopping: new Set() });
  });

  test("a turn the room does not know is not being stopped", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("nobody");
    client.cancel("not an id!");
    expect(socket.saidOf("turn-cancel")).toEqual([]);
    client.cancel("a");
    socket.queue({ type: "turn-removed", seq: 1, turnIds: ["a"] }).deliver();
    expect([...client.getSnapshot().stopping]).toEqual([]);
  });

  test("a stop asked for before the first sync finds its turn", async () => {
    const socket = await connect();
    client.cancel("a");
    socket.queue(welcome, sync({ turns: [streaming("a", "Hi")] })).deliver();
    expect(socket.saidOf("turn-cancel")).toHaveLength(1);
  });
});

describe("clearing", () => {
  test("is said once, and takes what waited with it; a stop is asked for again should the clear be lost", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.submit("before");
    client.cancel("a");
    client.clear();
    expect(client.getSnapshot().pending).toEqual([]);
    expect(socket.said.at(-1)).toEqual({ type: "room-clear" });
    socket.end(1006);
    const next = await comeBack();
    expect(next.said.slice(1)).toEqual([{ type: "turn-cancel", turnId: "a" }]);
    next.queue(sync({ epoch: "e2" })).deliver();
    expect([...client.getSnapshot().stopping]).toEqual([]);
  });

  test("[T1] what is submitted right after waits for the epoch that comes, and says its name", async () => {
    const socket = await goOnline();
    client.clear();
    const id = client.submit("fresh");
    expect(socket.saidOf("turn-submit")).toEqual([]);
    socket.queue(sync({ epoch: "e2" })).deliver();
    expect(socket.saidOf("turn-submit")).toEqual([
      { type: "turn-submit", turnId: id, epoch: "e2", input: { prompt: "fresh" } },
    ]);
    socket.queue(queued(1, id)).deliver();
    expect(client.getSnapshot()).toMatchObject({ pending: [], turns: [{ id }] });
  });

  test("a clear that is refused, or lost with its socket, keeps nothing waiting", async () => {
    const socket = await goOnline();
    client.clear();
    const first = client.submit("one");
    socket.queue({ type: "error", code: "forbidden", message: "no", retryable: false }).deliver();
    expect(socket.saidOf("turn-submit")).toMatchObject([{ turnId: first, epoch: "e1" }]);
    client.clear();
    const second = client.submit("two");
    socket.end(1006);
    expect((await comeBack()).saidOf("turn-submit")).toMatchObject([{ turnId: second, epoch: "e1" }]);
  });

  test("a clear without an answer costs the room its connection", async () => {
    const socket = await goOnline();
    client.clear();
    await tick(25_000);
    socket.queue("pong").deliver();
    await tick(5_000);
    expect(socket.closedWith).toMatchObject({ reason: "no sync" });
  });

  test("asked for without a connection it is said on return, unless the room was cleared meanwhile", async () => {
    const socket = await goOnline();
    socket.end(1006);
    client.clear();
    const next = await comeBack();
    expect(next.saidOf("room-clear")).toHaveLength(1);
    next.end(1006);
    client.clear();
    expect((await comeBack(sync({ epoch: "e2" }))).saidOf("room-clear")).toEqual([]);
  });
});

test("half an emoji in a question, from a cut paste, is sent as U+FFFD and shown as it is sent", async () => {
  const socket = await goOnline();
  client.submit("cut \uD83D", { params: { note: "\uDE00" } });
  expect(socket.saidOf("turn-submit")).toMatchObject([{ input: { prompt: "cut \uFFFD" }, params: { note: "\uFFFD" } }]);
  expect(client.getSnapshot().pending).toMatchObject([{ input: { prompt: "cut \uFFFD" } }]);
});

describe("a firewall that ends each connection at the words of a question", () => {
  test("costs that question alone: it is shown as failed after three, and the next one leaves", async () => {
    const socket = await goOnline();
    const bad = client.submit("DROP TABLE users");
    const good = client.submit("hello");
    expect(socket.saidOf("turn-submit").map(({ turnId }) => turnId)).toEqual([bad, good]);
    socket.end(1006);
    for (let loss = 2; loss <= 3; loss += 1) {
      const next = await comeBack();
      // Alone, or the next question would be suspected with it.
      expect(next.saidOf("turn-submit").map(({ turnId }) => turnId)).toEqual([bad]);
      next.end(1006);
    }
    expect(client.getSnapshot().pending).toMatchObject([
      { id: bad, input: { prompt: "DROP TABLE users" }, refused: { code: "request-blocked", retryable: true } },
      { id: good },
    ]);
    const last = await comeBack();
    expect(last.saidOf("turn-submit").map(({ turnId }) => turnId)).toEqual([good]);
    last.queue(queued(1, good)).deliver();
    expect(client.getSnapshot().pending).toMatchObject([{ id: bad }]);
    // A person may try again, and the room may have got it after all (T1).
    client.submit("DROP TABLE users", { turnId: bad });
    expect(last.saidOf("turn-submit").map(({ turnId }) => turnId)).toEqual([good, bad]);
  });

  test("doesn't concern a question that the room answers in between, nor one that was never sent", async () => {
    await goOnline();
    const id = client.submit("hi");
    (await lost()).queue(queued(1, id)).deliver();
    for (let loss = 0; loss < 3; loss += 1) await lost();
    const waiting = client.submit("later");
    expect(client.getSnapshot().pending).toMatchObject([{ id: waiting }]);
    expect(client.getSnapshot().pending[0]).not.toHaveProperty("refused");
  });

  async function lost() {
    net.last.end(1006);
    return comeBack();
  }
});

test("A question over a WebSocket that died in silence is sent again within 10 s, without any sign of the device", async () => {
  const socket = await goOnline();
  await tick(20_000);
  const id = client.submit("hi");
  expect(socket.said.slice(-2)).toMatchObject(["ping", { type: "turn-submit", turnId: id }]);
  await tick(10_000);
  expect(socket.closedWith).toBeDefined();
  const next = await comeBack();
  expect(next.saidOf("turn-submit").map(({ turnId }) => turnId)).toEqual([id]);
});

test("A question over a WebSocket on which something has just arrived costs no ping", async () => {
  const socket = await goOnline();
  await tick(4_000);
  client.submit("hi");
  expect(socket.said.filter((said) => said === "ping")).toEqual([]);
});
