/** The room in the real runtime: what only workerd can tell — sockets, hibernation, alarms, start-up. */
import {
  abortAllDurableObjects,
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
  SELF,
} from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { ChatRoom } from "../../../party/objects/chat-room.ts";
import { textOf } from "../../../shared/content.ts";
import { fresh, SocketTab, upstream } from "./tab.ts";

function stubOf(room: string): DurableObjectStub<ChatRoom> {
  return env.Chat.get(env.Chat.idFromName(room));
}

describe("a socket", () => {
  test("[R2] gets welcome, then sync, then what happens", async () => {
    const room = fresh("room");
    const tab = await new SocketTab().join(room);
    const id = tab.submit(fresh("hi"));
    await tab.untilTurn(id, ({ state }) => state === "opening");
    const types = tab.frames.map(({ type }) => type).filter((type) => type !== "presence" && type !== "turn-position");
    expect(types).toEqual(["welcome", "sync", "turn-queued", "turn-start"]);
    expect(tab.of("welcome")[0]).toMatchObject({ version: 2, room });
  });

  test("sends a turn to every tab, each with its own connection though partysocket's id is the same", async () => {
    const [room, prompt] = [fresh("room"), fresh("two")];
    const [a, b] = [await new SocketTab().join(room), await new SocketTab().join(room)];
    const id = a.submit(prompt);
    await upstream("until", prompt, { requests: 1 });
    await upstream("text", prompt, { text: "Hello" });
    await b.untilTurn(id, ({ length }) => length === 5);
    await upstream("text", prompt, { text: ", tabs" });
    await upstream("done", prompt);
    for (const tab of [a, b]) {
      await tab.untilTurn(id, ({ state }) => state === "settled");
      expect(textOf(tab.turn(id)?.parts ?? [])).toBe("Hello, tabs");
      expect(tab.turn(id)).toMatchObject({ outcome: "completed", model: "scripted", input: { prompt } });
    }
    expect(a.of("welcome")[0]?.sessionId).not.toBe(b.of("welcome")[0]?.sessionId);
  });

  test("[Q1] [Q2] the second question waits, with its position, until the first is answered", async () => {
    const [room, one, two] = [fresh("room"), fresh("one"), fresh("two")];
    const tab = await new SocketTab().join(room);
    const first = tab.submit(one);
    const second = tab.submit(two);
    await tab.untilTurn(second, ({ state, position }) => state === "queued" && position === 0);
    await upstream("until", one, { requests: 1 });
    await upstream("done", one);
    await tab.untilTurn(second, ({ state }) => state === "opening");
    expect(tab.turn(first)).toMatchObject({ state: "settled", outcome: "completed" });
    const seen = await upstream("until", two, { requests: 1 });
    expect(seen.requests).toHaveLength(1);
  });

  test("[T3] [U7] a stop closes the call, asks the upstream, and is confirmed in every tab", async () => {
    const [room, prompt] = [fresh("room"), fresh("stop")];
    const [a, b] = [await new SocketTab().join(room), await new SocketTab().join(room)];
    const id = a.submit(prompt);
    await upstream("text", prompt, { text: "partial" });
    await b.untilTurn(id, ({ length }) => length > 0);
    b.say({ type: "turn-cancel", turnId: id });
    for (const tab of [a, b]) {
      await tab.untilTurn(id, ({ state }) => state === "settled");
      expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed", length: 7 });
    }
    const seen = await upstream("until", prompt, { aborted: 1, stops: 1 });
    expect(seen.stops).toEqual([seen.requests[0]?.body.generationId]);
    expect(seen.stops[0]).toMatch(/^[A-Za-z0-9_-]{32}$/);
  });

  test("[T4] when the last tab leaves, the alarm stops the turn after the grace", async () => {
    const [room, prompt] = [fresh("room"), fresh("leave")];
    const tab = await new SocketTab().join(room);
    const id = tab.submit(prompt);
    await upstream("text", prompt, { text: "for nobody" });
    await tab.untilTurn(id, ({ length }) => length > 0);
    tab.close();
    await upstream("until", prompt, { aborted: 1, stops: 1 });
    const back = await new SocketTab().join(room);
    await back.untilTurn(id, ({ state }) => state === "settled");
    expect(back.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
  });

  test("ping is answered by the runtime and reaches no code of ours", async () => {
    const tab = await new SocketTab().open(fresh("room"));
    tab.sayText("ping");
    await tab.until(({ texts }) => texts.includes("pong"));
    expect(tab.closed).toBeUndefined();
  });

  test("[S3] a bad frame is answered and closes that socket with its code", async () => {
    const room = fresh("room");
    const [bad, good] = [await new SocketTab().join(room), await new SocketTab().join(room)];
    bad.sayText("{");
    await bad.until(({ closed }) => closed !== undefined);
    expect(bad.closed).toEqual({ code: 4400, reason: "bad-frame" });
    expect(bad.of("error")[0]).toMatchObject({ code: "bad-frame" });
    expect(good.closed).toBeUndefined();
  });

  test("[U4] the words of a backend that refuses reach no tab", async () => {
    const tab = await new SocketTab().join(fresh("room"));
    const id = tab.submit("status 403");
    await tab.untilTurn(id, ({ state }) => state === "settled");
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "upstream-auth-failed" } });
    expect(tab.texts.join()).not.toMatch(/secret|model\.ts/);
  });
});

