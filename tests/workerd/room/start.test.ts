/** A room that can't start, in the real runtime: its alarm goes on, peers get a code, and the next event starts it (A1, S3). */
import { env, runInDurableObject, SELF } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { alarmRetryMs, ChatRoom, startRetryMs } from "../../../party/objects/chat-room.ts";
import { fresh, SocketTab } from "./tab.ts";

type Working = { env: Cloudflare.Env };

/** A second life of the room's object, in which the operator's settings are wrong. */
async function inBrokenRoom<T>(
  room: string,
  run: (object: ChatRoom, state: DurableObjectState) => Promise<T>,
): Promise<T> {
  const stub = env.Chat.get(env.Chat.idFromName(room));
  return runInDurableObject(stub, (instance, state) => {
    const settings = { ...(instance as unknown as Working).env, MAX_ACTIVE_TURNS: "zero" };
    return run(new ChatRoom(state, settings as ConstructorParameters<typeof ChatRoom>[1]), state);
  });
}

describe("[A1] the alarm of a room whose settings are wrong", () => {
  test("returns normally and is set a minute ahead, each time", async () => {
    await inBrokenRoom(fresh("broken"), async (object, state) => {
      for (let ring = 0; ring < 8; ring += 1) {
        await state.storage.deleteAlarm();
        const before = Date.now();
        await object.alarm();
        const at = (await state.storage.getAlarm()) ?? Number.NaN;
        expect(at).toBeGreaterThanOrEqual(before + alarmRetryMs);
        expect(at).toBeLessThanOrEqual(Date.now() + alarmRetryMs);
      }
    });
  });

  test("finds the room and its turns again when the settings are right", async () => {
    const room = fresh("mended");
    const tab = await new SocketTab().join(room);
    const id = tab.submit(fresh("open"));
    await tab.untilTurn(id, ({ state }) => state === "opening");
    tab.close();
    const stub = env.Chat.get(env.Chat.idFromName(room));
    await runInDurableObject(stub, async (instance, state) => {
      const settings = (instance as unknown as Working).env;
      const broken = new ChatRoom(state, { ...settings, MAX_ACTIVE_TURNS: "zero" } as never);
      await broken.alarm();
      await state.storage.deleteAlarm();
      const mended = new ChatRoom(state, settings as never);
      await mended.onStart();
      await expect.poll(async () => state.storage.getAlarm()).toBeLessThanOrEqual(Date.now() + 60_000);
    });
  });
});

describe("[S3] a room that can't start", () => {
  test("answers a request with 503 and without a word of why", async () => {
    await inBrokenRoom(fresh("broken"), async (object) => {
      const response = await object.fetch(new Request("https://room.internal/parties/chat/x"));
      expect(response.status).toBe(503);
      expect(await response.text()).toBe("");
    });
  });

  test("closes a socket with a code that asks its client to come back", async () => {
    await inBrokenRoom(fresh("broken"), async (object) => {
      const response = await object.fetch(
        new Request("https://room.internal/parties/chat/x", { headers: { upgrade: "websocket" } }),
      );
      const socket = response.webSocket;
      const closed = new Promise<CloseEvent>((resolve) => socket?.addEventListener("close", resolve));
      socket?.accept();
      expect(await closed).toMatchObject({ code: 4490, reason: "internal" });
    });
  });

  test("starts at a later event when the cause is gone, and doesn't try at every event", async () => {
    const stub = env.Chat.get(env.Chat.idFromName(fresh("room")));
    await runInDurableObject(stub, async (instance, state) => {
      // A record that this version can't read.
      await state.storage.put("room", { v: 99 });
      const object = new ChatRoom(state, (instance as unknown as Working).env as never);
      const ask = () => object.fetch(new Request("https://room.internal/parties/chat/x"));
      expect((await ask()).status).toBe(503);
      await state.storage.delete("room");
      expect((await ask()).status).toBe(503);
      const later = Date.now() + startRetryMs;
      const clock = vi.spyOn(Date, "now").mockReturnValue(later);
      // The room has started: now it refuses a request without an identity.
      expect((await ask()).status).toBe(401);
      clock.mockRestore();
    });
  });
});

test("operator calls have no path in the room", async () => {
  const stub = env.Chat.get(env.Chat.idFromName(fresh("room")));
  for (const path of ["/events", "/drain", "/turns/events"]) {
    const response = await stub.fetch(`https://room.internal/parties/chat/x${path}`, { method: "POST" });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain('events":');
  }
  expect((await SELF.fetch("http://localhost/health")).status).toBe(200);
});
