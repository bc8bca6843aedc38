/** The client over event streams and polls: what `connection.test.ts` and `submit.test.ts` show over a WebSocket holds here too. */
import { describe, expect, test } from "vitest";
import type { ServerFrame } from "../../../../shared/protocol/server-frames.ts";
import { last } from "../../../support/client/fake-http.ts";
import { welcome } from "../../../support/client/fake-socket.ts";
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

const pending = () => client.getSnapshot().pending;

describe("an event stream", () => {
  test("[S1] is asked for with a token in a header, and makes the room known", async () => {
    await overStream(sync({ turns: [streaming("a", "Hi")] }), { token: () => "secret" });
    expect(connection()).toEqual({ state: "online", sessionId: "s-1", transport: "sse" });
    expect(text()).toBe("Hi");
    const [request] = http.streams;
    expect(request?.headers).toEqual({ accept: "text/event-stream", authorization: "Bearer secret" });
    expect(request?.url.href).toBe("https://chat.example.com/parties/chat/demo");
  });

  test("means the same however it is cut, also inside a character", async () => {
    const stream = await overStream(sync({ turns: [streaming("a", "")] }));
    const bytes = new TextEncoder().encode(`: hi\n\ndata: ${JSON.stringify(delta(0, "世界 🌍"))}\r\n\r\n`);
    for (const byte of bytes) stream.write(Uint8Array.of(byte));
    await tick();
    expect(text()).toBe("世界 🌍");
  });

  test("[R3] that breaks is asked for again with what the reader holds", async () => {
    const stream = await overStream(sync({ seq: 3, turns: [streaming("a", "Hello")] }));
    stream.break();
    await tick(1);
    expect(http.streams).toHaveLength(2);
    expect(last(http.streams).headers["last-event-id"]).toBe("1.e1.3.a:5");
    last(http.streams).stream(welcome, sync({ mode: "delta", seq: 3, turns: [] }), delta(5, "!"), beat());
    await tick();
    expect([connection().state, text()]).toEqual(["online", "Hello!"]);
  });

  test("[R3] a gap is closed by asking again from there; the old stream is not believed any more", async () => {
    const stream = await overStream(sync({ turns: [streaming("a", "Hi")] }));
    stream.send(delta(9, "late"));
    await tick();
    expect(http.streams).toHaveLength(2);
    expect(http.streams[0]?.signal.aborted).toBe(true);
    const rest = listed({ from: 2, parts: [{ type: "text-delta", delta: " there late" }], length: 13 });
    last(http.streams).stream(welcome, sync({ mode: "delta", turns: [rest] }), beat());
    await tick();
    expect([connection().state, text()]).toEqual(["online", "Hi there late"]);
  });

  test("that the room ends for being idle is no loss: it is asked for again when the room said", async () => {
    const stream = await overStream();
    stream.write("retry: 20000\n\n");
    stream.end();
    await tick(19_999);
    expect([http.streams.length, connection().state]).toEqual([1, "online"]);
    await tick(1);
    expect(http.streams).toHaveLength(2);
    last(http.streams).stream(welcome, sync({ mode: "delta" }), beat());
    await tick();
    expect(connection().state).toBe("online");
  });

  test("a rest is over when something is said", async () => {
    const stream = await overStream();
    stream.write("retry: 20000\n\n");
    stream.end();
    await tick();
    client.submit("hi");
    await tick();
    expect(http.streams).toHaveLength(1);
    last(http.said).json({}, 202);
    await tick();
    expect(http.streams).toHaveLength(2);
  });

  test("that ends while an answer is open is asked for again at once, but not in a loop", async () => {
    const stream = await overStream(sync({ turns: [streaming("a", "Hi")] }));
    await tick(2_000);
    stream.end();
    await tick();
    expect(http.streams).toHaveLength(2);
    for (let end = 0; end < 20; end += 1) {
      const { length } = http.streams;
      if (!last(http.streams).isOver)
        last(http.streams)
          .stream(welcome, sync({ mode: "delta" }), beat())
          .end();
      await tick(100);
      expect(http.streams.length - length).toBeLessThanOrEqual(1);
    }
    expect(http.streams.length).toBeLessThanOrEqual(5);
  });

  test("that goes silent is asked for again; when that gets no answer either, it is dead", async () => {
    await overStream();
    await tick(24_999);
    expect(http.streams).toHaveLength(1);
    await tick(1);
    expect(http.streams).toHaveLength(2);
    expect(http.streams[0]?.signal.aborted).toBe(true);
    await tick(7_999);
    expect(connection().state).toBe("online");
    await tick(1);
    expect(connection()).toMatchObject({ state: "reconnecting" });
  });

  test("that goes silent because its room beats slowly goes on", async () => {
    await overStream();
    for (let beats = 2; beats < 6; beats += 1) {
      await tick(25_000);
      expect(http.streams).toHaveLength(beats);
      last(http.streams).stream(welcome, sync({ mode: "delta" }), beat());
      await tick();
    }
    expect(connection()).toMatchObject({ state: "online", transport: "sse" });
  });

  test("heartbeats keep it, whatever the room's clock says", async () => {
    enter();
    await tick();
    const hourAgo = () => beat(Date.now() - 3_600_000);
    const stream = last(http.streams).stream(welcome, sync(), hourAgo());
    for (let count = 0; count < 10; count += 1) {
      await tick(15_000);
      stream.send(hourAgo());
    }
    await tick();
    expect(connection()).toMatchObject({ state: "online", transport: "sse" });
  });
});

