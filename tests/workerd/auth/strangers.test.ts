/**
 * Strangers cost little: what the Worker can refuse alone wakes no object, and nothing is stored for a client that was not
 * verified, while a valid join succeeds throughout (S2, S6).
 */
import { env, listDurableObjectIds, runInDurableObject, SELF } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ChatRoom } from "../../../party/objects/chat-room.ts";
import { ERRORS, type ErrorCode } from "../../../shared/protocol/errors.ts";
import { fresh, SocketTab } from "../room/tab.ts";
import { signToken } from "./tokens.ts";

afterEach(() => void vi.restoreAllMocks());

const room = () => fresh("acme.room");
const offer = (token: string) => ({ "sec-websocket-protocol": `edge-chat.v1, bearer.${token}` });

async function storedRooms(): Promise<number> {
  const sizes = await Promise.all(
    (await listDurableObjectIds(env.Chat)).map((id) =>
      runInDurableObject(env.Chat.get(id), async (_, { storage }) => (await storage.list()).size),
    ),
  );
  return sizes.filter((size) => size > 0).length;
}

describe("[S6] a WebSocket with a token in its handshake", () => {
  test("is verified before the room sees it, and needs no token in its hello", async () => {
    const name = room();
    const response = await SELF.fetch(`http://localhost/parties/chat/${name}`, {
      headers: { upgrade: "websocket", ...offer(await signToken({ room: name, scope: "read" })) },
    });
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("edge-chat.v1");
    response.webSocket?.accept();
    response.webSocket?.close(1000);
    const tab = new SocketTab();
    await tab.tryOpen(name, offer(await signToken({ room: name, scope: "read write" })));
    tab.say({ type: "hello", version: 2 });
    await tab.until(({ frames }) => frames.some(({ type }) => type === "sync"));
    expect(tab.of("welcome")[0]?.expiresAt).toEqual(expect.any(Number));
    tab.close();
  });

  test("wakes no object where the token does not open the room, and hears why", async () => {
    const woken = vi.spyOn(ChatRoom.prototype, "fetch");
    const name = room();
    const good = { room: name, scope: "read" };
    const wrong: [token: string, code: ErrorCode][] = [
      ["not.a.token", "unauthenticated"],
      [await signToken({ ...good, exp: 1 }), "unauthenticated"],
      [await signToken({ ...good, room: "acme.other" }), "room-forbidden"],
      [await signToken({ ...good, tenant: "evil" }), "room-forbidden"],
      [await signToken({ ...good, scope: "write" }), "forbidden"],
    ];
    for (const [token, code] of wrong) {
      for (const headers of [offer(token), { authorization: `Bearer ${token}` }]) {
        const tab = new SocketTab();
        expect(await tab.tryOpen(name, headers)).toBeUndefined();
        await tab.until(({ closed }) => closed !== undefined);
        expect(tab.closed?.code, code).toBe(ERRORS[code].close);
        expect(tab.of("error")[0]?.code).toBe(code);
      }
    }
    expect(woken).not.toHaveBeenCalled();
  });
});

test("[S2] a thousand made-up tickets wake no object, and a valid join succeeds throughout", async () => {
  const woken = vi.spyOn(ChatRoom.prototype, "fetch");
  const before = await storedRooms();
  const name = room();
  const made = (index: number) => {
    const id = `${"A".repeat(12)}${String(index).padStart(4, "0")}`;
    return index % 2 === 0 ? id : `${id}.${Math.floor(Date.now() / 1_000).toString(36)}.${"B".repeat(22)}`;
  };
  for (let batch = 0; batch < 10; batch += 1) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const response = await SELF.fetch(
          `http://localhost/parties/chat/${index % 3 === 0 ? name : room()}?ticket=${made(batch * 100 + index)}`,
          { headers: { accept: "text/event-stream" } },
        );
        await response.body?.cancel();
        return response.status;
      }),
    );
    expect(new Set(answers)).toEqual(new Set([401]));
    expect(woken).toHaveBeenCalledTimes(batch);
    const tab = await new SocketTab().join(name, await signToken({ room: name, scope: "read" }));
    tab.close();
  }
  await vi.waitUntil(async () => (await storedRooms()) === before);
});

test("[S2] a thousand silent sockets leave nothing stored, and a valid join succeeds throughout", async () => {
  const before = await storedRooms();
  const name = room();
  const silent: WebSocket[] = [];
  for (let batch = 0; batch < 10; batch += 1) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const response = await SELF.fetch(`http://localhost/parties/chat/${index % 2 === 0 ? name : room()}`, {
          headers: { upgrade: "websocket", "cf-connecting-ip": `203.0.113.${batch}` },
        });
        response.webSocket?.accept();
        if (response.webSocket !== null) silent.push(response.webSocket);
      }),
    );
    for (const inHandshake of [true, false]) {
      const token = await signToken({ room: name, scope: "read" });
      const tab = new SocketTab();
      await tab.tryOpen(name, { ...(inHandshake ? offer(token) : {}), "cf-connecting-ip": "198.51.100.7" });
      tab.say({ type: "hello", version: 2, ...(inHandshake ? {} : { token }) });
      await tab.until(({ closed, frames }) => closed !== undefined || frames.some(({ type }) => type === "sync"));
      expect(tab.closed).toBeUndefined();
      tab.close();
    }
  }
  expect(silent).toHaveLength(1_000);
  for (const socket of silent) socket.close(1000);
  await vi.waitUntil(async () => (await storedRooms()) === before, { timeout: 30_000 });
});
