/** The room over HTTP, in the real runtime: what is answered, what is refused, and how. */
import { abortAllDurableObjects, createExecutionContext, env, runInDurableObject, SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Principal } from "../../../party/core/principal.ts";
import worker from "../../../party/worker.ts";
import { defined } from "../../../shared/defined.ts";
import { ERRORS } from "../../../shared/protocol/errors.ts";
import { fresh, SocketTab, upstream } from "../room/tab.ts";

const stream = { accept: "text/event-stream" };

function at(room: string, path = ""): string {
  return `http://localhost/parties/chat/${room}${path}`;
}

function ask(room: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return SELF.fetch(at(room, "/turns"), { method: "POST", body: JSON.stringify(body), headers });
}

/** What the stream says until it ends. */
async function whole(response: Response): Promise<{ lines: string[]; frames: { type: string }[] }> {
  const lines = (await response.text()).split("\n");
  const data = lines.filter((line) => line.startsWith("data: "));
  return { lines, frames: data.map((line) => JSON.parse(line.slice(6))) };
}

describe("the room as a stream", () => {
  test("begins with a comment and says how it wants to be treated on the way", async () => {
    const response = await SELF.fetch(at(fresh("room")), { headers: stream });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toMatch(/^:/);
    await reader?.cancel();
  });

  test("[F6] beats without an id, so that a beat never moves a reader", async () => {
    const response = await SELF.fetch(at(fresh("room")), { headers: stream });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.split('"heartbeat"').length < 3) text += (await reader?.read())?.value ?? "";
    await reader?.cancel();
    for (const event of text.split("\n\n").filter((part) => part.includes('"heartbeat"'))) {
      expect(event).toMatch(/^data: \{"type":"heartbeat","at":\d+\}$/);
    }
    expect(text).not.toContain("event:");
    expect(text).toMatch(/^retry: (1|2)\d{3}$/m);
  });

  test("[F6] the header wins over the address, and what cannot be read gets a snapshot", async () => {
    const room = fresh("room");
    await (await ask(room, { turnId: "t", input: { prompt: fresh("hi") } })).text();
    const { cursor } = (await (await SELF.fetch(at(room))).json()) as { cursor: string };
    const modes = [];
    for (const [header, query] of [
      [undefined, ""],
      [cursor, ""],
      [undefined, cursor],
      [cursor, "nonsense"],
      ["nonsense", cursor],
    ] as const) {
      const headers = { ...stream, ...defined({ "last-event-id": header }) };
      const response = await SELF.fetch(`${at(room)}?cursor=${query}`, { headers });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      while (!text.includes('"mode"')) text += (await reader?.read())?.value ?? "";
      await reader?.cancel();
      modes.push(/"mode":"(\w+)"/.exec(text)?.[1]);
    }
    expect(modes).toEqual(["snapshot", "delta", "delta", "delta", "snapshot"]);
  });
});

describe("one turn as a stream", () => {
  test("[F6] runs to the turn's end, is resumed in the middle, and is 204 when there is nothing more", async () => {
    const [room, prompt] = [fresh("room"), fresh("hi")];
    const asked = await ask(room, { turnId: "t", input: { prompt } }, stream);
    expect(asked.status).toBe(200);
    await upstream("text", prompt, { text: "Hello" });
    const reader = asked.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("Hello")) text += (await reader?.read())?.value ?? "";
    await reader?.cancel();
    const ids = (said: string) => [...said.matchAll(/^id: (.+)$/gm)].map(([, id = ""]) => id);
    await upstream("text", prompt, { text: ", world" });
    await upstream("done", prompt);
    const id = ids(text).at(-1) ?? "";
    const rest = await whole(await SELF.fetch(at(room, "/turns/t"), { headers: { ...stream, "last-event-id": id } }));
    expect(rest.frames.find(({ type }) => type === "sync")).toMatchObject({
      mode: "delta",
      turns: [{ id: "t", from: 5 }],
    });
    const last = ids(rest.lines.join("\n")).at(-1) ?? "";
    const over = await SELF.fetch(at(room, "/turns/t"), { headers: { ...stream, "last-event-id": last } });
    expect(over.status).toBe(204);
    // The room's own stream does not believe a cursor that says nothing of other turns.
    const { frames } = (await (await SELF.fetch(`${at(room)}?wait=0&cursor=${last}`)).json()) as { frames: unknown[] };
    expect(frames[0]).toMatchObject({ mode: "snapshot" });
  });

  test("of a turn that was asked for twice has it whole, whatever became of it", async () => {
    const [room, prompt] = [fresh("room"), fresh("hi")];
    const body = { turnId: "t", input: { prompt } };
    await (await ask(room, body)).text();
    await upstream("text", prompt, { text: "Hello" });
    await upstream("done", prompt);
    const { frames } = await whole(await ask(room, body, stream));
    expect(frames.map(({ type }) => type)).toEqual(["welcome", "sync"]);
    expect(frames[1]).toMatchObject({ turns: [{ id: "t", state: "settled", length: 5 }] });
    const again = await ask(room, body);
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ turn: { state: "settled", outcome: "completed" } });
  });
});