describe("a wake", () => {
  test("finds settled turns in storage, and a socket that outlived the eviction gets its sync first", async () => {
    const [room, prompt] = [fresh("room"), fresh("wake")];
    const tab = await new SocketTab().join(room);
    const id = tab.submit(prompt);
    await upstream("text", prompt, { text: "kept" });
    await upstream("done", prompt);
    await tab.untilTurn(id, ({ state }) => state === "settled");
    const framesBefore = tab.frames.length;

    await evictDurableObject(stubOf(room), { webSockets: "hibernate" });
    const second = tab.submit(fresh("again"));
    await tab.untilTurn(second, ({ state }) => state === "opening");
    const after = tab.frames.slice(framesBefore);
    // The sync is made while the question is accepted, so it may hold the new turn. It never repeats what the tab has.
    const [sync] = after;
    expect(sync).toMatchObject({ type: "sync", mode: "delta" });
    expect(sync?.type === "sync" ? sync.turns.map((turn) => turn.id) : [id]).not.toContain(id);

    const late = await new SocketTab().join(room);
    expect(textOf(late.turn(id)?.parts ?? [])).toBe("kept");
    expect(late.turn(id)).toMatchObject({ outcome: "completed", input: { prompt } });
  });

  test("[T5] [U7] in the middle of an answer continues it at the upstream, and no text is lost or doubled", async () => {
    const [room, prompt] = [fresh("room"), fresh("resume")];
    const tab = await new SocketTab().join(room);
    const id = tab.submit(prompt);
    await upstream("text", prompt, { text: "before " });
    await tab.untilTurn(id, ({ length }) => length === 7);
    // Killed, not evicted: an eviction would wait for the open call.
    await abortAllDurableObjects();
    await upstream("text", prompt, { text: "meanwhile " });
    await tab.until(({ closed }) => closed !== undefined);

    const back = new SocketTab();
    back.view = tab.view;
    await back.join(room);
    await upstream("until", prompt, { requests: 2 });
    await upstream("text", prompt, { text: "after" });
    await upstream("done", prompt);
    await back.untilTurn(id, ({ state }) => state === "settled");
    expect(textOf(back.turn(id)?.parts ?? [])).toBe("before meanwhile after");
    const seen = await upstream("until", prompt, { requests: 2 });
    expect(seen.requests).toHaveLength(2);
    expect(seen.requests[1]?.headers["last-event-id"]).toMatch(/^\d+$/);
    expect(new Set(seen.requests.map(({ body }) => body.generationId)).size).toBe(1);
  });

  test("[A1] while a turn is open an alarm stands, and ringing it harms nothing", async () => {
    const [room, prompt] = [fresh("room"), fresh("alarm")];
    const tab = await new SocketTab().join(room);
    const id = tab.submit(prompt);
    await upstream("until", prompt, { requests: 1 });
    expect(await runDurableObjectAlarm(stubOf(room))).toBe(true);
    await upstream("text", prompt, { text: "fine" });
    await upstream("done", prompt);
    await tab.untilTurn(id, ({ state }) => state === "settled");
    expect(tab.turn(id)).toMatchObject({ outcome: "completed", length: 4 });
  });
});

