/** [F2] Answers over HTTP whose clients don't take them: they count with the room's unsent bytes, and are broken off. */
import { describe, expect, test } from "vitest";
import type { Principal } from "../../../party/core/principal.ts";
import { answerInRoom } from "../../../party/room-http/room-handler.ts";
import { JsonBody } from "../../../party/sockets/json-body.ts";
import { SseSocket } from "../../../party/sockets/sse-socket.ts";
import { ok } from "../../../shared/result.ts";
import { settled } from "../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room } from "../../support/core/room-harness.ts";

const mebibyte = 1_048_576;
const answerUnits = 900_000;
const drainMs = 10_000;

const userOf = (sub: string): Principal => ({ ...ANYONE, sub, tokenId: `token-of-${sub}` });

async function roomWithAnswer(): Promise<{ room: Room; turnId: string }> {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
  const tab = await room.join();
  const turnId = tab.submit("a book");
  await settled();
  room.upstream.call.text("x".repeat(answerUnits));
  room.upstream.call.done();
  await room.clock.advance(1_000);
  tab.read();
  return { room, turnId };
}

function get(room: Room, path = "", principal: Principal = ANYONE, accept = "application/json"): Promise<Response> {
  const request = new Request(`http://room/parties/chat/test-room${path}`, { headers: { accept } });
  return answerInRoom(request, room.core, ok(principal));
}

const routes = (turnId: string) => [
  ["a snapshot", ""],
  ["a poll", "?cursor=&wait=0"],
  ["a turn", `/turns/${turnId}`],
  ["a page of older turns", "/turns"],
  ["the AI SDK's messages", "/ai-sdk/messages"],
];

describe("[F2] a hundred answers that nobody takes", () => {
  test.each(routes("t0"))("hold at most the room's bound where each is %s", async (_name, path) => {
    const { room } = await roomWithAnswer();
    const before = room.clock.pending;
    const answers: Response[] = [];
    for (let count = 0; count < 100; count += 1) answers.push(await get(room, path));
    const granted = answers.filter(({ status }) => status === 200);
    expect(granted.length * answerUnits).toBeLessThanOrEqual(32 * mebibyte);
    expect(granted.length).toBeGreaterThan(30);
    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.headers.get("retry-after")).toBe("5");
    expect(await refused?.json()).toMatchObject({ code: "room-full", retryable: true });
    await room.clock.advance(drainMs + 500);
    for (const answer of granted) await expect(answer.text()).rejects.toThrow("broken off");
    expect(room.clock.pending).toBe(before);
    const next = await get(room, path);
    expect((await next.text()).length).toBeGreaterThan(answerUnits);
  });

  test("leave three quarters of the bound to others where they are one user's", async () => {
    const { room } = await roomWithAnswer();
    const greedy: number[] = [];
    for (let count = 0; count < 100; count += 1) greedy.push((await get(room, "", userOf("greedy"))).status);
    expect(greedy.filter((status) => status === 200)).toHaveLength(9);
    expect((await get(room, "", userOf("other"))).status).toBe(200);
  });

  test("stop neither live text nor a newcomer's sync beyond 10 s", async () => {
    const { room } = await roomWithAnswer();
    const tab = await room.join();
    for (let count = 0; count < 100; count += 1) await get(room);
    const id = tab.submit("again");
    await settled();
    room.upstream.call.text("still live");
    await room.clock.advance(50);
    expect(tab.text(id)).toBe("still live");
    const newcomer = await room.join();
    expect(newcomer.received("sync")).toEqual([]);
    await room.clock.advance(drainMs + 500);
    expect(newcomer.received("sync")).toHaveLength(1);
  });
});

test("[F2] a slow client that goes on taking its answer gets all of it", async () => {
  const { room } = await roomWithAnswer();
  const reader = (await get(room)).body?.getReader();
  let bytes = 0;
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) break;
    bytes += chunk.value.length;
    await room.clock.advance(drainMs - 1_000);
  }
  expect(bytes).toBeGreaterThan(answerUnits);
});

test("[F2] an answer whose client has left holds nothing", async () => {
  const { room } = await roomWithAnswer();
  const before = room.clock.pending;
  const answer = await get(room);
  await answer.body?.cancel();
  await room.clock.advance(500);
  expect(room.clock.pending).toBe(before);
});

test("[T1] a question is answered with its turn also where the room holds too much unsent", async () => {
  const { room } = await roomWithAnswer();
  for (let count = 0; count < 100; count += 1) await get(room);
  const request = new Request("http://room/parties/chat/test-room/turns", {
    method: "POST",
    body: JSON.stringify({ turnId: "asked", input: { prompt: "p".repeat(40_000) } }),
  });
  const answer = await answerInRoom(request, room.core, ok(ANYONE));
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({ turn: { id: "asked" } });
});

test("[F2] a JSON body hands out what it was given, and is unsent until then", async () => {
  const json = JSON.stringify("é".repeat(100_000));
  const body = new JsonBody(json);
  expect(body.unsentBytes).toBe(200_002);
  expect(await new Response(body.stream).text()).toBe(json);
  expect(body.unsentBytes).toBe(0);
  body.breakOff();
});

describe("[F2] a stream whose reader takes nothing", () => {
  async function open(room: Room, have?: object): Promise<SseSocket> {
    const socket = new SseSocket(() => room.clock.now());
    expect(room.core.openStream(socket, ANYONE, { have: have as never }).ok).toBe(true);
    await settled();
    return socket;
  }

  test("is broken off as slow after 10 s, and what was held for it is free", async () => {
    const { room } = await roomWithAnswer();
    const tab = await room.join();
    const socket = await open(room);
    expect(socket.unsentBytes).toBeGreaterThan(answerUnits);
    tab.submit("more");
    await settled();
    room.upstream.call.text("y".repeat(400_000));
    await room.clock.advance(100);
    room.upstream.call.text("z".repeat(400_000));
    await room.clock.advance(drainMs + 1_000);
    expect([socket.isOpen, socket.unsentBytes]).toEqual([false, 0]);
    await expect(new Response(socket.body).text()).rejects.toThrow("broken off");
  });

  test("counts with the room's unsent bytes after its end, and is broken off when its reader stays away", async () => {
    const { room } = await roomWithAnswer();
    const socket = await open(room);
    // The stream is idle, so the room ends it.
    await room.clock.advance(62_000);
    expect(socket.isOpen).toBe(false);
    expect(socket.unsentBytes).toBeGreaterThan(answerUnits);
    await room.clock.advance(drainMs);
    expect(socket.unsentBytes).toBe(0);
  });

  test("is read to its end by a reader that comes in time", async () => {
    const { room } = await roomWithAnswer();
    const socket = await open(room);
    await room.clock.advance(62_000);
    const text = await new Response(socket.body).text();
    expect(text.length).toBeGreaterThan(answerUnits);
    expect(socket.unsentBytes).toBe(0);
    await room.clock.advance(drainMs);
  });
});