describe("asking", () => {
  test("[T1] is 202 with the turn's address, and durable", async () => {
    const room = fresh("room");
    const response = await ask(room, { input: { prompt: fresh("hi") } });
    expect(response.status).toBe(202);
    const { epoch, turn } = (await response.json()) as { epoch: string; turn: { id: string } };
    const location = response.headers.get("location");
    expect(location).toBe(`/parties/chat/${room}/turns/${turn.id}`);
    await abortAllDurableObjects();
    const found = await SELF.fetch(`http://localhost${location}`);
    expect(await found.json()).toMatchObject({ epoch, turn: { id: turn.id } });
  });

  test("[T4] goes on when nobody is there, unless it says otherwise", async () => {
    const [room, prompt, left] = [fresh("room"), fresh("kept"), fresh("left")];
    await (await ask(room, { turnId: "t", input: { prompt } })).text();
    await upstream("text", prompt, { text: "still " });
    // Longer than the grace: a stream of another room that opens and closes does not matter to this one.
    const other = await ask(fresh("room"), { input: { prompt: left }, onLeave: "cancel" }, stream);
    await upstream("text", left, { text: "gone" });
    await other.body?.cancel();
    await upstream("until", left, { stops: 1 });
    await upstream("text", prompt, { text: "here" });
    await upstream("done", prompt);
    await (await SELF.fetch(at(room, "/turns/t"), { headers: stream })).text();
    const state = await SELF.fetch(at(room, "/turns/t"));
    expect(await state.json()).toMatchObject({ turn: { outcome: "completed", length: 10 } });
  });

  test.each([
    ["not JSON", "{", "bad-request", /one JSON object, for example/],
    ["no object", "[]", "bad-request", /one JSON object/],
    ["no input", "{}", "bad-request", /input/],
    ["an empty prompt", '{"input":{"prompt":" "}}', "bad-request", /empty/],
    ["a field nobody knows", '{"input":{"prompt":"hi"},"colour":"red"}', "bad-request", /colour/],
    ["a turn id with a slash", '{"turnId":"a/b","input":{"prompt":"hi"}}', "bad-request", /turnId/],
    ["a picture", '{"input":{"messages":[{"role":"user","content":[{}]}]}}', "unsupported-content", /string/],
    ["more than 64 KiB", `{"input":{"prompt":"${"x".repeat(70_000)}"}}`, "prompt-too-large", /65536/],
    ["a turn to replace that is not there", '{"input":{"prompt":"hi"},"replaces":"nothing"}', "turn-unknown", /./],
  ] as const)("with %s is refused and says what to do", async (_name, body, code, words) => {
    const response = await SELF.fetch(at(fresh("room"), "/turns"), { method: "POST", body });
    expect(response.status).toBe(ERRORS[code].status);
    const problem = (await response.json()) as { code: string; title: string; detail?: string };
    expect(problem.code).toBe(code);
    expect(problem.detail ?? problem.title).toMatch(words);
  });

  test("with an id that has other words is a conflict; beyond the queue, it says when to come again", async () => {
    const room = fresh("room");
    await (await ask(room, { turnId: "t", input: { prompt: fresh("one") } })).text();
    const conflict = await ask(room, { turnId: "t", input: { prompt: "other" } });
    expect([conflict.status, await conflict.json()]).toMatchObject([409, { code: "turn-conflict" }]);
    for (let queued = 0; queued < 16; queued += 1) await (await ask(room, { input: { prompt: "wait" } })).text();
    const full = await ask(room, { input: { prompt: "too many" } });
    expect([full.status, await full.json()]).toMatchObject([429, { code: "queue-full" }]);
    expect(Number(full.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("stopping", () => {
  test.each([
    ["DELETE", "/turns/t"],
    ["POST", "/turns/t/cancel"],
  ])("[T3] by %s …%s is answered with its proof, however often it is requested", async (method, path) => {
    const [room, prompt] = [fresh("room"), fresh("hi")];
    await (await ask(room, { turnId: "t", input: { prompt } })).text();
    await upstream("text", prompt, { text: "partial" });
    await upstream("until", prompt, { requests: 1 });
    const stop = () => SELF.fetch(at(room, path), { method });
    const answers = await Promise.all([stop(), stop()]);
    for (const response of [...answers, await stop()]) {
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ outcome: "cancelled", stop: "confirmed" });
    }
    expect((await upstream("until", prompt, { stops: 1, aborted: 1 })).stops).toHaveLength(1);
  });

  test("what is not there is a 404, and never runs", async () => {
    const room = fresh("room");
    const stopped = await SELF.fetch(at(room, "/turns/t"), { method: "DELETE" });
    expect([stopped.status, await stopped.json()]).toMatchObject([404, { code: "turn-unknown" }]);
    const late = await ask(room, { turnId: "t", input: { prompt: "late" } });
    expect([late.status, await late.json()]).toMatchObject([409, { code: "turn-stale" }]);
    const look = await SELF.fetch(at(room, "/turns/t"), { headers: stream });
    expect(look.status).toBe(404);
    await look.body?.cancel();
  });
});

test("[T3] POST alternatives of DELETE clear and erase a room", async () => {
  const [room, prompt] = [fresh("room"), fresh("hi")];
  await (await ask(room, { turnId: "t", input: { prompt } })).text();
  await upstream("until", prompt, { requests: 1 });
  const turnsOf = async () =>
    ((await (await SELF.fetch(at(room))).json()) as { turns: unknown[]; epoch: string }).turns;
  expect(await turnsOf()).toHaveLength(1);
  expect((await SELF.fetch(at(room, "/clear"), { method: "POST" })).status).toBe(204);
  expect(await turnsOf()).toEqual([]);
  expect((await SELF.fetch(at(room, "/erase"), { method: "POST" })).status).toBe(204);
  const stub = env.Chat.get(env.Chat.idFromName(room));
  expect(await runInDurableObject(stub, async (_, state) => (await state.storage.list()).size)).toBe(0);
});

describe("a refusal", () => {
  test.each([
    ["PATCH", "", "GET, DELETE"],
    ["POST", "", "GET, DELETE"],
    ["HEAD", "", "GET, DELETE"],
    ["PUT", "/turns", "GET, POST, DELETE"],
    ["POST", "/turns/t", "GET, DELETE"],
    ["DELETE", "/turns/t/cancel", "POST"],
    ["GET", "/clear", "POST"],
    ["DELETE", "/erase", "POST"],
  ])("of %s on …%s says which methods are right", async (method, path, allow) => {
    const response = await SELF.fetch(at(fresh("room"), path), { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    await response.body?.cancel();
  });

  test.each(["26", "-1", "1.5", "soon"])("of wait=%s says what is right", async (wait) => {
    const response = await SELF.fetch(`${at(fresh("room"))}?wait=${wait}`);
    expect([response.status, await response.json()]).toMatchObject([400, { detail: /from 0 to 25/ }]);
  });

  test("[S2] that will pass is a stream which says when to come back; any other request gets its status", async () => {
    // Counted by an object, exactly: the platform's own count takes six hundred requests to say no.
    const { RATE_LIMIT: _, ...unbound } = env;
    const bindings = { ...unbound, IP_REQUESTS_PER_MINUTE: "1" };
    const get = (headers: Record<string, string>) => {
      const request = new Request(at(fresh("room")), { headers: { "cf-connecting-ip": "192.0.2.77", ...headers } });
      return worker.fetch(request, bindings, createExecutionContext());
    };
    await (await get({})).text();
    const refused = await get({});
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: "rate-limited" }]);
    const told = await get(stream);
    expect([told.status, told.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    expect(told.headers.get("ratelimit-policy")).toBe('"ip";q=1;w=60');
    // In both the code is where it can be read without the body.
    for (const { headers } of [refused, told]) expect(headers.get("x-gateway-error")).toBe("rate-limited");
    const { lines, frames } = await whole(told);
    const [{ retryAfterMs } = {}] = frames as { retryAfterMs?: number }[];
    expect(frames).toEqual([expect.objectContaining({ type: "error", code: "rate-limited", retryable: true })]);
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(lines).toContain(`retry: ${retryAfterMs}`);
  });

  test("for good keeps its status, also for a stream", async () => {
    const response = await SELF.fetch("http://localhost/parties/chat/bad%20name", { headers: stream });
    expect([response.status, await response.json()]).toMatchObject([400, { code: "bad-room-name" }]);
  });
});

test("[S2] who asks is said by the Worker alone: a visitor's own word for it is dropped", async () => {
  const nobody: Principal = { sub: "mallory", tenant: "default", scopes: [] };
  const headers = { "x-gateway-principal": encodeURIComponent(JSON.stringify(nobody)) };
  const response = await SELF.fetch(at(fresh("room"), "/turns"), { headers });
  expect(response.status).toBe(200);
  await response.body?.cancel();
});

test("an allowed page of another origin may read a stream, ask and stop", async () => {
  const origin = "http://localhost:5173";
  const asks = { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
  const preflight = await SELF.fetch(at(fresh("room"), "/turns"), { method: "OPTIONS", headers: asks });
  expect(preflight.status).toBe(204);
  const response = await SELF.fetch(at(fresh("room")), { headers: { ...stream, origin } });
  expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  await response.body?.cancel();
  const asked = await ask(fresh("room"), { input: { prompt: fresh("hi") } }, { origin });
  expect(asked.headers.get("access-control-expose-headers")).toContain("location");
  await asked.body?.cancel();
});

test("[T4] a question of one who reads the room elsewhere is left when they leave there; one who only asks is not missed", async () => {
  const leaves = async (query: string) => {
    const [room, prompt] = [fresh("room"), fresh("watching")];
    const address = `http://localhost/parties/chat/${room}`;
    const reading = new AbortController();
    const accept = { accept: "text/event-stream" };
    const stream = await SELF.fetch(address, { headers: accept, signal: reading.signal });
    const body = JSON.stringify({ turnId: "q", input: { prompt } });
    expect((await SELF.fetch(`${address}/turns${query}`, { method: "POST", body })).status).toBe(202);
    await upstream("text", prompt, { text: "for nobody" });
    await stream.body?.cancel();
    reading.abort();
    return { room, prompt };
  };
  const [kept, left] = [await leaves(""), await leaves("?watching")];
  await upstream("until", left.prompt, { aborted: 1, stops: 1 });
  // Its grace was over first.
  await upstream("text", kept.prompt, { text: " and nobody else" });
  await upstream("done", kept.prompt, {});
  const back = await new SocketTab().join(kept.room);
  await back.untilTurn("q", ({ state }) => state === "settled");
  expect(back.turn("q")).toMatchObject({ outcome: "completed" });
});

test("[T1] a room is cleared over HTTP: what ran is stopped, and its id runs nothing again", async () => {
  const [room, prompt] = [fresh("room"), fresh("clear")];
  const address = `http://localhost/parties/chat/${room}/turns`;
  const tab = await new SocketTab().join(room);
  const { epoch } = tab.view;
  const id = tab.submit(prompt);
  await upstream("text", prompt, { text: "gone" });
  await tab.untilTurn(id, ({ length }) => length > 0);
  expect((await SELF.fetch(address, { method: "DELETE" })).status).toBe(204);
  await tab.until(({ view }) => view.epoch !== epoch);
  expect(tab.view.turns).toEqual([]);
  await upstream("until", prompt, { aborted: 1, stops: 1 });
  const again = await SELF.fetch(address, {
    method: "POST",
    body: JSON.stringify({ turnId: id, input: { prompt } }),
  });
  expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([409, "turn-stale"]);
});