describe("polls", () => {
  test("follow each other from where the reader is", async () => {
    await overPolls(sync({ seq: 1, turns: [streaming("a", "Hi")] }));
    expect(connection()).toEqual({ state: "online", transport: "poll" });
    expect(Object.fromEntries(http.polls[0]?.url.searchParams ?? [])).toEqual({ wait: "0" });
    await tick();
    expect(Object.fromEntries(last(http.polls).url.searchParams)).toEqual({ wait: "25", cursor: "1.e1.1.a:2" });
    const more = listed({ from: 2, parts: [{ type: "text-delta", delta: " there" }], length: 8 });
    last(http.polls).json({ frames: [sync({ mode: "delta", seq: 1, turns: [more] })], cursor: "opaque" });
    await tick();
    expect(text()).toBe("Hi there");
    expect(last(http.polls).url.searchParams.get("cursor")).toBe("1.e1.1.a:8");
  });

  test("rest as long as the room says, unless something is said", async () => {
    await overPolls();
    last(http.polls).json({ frames: [], retryAfterMs: 20_000 });
    await tick(19_999);
    expect(http.polls).toHaveLength(2);
    await tick(1);
    expect(http.polls).toHaveLength(3);
    last(http.polls).json({ frames: [], retryAfterMs: 20_000 });
    await tick();
    client.submit("hi");
    await tick();
    last(http.said).json({}, 202);
    await tick();
    expect(http.polls).toHaveLength(4);
  });

  test("with nothing in them do not make a loop", async () => {
    await overPolls();
    for (let count = 0; count < 50; count += 1) {
      if (!last(http.polls).isOver) last(http.polls).json({ frames: [] });
      await tick(20);
    }
    expect(http.polls.length).toBeLessThan(8);
  });

  test("a frame that this version does not know is left out", async () => {
    await overPolls(sync({ turns: [streaming("a", "Hi")] }));
    last(http.polls).json({ frames: [{ type: "unheard-of" }, delta(2, "!")] });
    await tick();
    expect(text()).toBe("Hi!");
  });

  test("one that fails is tried again after a wait", async () => {
    await overPolls();
    last(http.polls).page();
    await tick();
    expect(connection()).toMatchObject({ state: "reconnecting" });
    await tick(1);
    last(http.polls).json({ frames: [sync({ mode: "delta" })] });
    await tick();
    expect(connection()).toMatchObject({ state: "online" });
  });

  test("a room without news for one who returns says nothing: that is being in step", async () => {
    await overPolls(sync({ seq: 4, turns: [streaming("a", "Hi")] }));
    last(http.polls).fail();
    await tick(1);
    expect(Object.fromEntries(last(http.polls).url.searchParams)).toEqual({ wait: "0", cursor: "1.e1.4.a:2" });
    last(http.polls).json({ frames: [{ type: "presence", viewers: 2 }] });
    await tick();
    expect(client.getSnapshot()).toMatchObject({ connection: { state: "online" }, view: { seq: 4, viewers: 2 } });
    expect(text()).toBe("Hi");
  });

  test("what does not fit is asked for again, and answered", async () => {
    await overPolls(sync({ turns: [streaming("a", "Hi")] }));
    last(http.polls).json({ frames: [delta(9, "late")] });
    await tick();
    expect(Object.fromEntries(last(http.polls).url.searchParams)).toEqual({ wait: "0", cursor: "1.e1.0.a:2" });
    last(http.polls).json({ frames: [] });
    await tick(40_000);
    expect(connection()).toMatchObject({ state: "online" });
  });
});

