/**
 * A refused request isn't a lost network. Over HTTP the client distinguishes the room's refusal, the page of something in the
 * room's place, and no answer.
 */
import { describe, expect, test } from "vitest";
import type { ServerFrame } from "../../../../shared/protocol/server-frames.ts";
import { type FakeRequest, last } from "../../../support/client/fake-http.ts";
import {
  beat,
  client,
  connection,
  eachWithItsOwnHttp,
  http,
  overPolls,
  overStream,
  tick,
} from "../../../support/client/http-client.ts";
import { sync } from "../../../support/client/sync-frames.ts";
import { streaming } from "../../../support/client/turn-frames.ts";

eachWithItsOwnHttp();

const pending = () => client.getSnapshot().pending;
const openReaders = () => http.requests.filter(({ isStream, isPoll, isOver }) => (isStream || isPoll) && !isOver);

/** Answers the request with which the reader proves that the room can be read. */
async function proveReader(frame: ServerFrame = sync({ mode: "delta" })): Promise<void> {
  const request = last(openReaders());
  const before = { type: "welcome", version: 2, sessionId: "s-1", room: "demo", heartbeatMs: 25_000, limits: {} };
  if (request.isStream) request.stream(before, frame, beat());
  else request.json({ frames: [frame] });
  await tick();
}

describe.each([
  ["an event stream", overStream],
  ["polls", overPolls],
])("Over %s,", (_, goOnline) => {
  test.each<[string, (request: FakeRequest) => void]>([
    ["403 from a firewall", (request) => request.page(403)],
    ["a page with status 200 in the room's place", (request) => request.page(200)],
    ["413 from a proxy", (request) => request.page(413)],
    ["JSON without a code of ours", (request) => request.json({ error: "no" }, 400)],
  ])(
    "a question that gets %s is shown as failed, and the next one leaves on the same connection",
    async (__, answer) => {
      await goOnline();
      const bad = client.submit("DROP TABLE users");
      const good = client.submit("hello");
      await tick();
      answer(last(http.said));
      await tick();
      expect(pending()).toMatchObject([{ id: bad, refused: { code: "request-blocked" } }, { id: good }]);
      expect(last(http.said).body).toMatchObject({ turnId: good });
      expect(connection().state).toBe("online");
      client.dismiss(bad);
      expect(pending()).toMatchObject([{ id: good }]);
    },
  );

  test("a question whose redirect made a GET of it is shown as failed, not taken for delivered", async () => {
    await goOnline();
    const id = client.submit("hello");
    await tick();
    // As `fetch` reports it: the address was redirected to https, and another request was answered.
    const answer = Response.json({ turns: [] });
    Object.defineProperty(answer, "redirected", { value: true });
    last(http.said).answer(answer);
    await tick();
    expect(pending()).toMatchObject([{ id, refused: { code: "request-blocked" } }]);
    expect(connection().state).toBe("online");
  });

  test("a question that never gets an answer fails after three attempts while the room can be read", async () => {
    await goOnline();
    const bad = client.submit("reset by a firewall");
    const good = client.submit("hello");
    await tick();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(last(http.said).body).toMatchObject({ turnId: bad });
      last(http.said).fail();
      await tick();
      if (attempt < 3) await proveReader();
    }
    expect(pending()).toMatchObject([{ id: bad, refused: { code: "request-blocked" } }, { id: good }]);
    expect(last(http.said).body).toMatchObject({ turnId: good });
    expect(connection().state).toBe("online");
  });

  test.each([502, 503, 504, 429])(
    "a proxy that answers %i for the gateway is passing: the question is sent again",
    async (status) => {
      await goOnline();
      const id = client.submit("hello");
      await tick();
      last(http.said).page(status);
      await tick();
      await proveReader();
      expect(http.said.map(({ body }) => (body as { turnId: string }).turnId)).toEqual([id, id]);
      expect(pending()).toMatchObject([{ id }]);
      expect(pending()[0]).not.toHaveProperty("refused");
    },
  );

  test.each<[string, (request: FakeRequest) => void]>([
    ["405 and a page", (request) => request.page(405)],
    ["501 and a page", (request) => request.page(501)],
    ["403 and a page", (request) => request.page(403)],
    ["200 and a page", (request) => request.page(200)],
    ["nothing", (request) => request.fail()],
    ["the gateway's own 405", (request) => request.refuse("method-not-allowed", 405)],
  ])("[T3] a stop whose DELETE gets %s is sent as a POST, and later ones begin with the POST", async (__, answer) => {
    await goOnline(sync({ turns: [streaming("a", "Hi"), streaming("b", "Ho")] }));
    client.cancel("a");
    await tick();
    answer(last(http.said));
    await tick();
    last(http.said).json({ outcome: "cancelled" });
    await tick();
    client.cancel("b");
    await tick();
    client.clear();
    await tick();
    expect(http.said.map(({ what }) => what)).toEqual([
      "DELETE /turns/a",
      "POST /turns/a/cancel",
      "POST /turns/b/cancel",
      "POST /clear",
    ]);
    expect(connection().state).toBe("online");
  });

  test("[T3] a stop that is blocked as DELETE and as POST is reported, and the connection stays", async () => {
    await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("a");
    await tick();
    last(http.said).page(405);
    await tick();
    last(http.said).page(403);
    await tick();
    expect(client.getSnapshot()).toMatchObject({ connection: { state: "online" }, error: { code: "request-blocked" } });
    expect([...client.getSnapshot().stopping]).toEqual([]);
  });

  test("the room's own refusal of a DELETE isn't taken for a proxy's", async () => {
    await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("a");
    await tick();
    last(http.said).refuse("forbidden", 403);
    await tick();
    expect(http.said.map(({ what }) => what)).toEqual(["DELETE /turns/a"]);
    expect(client.getSnapshot().error).toMatchObject({ code: "forbidden" });
  });

  test("what was submitted right before `close()` leaves, in order", async () => {
    await goOnline();
    const ids = [client.submit("one"), client.submit("two")];
    client.close();
    await tick();
    last(http.said).json({}, 202);
    await tick();
    last(http.said).json({}, 202);
    await tick();
    expect(http.said.map(({ body }) => (body as { turnId: string }).turnId)).toEqual(ids);
  });
});