describe("routes", () => {
  test("a bad room name is a 400 problem before any object wakes", async () => {
    const response = await SELF.fetch("http://localhost/parties/chat/a%20b", { headers: { upgrade: "websocket" } });
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "bad-room-name", status: 400 });
  });

  test.each(["/parties/other/x", "/parties/limiter/x", "/parties/chat", "/parties/chat/x/y", "/api"])(
    "[S4] %s is a 404 problem",
    async (path) => {
      const response = await SELF.fetch(`http://localhost${path}`, { headers: { upgrade: "websocket" } });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: "not-found" });
    },
  );

  test("another method is 405 and says which is right", async () => {
    const response = await SELF.fetch("http://localhost/parties/chat/x", { method: "PUT" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, DELETE");
  });

  test("older turns come in pages; bad questions get a problem that says what is right", async () => {
    const room = fresh("room");
    const tab = await new SocketTab().join(room);
    const ids: string[] = [];
    for (const prompt of [fresh("one"), fresh("two"), fresh("three")]) {
      const id = tab.submit(prompt);
      await upstream("text", prompt, { text: prompt });
      await upstream("done", prompt);
      await tab.untilTurn(id, ({ state }) => state === "settled");
      ids.push(id);
    }
    const get = (query: string) => SELF.fetch(`http://localhost/parties/chat/${room}/turns${query}`);
    const page = (await (await get(`?before=${ids[2]}&limit=1`)).json()) as { turns: unknown[] };
    expect(page).toMatchObject({
      epoch: tab.view.epoch,
      more: true,
      turns: [{ id: ids[1], from: 0, outcome: "completed" }],
    });
    expect(await (await get("")).json()).toMatchObject({
      more: false,
      turns: [{ id: ids[0] }, { id: ids[1] }, { id: ids[2] }],
    });
    expect((await get("?before=nothing")).status).toBe(404);
    for (const query of ["?limit=0", "?limit=51", "?limit=x", "?before=a/b"])
      expect((await get(query)).status, query).toBe(400);
  });

  test("[F4] DELETE erases the room and everything stored of it", async () => {
    const [room, prompt] = [fresh("room"), fresh("erase")];
    const tab = await new SocketTab().join(room);
    const id = tab.submit(prompt);
    await upstream("text", prompt, { text: "to be forgotten" });
    await tab.untilTurn(id, ({ length }) => length > 0);
    const { epoch } = tab.view;
    const response = await SELF.fetch(`http://localhost/parties/chat/${room}`, { method: "DELETE" });
    expect(response.status).toBe(204);
    expect((await upstream("until", prompt, { stops: 1 })).stops).toHaveLength(1);
    await tab.until(({ view }) => view.epoch !== epoch);
    expect(tab.view.turns).toEqual([]);
    const keys = await runInDurableObject(stubOf(room), async (_, state) => [...(await state.storage.list()).keys()]);
    expect(keys).toEqual([]);
  });

  test("[F4] a room that was opened and never used leaves nothing stored", async () => {
    const room = fresh("room");
    const tab = await new SocketTab().join(room);
    tab.close();
    await tab.until(({ closed }) => closed !== undefined);
    const stored = () => runInDurableObject(stubOf(room), async (_, state) => (await state.storage.list()).size);
    while ((await stored()) > 0);
  });

  test("an operator's drain needs the operator's token, and asks the tabs to come back", async () => {
    const room = fresh("room");
    const tab = await new SocketTab().join(room);
    const drain = (token?: string) =>
      SELF.fetch(`http://localhost/ops/drain/${room}`, {
        method: "POST",
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      });
    expect((await drain()).status).toBe(401);
    expect((await drain("wrong")).status).toBe(401);
    expect((await drain("operator-secret")).status).toBe(202);
    await tab.until((reader) => reader.of("goaway").length > 0);
    expect(tab.of("goaway")[0]).toMatchObject({ reason: "draining" });
  });

  test("[S6] AUTH=none is refused off loopback", async () => {
    const response = await SELF.fetch("http://chat.example.com/parties/chat/x", { headers: { upgrade: "websocket" } });
    expect(response.status).toBe(503);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ code: "not-configured", detail: expect.stringContaining("AUTH") });
    expect((await SELF.fetch("http://chat.example.com/health")).status).toBe(200);
  });
});