describe.each([
  ["an event stream", overStream],
  ["polls", overPolls],
])("what is said over %s", (_, goOnline) => {
  /** Requests for frames that are out. */
  const readers = () => http.requests.filter(({ isStream, isPoll, isOver }) => (isStream || isPoll) && !isOver);

  /** The next request for frames, after a loss or as a proof, answered. */
  async function comeBack(first: ServerFrame): Promise<void> {
    await tick(1);
    const request = last(readers());
    if (request.isStream) request.stream(welcome, first, beat());
    else request.json({ frames: [first] });
    await tick();
  }

  test("[T1] a submit is a request, with the epoch it was made in", async () => {
    await goOnline();
    const id = client.submit("hi", { model: "small" });
    await tick();
    const request = last(http.said);
    expect([request.what, request.body]).toEqual([
      "POST /turns",
      { turnId: id, epoch: "e1", input: { prompt: "hi" }, model: "small" },
    ]);
    request.json({}, 202);
    await tick();
    expect(pending()).toHaveLength(1);
  });

  test("submits keep their order: the next leaves when the one before has arrived", async () => {
    await goOnline();
    const ids = [client.submit("one"), client.submit("two"), client.submit("three")];
    for (const id of ids) {
      await tick();
      expect(last(http.said).body).toMatchObject({ turnId: id });
      last(http.said).json({}, 202);
    }
    await tick();
    expect(http.said).toHaveLength(3);
  });

  test("[F7] [T3] a stop waits for nobody, not even for the submit it stops", async () => {
    await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    const id = client.submit("hangs");
    client.submit("waits behind it");
    client.cancel("a");
    client.cancel(id);
    await tick();
    const byWhat = new Map(http.said.map((request) => [request.what, request]));
    expect(new Set(byWhat.keys())).toEqual(new Set(["POST /turns", "DELETE /turns/a", `DELETE /turns/${id}`]));
    expect(client.getSnapshot().stopping).toEqual(new Set(["a", id]));
    byWhat.get(`DELETE /turns/${id}`)?.refuse("turn-unknown", 404);
    byWhat.get("POST /turns")?.refuse("turn-stale", 409);
    await tick();
    // It was to be stopped, and it never ran.
    expect(pending().map(({ id: waiting }) => waiting)).not.toContain(id);
    expect([...client.getSnapshot().stopping]).toEqual(["a"]);
    expect(connection().state).toBe("online");
  });

  test.each([
    ["queue-full", 429],
    ["turn-conflict", 409],
    ["forbidden", 403],
    ["frame-too-large", 413],
  ])("a refused submit is shown with its text, and nothing else ends: %s", async (code, status) => {
    await goOnline();
    const id = client.submit("hi");
    await tick();
    last(http.said).refuse(code, status);
    await tick();
    expect(pending()).toMatchObject([{ id, input: { prompt: "hi" }, refused: { code, message: "Said so." } }]);
    expect(connection().state).toBe("online");
  });

  test("[T1] a submit that gets no answer is sent again under its id, once the room could be read", async () => {
    await goOnline();
    const id = client.submit("hi");
    await tick();
    last(http.said).fail();
    await tick();
    expect([connection().state, http.said.length]).toEqual(["online", 1]);
    await comeBack(sync({ mode: "delta" }));
    expect(http.said.map(({ body }) => body)).toEqual(
      Array(2).fill({ turnId: id, epoch: "e1", input: { prompt: "hi" } }),
    );
  });

  test("[T1] a submit that gets no answer while the room can't be read is sent again on the next connection", async () => {
    await goOnline();
    const id = client.submit("hi");
    await tick();
    last(http.said).fail();
    await tick();
    readers().at(-1)?.fail();
    await tick();
    expect([connection().state, http.said.length]).toEqual(["reconnecting", 1]);
    await comeBack(sync({ mode: "delta" }));
    expect(last(http.said).body).toMatchObject({ turnId: id });
    expect(http.said).toHaveLength(2);
  });

  test("[T1] a submit whose turn the room shows on the next connection isn't sent again", async () => {
    await goOnline();
    const id = client.submit("hi");
    await tick();
    last(http.said).fail();
    await tick();
    readers().at(-1)?.fail();
    await tick();
    await comeBack(sync({ mode: "delta", seq: 1, turns: [listed({ id, state: "queued" })] }));
    expect(http.said).toHaveLength(1);
    expect(pending()).toEqual([]);
  });

  test("[T3] a stop that gets no answer is sent as a POST, and again once the room could be read", async () => {
    await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("a");
    await tick();
    last(http.said).fail();
    await tick();
    last(http.said).fail();
    await tick();
    expect([...client.getSnapshot().stopping]).toEqual(["a"]);
    await comeBack(sync({ mode: "delta" }));
    expect(http.said.map(({ what }) => what)).toEqual(["DELETE /turns/a", "POST /turns/a/cancel", "DELETE /turns/a"]);
  });

  test("[T1] a submit for which no token comes gives up in time and is sent again", async () => {
    let isHanging = false;
    const token = () => (isHanging ? new Promise<string>(() => {}) : "t");
    await goOnline(sync(), { token });
    isHanging = true;
    const id = client.submit("hi");
    await tick();
    isHanging = false;
    await tick(29_999);
    expect([http.said.length, connection().state]).toEqual([0, "online"]);
    await tick(1);
    await comeBack(sync({ mode: "delta" }));
    expect(last(http.said).body).toMatchObject({ turnId: id });
  });

  test("a session that ends while something is said ends for good", async () => {
    await goOnline();
    client.submit("hi");
    await tick();
    last(http.said).refuse("unauthenticated", 401);
    await tick();
    expect(connection()).toMatchObject({ state: "closed", code: "unauthenticated" });
    expect(pending()).toHaveLength(1);
  });

  test("[T1] what is submitted after a clear waits for the epoch that comes", async () => {
    await goOnline();
    client.clear();
    client.submit("fresh");
    await tick();
    expect(http.said.map(({ what }) => what)).toEqual(["DELETE /turns"]);
  });
});
