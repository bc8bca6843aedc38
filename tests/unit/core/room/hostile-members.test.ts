/** Members who ask for as much as they may, and conversations as large as they may be: bounded cost, and nobody else notices. */
import { describe, expect, test } from "vitest";
import { lengthOf } from "../../../../shared/content.ts";
import { syncMaxBytes } from "../../../../shared/protocol/limits.ts";
import { utf8Length } from "../../../../shared/text.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

async function agendaBytes(room: Room): Promise<number> {
  return JSON.stringify((await room.storage.get(["agenda"])).get("agenda") ?? {}).length;
}

describe("[S2] a member that submits and stops five times a second for a minute", () => {
  test.each(["confirmed", "unreachable"] as const)(
    "keeps nobody else waiting, where the upstream's stops are %s",
    async (stopAnswer) => {
      const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
      room.upstream.stopAnswer = stopAnswer;
      const [flooder, other] = [await room.join(), await room.join()];
      const rowsBefore = room.storage.rowsWritten;
      let asked = "";
      for (let count = 0; count < 300; count += 1) {
        const id = flooder.submit(`flood ${count}`);
        await settled();
        if (count === 100) asked = other.submit("a question");
        flooder.cancel(id);
        await settled();
        if (asked !== "" && other.turn(asked).state === "opening") {
          room.upstream.call.text("an answer");
          room.upstream.call.done();
          await settled();
        }
        for (const { socket } of [flooder, other]) socket.pongedAt = room.clock.now();
        await room.advance(200);
      }
      expect(other.turn(asked)).toMatchObject({ outcome: "completed" });
      expect(other.text(asked)).toBe("an answer");
      // The answer came at once: within two of the flood's rounds.
      const { spec, end } = room.core.conversation.turn(asked)?.record ?? {};
      expect((end?.at ?? Infinity) - (spec?.createdAt ?? 0)).toBeLessThanOrEqual(400);
      expect(room.upstream.calls.length).toBeLessThanOrEqual(301);
      // A stop that finds the upstream down is tried again by the alarm, one at a time.
      expect(room.upstream.stops.length).toBeLessThanOrEqual(320);
      expect((room.storage.rowsWritten - rowsBefore) / 300).toBeLessThan(25);
      expect(await agendaBytes(room)).toBeLessThan(16_384);
      expect(room.broken).toBeUndefined();
    },
  );

  test("is ended by its rate of frames when it does so twenty times a second, and the others stay", async () => {
    const room = await buildRoom();
    const [flooder, other] = [await room.join(), await room.join()];
    for (let count = 0; count < 200 && flooder.socket.isOpen; count += 1) {
      flooder.cancel(flooder.submit(`flood ${count}`));
      await room.clock.advance(50);
    }
    expect(flooder.socket.closed).toMatchObject({ reason: "rate-limited" });
    expect(other.socket.isOpen).toBe(true);
  });
});

/** Answers with a tool step of 10 KB each. */
async function roomWithTools(turns: number): Promise<{ room: Room; tab: Tab }> {
  const room = await buildRoom({ policy: { keepTurns: 1_000, keepBytes: 64 * 1_048_576 }, report: () => undefined });
  const tab = await room.join();
  const value = "v".repeat(10_000);
  for (let count = 0; count < turns; count += 1) {
    tab.submit(`q${count}`);
    await settled();
    room.upstream.call.part({ type: "tool-output-available", toolCallId: "c", output: value });
    room.upstream.call.done();
    await settled();
    if (count % 20 === 19) {
      tab.read();
      tab.socket.sent.length = 0;
      tab.connect();
      await room.clock.advance(10_000);
    }
  }
  tab.drop();
  return { room, tab };
}

describe("[F2] a conversation of 1,000 turns with large tool outputs", () => {
  test("is synced, paged and kept in memory within a MiB", async () => {
    const { room } = await roomWithTools(1_000);
    await room.evict();
    const newcomer = await room.join();
    const bytes = newcomer.socket.sent.map((text) => utf8Length(text));
    expect(Math.max(...bytes)).toBeLessThanOrEqual(syncMaxBytes);
    let before = newcomer.view.turns[0]?.id;
    for (let page = 0; page < 5; page += 1) {
      const older = await room.core.requests.older(ANYONE, before, 50);
      if (!older.ok) throw new Error(older.error.code);
      expect(utf8Length(JSON.stringify(older.value))).toBeLessThanOrEqual(syncMaxBytes);
      before = older.value.turns[0]?.id;
    }
    await room.core.requests.snapshot(ANYONE);
    let held = 0;
    for (const { answer } of room.core.conversation.turns) held += utf8Length(JSON.stringify(answer?.parts() ?? []));
    expect(held).toBeLessThanOrEqual(syncMaxBytes);
  });
});

test("[F2] an open answer of many data parts counts by its bytes in a page of older turns", async () => {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
  const tab = await room.join();
  tab.submit("first");
  await settled();
  room.upstream.call.text("x".repeat(600_000));
  room.upstream.call.done();
  await room.clock.advance(1_000);
  tab.submit("second");
  await settled();
  for (let part = 0; part < 25; part += 1) {
    room.upstream.call.part({ type: "data-d", data: "v".repeat(30_000) });
  }
  await room.clock.advance(1_000);
  const page = await room.core.requests.older(ANYONE, undefined, 50);
  expect(page).toMatchObject({ ok: true, value: { turns: [{ id: "t1" }], more: true } });
});

test("[F1] an answer of 20,000 tiny parts is merged into few frames and arrives whole", async () => {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
  const [tab, deaf] = [await room.join(), await room.join()];
  deaf.socket.bufferedAmount = 4_000_000;
  const id = tab.submit("q");
  await settled();
  const before = room.storage.rowsWritten;
  for (let burst = 0; burst < 20; burst += 1) {
    for (let part = 0; part < 1_000; part += 1) {
      room.upstream.call.part({ type: "data-d", data: burst * 1_000 + part });
    }
    await room.clock.advance(16);
  }
  room.upstream.call.done();
  await room.clock.advance(16);
  expect(lengthOf(tab.turn(id).parts)).toBe(20_000);
  expect(tab.received("turn-delta").length).toBeLessThanOrEqual(45);
  expect(room.storage.rowsWritten - before).toBeLessThanOrEqual(100);
  expect(tab.gaps).toBe(0);
});
