/**
 * A start waits for the room's own storage and nothing else: the platform holds back all events meanwhile, and gives up the object
 * after 30 s (T5).
 */
import { describe, expect, test } from "vitest";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom } from "../../../support/core/room-harness.ts";

/** A room whose tab outlived an eviction, while the tenant's settings and revocations can't be read yet. */
async function awakened(gone: ReadonlySet<string> = new Set()) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let reads: Promise<void> = Promise.resolve();
  let isKnown = true;
  const room = await buildRoom({
    prepare: () => reads,
    refusalOf: () => (isKnown ? undefined : "model"),
    isRevoked: ({ sub }) => gone.has(sub),
  });
  const tab = await room.join();
  reads = promise.then(() => {
    isKnown = true;
  });
  isKnown = false;
  await room.evict([tab]);
  await settled();
  return { room, tab, known: resolve };
}

describe("[T5] a room that wakes while other objects don't answer", () => {
  test("starts, counts its tab as a viewer and sends it nothing", async () => {
    const { room, tab } = await awakened();
    expect(room.core.viewers()).toBe(1);
    expect(tab.read()).toEqual([]);
  });

  test("handles the tab's frames in order once it knows the tenant's settings", async () => {
    const { tab, known } = await awakened();
    const turnId = tab.submit("hi");
    tab.cancel(turnId);
    await settled();
    expect(tab.read()).toEqual([]);
    known();
    await settled();
    expect(tab.read()[0]?.type).toBe("sync");
    expect(tab.turn(turnId)).toMatchObject({ state: "settled", outcome: "cancelled" });
    expect(tab.received("error")).toEqual([]);
  });

  test("serves a newcomer whose token was checked", async () => {
    const { room, tab, known } = await awakened();
    const newcomer = room.tab().connect();
    await settled();
    expect(newcomer.read().map(({ type }) => type)).toEqual(["welcome", "sync", "presence"]);
    known();
    await settled();
    expect(tab.read()[0]?.type).toBe("sync");
  });

  test("forgets a tab that leaves meanwhile", async () => {
    const { room, tab, known } = await awakened();
    tab.submit("hi");
    tab.drop();
    known();
    await settled();
    expect(tab.read()).toEqual([]);
    expect(room.core.viewers()).toBe(0);
    expect(room.upstream.calls).toHaveLength(0);
  });

  test("closes a tab whose waiting frames take too much memory", async () => {
    const { tab } = await awakened();
    const isOpenAfter = (frames: number) => {
      for (let i = 0; i < frames; i += 1) tab.submit("x".repeat(60_000));
      return tab.socket.isOpen;
    };
    expect([isOpenAfter(69), isOpenAfter(1)]).toEqual([true, false]);
    expect(tab.received("error").map(({ code }) => code)).toEqual(["rate-limited"]);
  });
});
