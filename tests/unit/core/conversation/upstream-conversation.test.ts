/** What the upstream is told of a room beside the messages: who asks, its own id of the conversation, and never a lost token. */
import { describe, expect, test } from "vitest";
import { UpstreamFailure } from "../../../../party/core/ports.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

async function ask(room: Room, tab: Tab, prompt: string, conversation?: string): Promise<string> {
  const id = tab.submit(prompt);
  await settled();
  if (conversation !== undefined) room.upstream.call.emit({ conversation });
  room.upstream.call.text("yes");
  room.upstream.call.done();
  await room.clock.advance(50);
  return id;
}

describe("the upstream's own id of the conversation", () => {
  test("is sent back with each later question, also after a wake, and the newest counts", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    await ask(room, tab, "one", "c-1");
    expect(room.upstream.call.request).not.toHaveProperty("conversation");
    await ask(room, tab, "two");
    expect(room.upstream.call.request.conversation).toBe("c-1");
    await room.evict([tab]);
    await ask(room, tab, "three", "c-2");
    expect(room.upstream.call.request.conversation).toBe("c-1");
    await ask(room, tab, "four");
    expect(room.upstream.call.request.conversation).toBe("c-2");
  });

  test("is forgotten with the conversation", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    await ask(room, tab, "one", "c-1");
    tab.say({ type: "room-clear" });
    await settled();
    await ask(room, tab, "two");
    expect(room.upstream.call.request).not.toHaveProperty("conversation");
  });
});

describe("the user", () => {
  test("who asked is named to the upstream", async () => {
    const room = await buildRoom();
    await ask(room, await room.join(), "hi");
    expect(room.upstream.call.request.user).toBe("anonymous");
  });

  test("whose token is gone gets an interrupted turn that says so, and no second call", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.fail(new UpstreamFailure("upstream-token-lost", false));
    await room.clock.advance(60_000);
    expect(tab.turn(id)).toMatchObject({
      outcome: "interrupted",
      error: { code: "upstream-token-lost", retryable: true, message: expect.stringContaining("Ask it again") },
    });
    expect(room.upstream.calls).toHaveLength(1);
  });

  test("whose token the room no longer has must say hello before a question is taken", async () => {
    const held = new Set<string>();
    const room = await buildRoom({ hasTokenOf: (sub) => held.has(sub) });
    const tab = await room.join();
    tab.submit("hi", { turnId: "t1" });
    await settled();
    expect(tab.socket.closed).toMatchObject({ code: 4491 });
    expect(room.upstream.calls).toEqual([]);
    held.add("anonymous");
    tab.connect();
    tab.submit("hi", { turnId: "t1" });
    await settled();
    expect(room.upstream.calls).toHaveLength(1);
  });
});
