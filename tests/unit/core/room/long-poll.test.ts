/** Long-polls: changes wake them, continuing text is collected, and without an open turn they are answered at once (F6). */
import { describe, expect, test } from "vitest";
import { UpstreamFailure } from "../../../../party/core/ports.ts";
import type { PollAnswer } from "../../../../party/core/room/plain-http/long-poll.ts";
import { textOf } from "../../../../shared/content.ts";
import type { Have } from "../../../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView } from "../../../../shared/transcript.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room } from "../../../support/core/room-harness.ts";

class Poller {
  view: RoomView = EMPTY_VIEW;
  have: Have | undefined;
  answer: PollAnswer | undefined;
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  /** Asks; `answer` is there once it is answered. */
  async ask(waitMs = 25_000): Promise<this> {
    this.answer = undefined;
    void this.#room.core.requests.poll(ANYONE, this.have, waitMs).then((result) => {
      if (!result.ok) throw new Error(result.error.code);
      this.answer = result.value;
      for (const text of result.value.frames) {
        this.view = foldFrame(this.view, JSON.parse(text) as ServerFrame).view;
      }
      this.have = result.value.holds;
      expect(this.have).toEqual(haveOf(this.view));
    });
    await settled();
    return this;
  }

  get types(): string[] | undefined {
    return this.answer?.frames.map((text) => (JSON.parse(text) as ServerFrame).type);
  }

  get text(): string {
    return textOf(this.view.turns.at(-1)?.parts ?? []);
  }
}

/** A poller that has seen a turn begin, and its first words. */
async function reading(): Promise<{ room: Room; poller: Poller }> {
  const room = await buildRoom();
  const poller = new Poller(room);
  await room.core.requests.submit(ANYONE, { type: "turn-submit", turnId: "t", input: { prompt: "hi" } });
  await poller.ask();
  await poller.ask();
  room.upstream.call.start();
  room.upstream.call.text("Hello");
  await room.clock.advance(16);
  expect(poller.text).toBe("Hello");
  return { room, poller };
}

test("[F6] a poll without an open turn is answered at once, with a delay for the next one", async () => {
  const room = await buildRoom();
  const poller = await new Poller(room).ask();
  expect(poller.types).toEqual(["sync", "presence"]);
  expect(poller.answer?.retryAfterMs).toBe(5_000);
  await poller.ask();
  expect(poller.types).toEqual(["presence"]);
  await room.clock.advance(1_000);
  expect(room.clock.pending).toBe(0);
});

describe("a poll while a turn is open", () => {
  test("[F6] waits until a change wakes it, not a timer", async () => {
    const room = await buildRoom();
    const poller = new Poller(room);
    await room.core.requests.submit(ANYONE, { type: "turn-submit", turnId: "t", input: { prompt: "hi" } });
    await poller.ask();
    expect(poller.answer).toMatchObject({ retryAfterMs: 0 });
    await poller.ask();
    await room.clock.advance(3_000);
    expect(poller.answer).toBeUndefined();
    room.upstream.call.text("Hello");
    await settled();
    expect(poller.types).toContain("sync");
    expect(poller.text).toBe("Hello");
  });

  test("[F6] collects continuing text for half a second and gets it in one piece", async () => {
    const { room, poller } = await reading();
    await poller.ask();
    for (const word of [",", " wor", "ld"]) {
      room.upstream.call.text(word);
      await room.clock.advance(100);
    }
    expect(poller.answer).toBeUndefined();
    await room.clock.advance(200);
    expect(poller.text).toBe("Hello, world");
    expect(poller.answer?.frames.filter((text) => text.includes('"sync"'))).toHaveLength(1);
  });

  test("gets the end of a turn and the start of the next one at once", async () => {
    const { room, poller } = await reading();
    await poller.ask();
    room.upstream.call.text("!");
    await room.clock.advance(100);
    expect(poller.answer).toBeUndefined();
    room.upstream.call.done();
    await settled();
    expect(poller.view.turns).toMatchObject([{ state: "settled", outcome: "completed", length: 6 }]);
    expect(poller.answer?.retryAfterMs).toBeGreaterThan(0);
  });

  test("is woken by a new notice, and not by presence or the same notice", async () => {
    const room = await buildRoom();
    room.upstream.answersAtOnce = false;
    const poller = new Poller(room);
    await room.core.requests.submit(ANYONE, { type: "turn-submit", turnId: "t", input: { prompt: "hi" } });
    await poller.ask();
    await poller.ask();
    await room.join();
    await room.clock.advance(1_000);
    expect(poller.answer).toBeUndefined();
    room.upstream.call.fail(new UpstreamFailure("upstream-unavailable", true));
    await settled();
    expect(poller.types).toContain("notice");
    await poller.ask();
    expect(poller.answer).toBeUndefined();
  });

  test("is answered without frames when its time is over", async () => {
    const { room, poller } = await reading();
    await poller.ask(5_000);
    await room.clock.advance(4_999);
    expect(poller.answer).toBeUndefined();
    await room.clock.advance(1);
    expect(poller.types).toEqual(["presence"]);
  });
});

test("a poll with a cursor of another epoch or ahead of the room gets a snapshot at once", async () => {
  const { room, poller } = await reading();
  for (const have of [
    { epoch: "other", seq: 1, offsets: {} },
    { ...(poller.have as Have), seq: 99 },
  ]) {
    const stranger = new Poller(room);
    stranger.have = have;
    await stranger.ask();
    expect(stranger.view.turns).toEqual(poller.view.turns);
  }
});

test("a poll that waits while the room closes is refused retryably", async () => {
  const { room, poller } = await reading();
  const answered = room.core.requests.poll(ANYONE, poller.have, 25_000);
  await settled();
  room.core.close("draining");
  expect(await answered).toMatchObject({ ok: false, error: { code: "draining" } });
});

test("[S2] a poll beyond the bound is refused retryably", async () => {
  const room = await buildRoom({ policy: { maxSockets: 2 } });
  await room.core.requests.submit(ANYONE, { type: "turn-submit", turnId: "t", input: { prompt: "hi" } });
  const have = { epoch: room.core.conversation.epoch, seq: 2, offsets: { t: 0 } };
  for (let count = 0; count < 2; count += 1) void room.core.requests.poll(ANYONE, have, 25_000);
  await settled();
  const refused = await room.core.requests.poll(ANYONE, have, 25_000);
  expect(refused).toMatchObject({ ok: false, error: { code: "room-full", retryAfterMs: expect.any(Number) } });
});

test("[R6] a user that polls is a viewer between polls too, for at most 90 s", async () => {
  const { room, poller } = await reading();
  await poller.ask(25_000);
  await room.clock.advance(25_000);
  await room.clock.advance(80_000);
  expect(room.core.viewers()).toBe(1);
  await room.clock.advance(10_001);
  expect(room.core.viewers()).toBe(0);
});
