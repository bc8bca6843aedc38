/** Readers at different positions in one flush, and what a flush costs (R5, F1, F2). */
import { describe, expect, test, vi } from "vitest";
import { DeltaEncoder } from "../../../../party/core/delivery/delta-encoder.ts";
import type { TurnRecord } from "../../../../party/core/log/turn-record.ts";
import { Turn } from "../../../../party/core/turn/turn.ts";
import { TurnList } from "../../../../party/core/turn/turn-list.ts";
import { textOf } from "../../../../shared/content.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

async function streaming(): Promise<{ room: Room; tab: Tab; id: string }> {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
  const tab = await room.join();
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.start();
  await room.clock.advance(1_000);
  return { room, tab, id };
}

function lastDelta({ socket }: Tab): string {
  return socket.sent.findLast((text) => text.startsWith('{"type":"turn-delta"')) ?? "";
}

describe("[R5] one flush for readers at different positions", () => {
  test("gives each what it lacks, and readers at one position one string", async () => {
    const { room, tab, id } = await streaming();
    const [behind, alsoBehind] = [await room.join(), await room.join()];
    await room.clock.advance(1_000);
    for (const { socket } of [behind, alsoBehind]) socket.bufferedAmount = 2_000_000;
    room.upstream.call.text("one ");
    await room.clock.advance(50);
    for (const { socket } of [behind, alsoBehind]) socket.bufferedAmount = 0;
    room.upstream.call.text("two");
    await room.clock.advance(50);
    expect(JSON.parse(lastDelta(tab))).toMatchObject({ offset: 4, parts: [{ delta: "two" }] });
    expect(JSON.parse(lastDelta(behind))).toMatchObject({ offset: 0, parts: [{ delta: "one two" }] });
    expect(lastDelta(alsoBehind)).toBe(lastDelta(behind));
    for (const reader of [tab, behind, alsoBehind]) expect(reader.text(id)).toBe("one two");
  });

  test("gives a reader that lags the rest of a settled turn and another one the next turn's text", async () => {
    const { room, tab, id } = await streaming();
    const behind = await room.join();
    await room.clock.advance(1_000);
    behind.socket.bufferedAmount = 2_000_000;
    room.upstream.call.text("first answer");
    room.upstream.call.done();
    await settled();
    const next = tab.submit("again");
    await settled();
    behind.socket.bufferedAmount = 0;
    room.upstream.call.text("second answer");
    await room.clock.advance(50);
    for (const reader of [tab, behind]) {
      expect(reader.text(id)).toBe("first answer");
      expect(reader.text(next)).toBe("second answer");
      expect(reader.gaps).toBe(0);
    }
  });
});

test("[R5] a reader that lags gets a sync, and no end without its text, where the turn was replaced meanwhile", async () => {
  const { room, tab, id } = await streaming();
  const behind = await room.join();
  await room.clock.advance(1_000);
  behind.socket.bufferedAmount = 2_000_000;
  room.upstream.call.text("first answer");
  room.upstream.call.done();
  await settled();
  const next = tab.submit("again", { replaces: id });
  await settled();
  const ends = behind.received("turn-end").length;
  behind.socket.bufferedAmount = 0;
  await room.clock.advance(250);
  const fresh = behind.read().map(({ type }) => type);
  expect(fresh).toContain("sync");
  expect(behind.received("turn-end")).toHaveLength(ends);
  expect(behind.gaps).toBe(0);
  expect(behind.view.turns.map((turn) => turn.id)).toEqual([next]);
});

describe("a delta", () => {
  function turnOf(...texts: string[]): Turn {
    const record = { v: 1, spec: { id: "t", ordinal: 0 }, attempts: 1, resumes: 0 } as unknown as TurnRecord;
    const turn = new Turn(record, { state: "opening" } as Turn["phase"]);
    turn.answer?.take({ parts: texts.map((text) => ({ type: "text-delta", delta: text }) as const) }, 1_000_000);
    return turn;
  }

  test.each([
    ["everything fits", 1_000_000],
    ["it is cut", 40],
  ])("from inside a surrogate pair begins at the pair's start where %s", (_name, maxBytes) => {
    const turn = turnOf(`😀${"b".repeat(100)}`);
    const delta = JSON.parse(new DeltaEncoder(maxBytes).encode(turn, 1)?.text ?? "{}");
    expect(delta).toMatchObject({ offset: 0 });
    expect(textOf(delta.parts).startsWith("😀")).toBe(true);
  });

  test.each([["Latin"], ["長長😀"], ["\u0800é😀a"]])(
    "of %s keeps its byte bound, and all deltas together are the whole text",
    (piece) => {
      const text = piece.repeat(5_000);
      const turn = turnOf(text);
      const encoder = new DeltaEncoder(1_000);
      let got = "";
      while (got.length < text.length) {
        const delta = encoder.encode(turn, got.length);
        const { offset, parts } = JSON.parse(delta?.text ?? "{}");
        expect(offset).toBe(got.length);
        expect(new TextEncoder().encode(textOf(parts)).byteLength).toBeLessThanOrEqual(1_000);
        got += textOf(parts);
        expect(delta?.end).toBe(got.length);
      }
      expect(got).toBe(text);
    },
  );

  test("with parts that aren't text keeps its bound too, and sends at least one of them", () => {
    const turn = turnOf("");
    const parts = Array.from({ length: 40 }, (_, index) => {
      return { type: `data-n${index}`, data: "v".repeat(20_000) };
    });
    turn.answer?.take({ parts }, 1_000_000);
    const encoder = new DeltaEncoder(50_000);
    let at = 0;
    while (at < turn.length) {
      const delta = encoder.encode(turn, at);
      expect(JSON.parse(delta?.text ?? "{}").parts).toHaveLength(2);
      at = delta?.end ?? Number.NaN;
    }
    expect(new DeltaEncoder(10).encode(turn, 0)?.end).toBe(1);
  });
});

test("[F1] a flush doesn't walk the turns that the room keeps", async () => {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000, framesPer10s: 10_000 } });
  const tab = await room.join();
  for (let count = 0; count < 20; count += 1) {
    tab.submit(`q${count}`);
    await settled();
    room.upstream.call.text("a");
    room.upstream.call.done();
    await settled();
  }
  tab.submit("live");
  await settled();
  room.upstream.call.text("x");
  await room.clock.advance(5_000);
  const walks = [vi.spyOn(TurnList.prototype, "all"), vi.spyOn(TurnList.prototype, Symbol.iterator)];
  for (const walk of walks) walk.mockClear();
  const before = tab.socket.sent.length;
  for (let token = 0; token < 10; token += 1) {
    room.upstream.call.text("token ");
    await room.clock.advance(20);
  }
  expect(tab.socket.sent.length).toBeGreaterThan(before);
  for (const walk of walks) {
    expect(walk).not.toHaveBeenCalled();
    walk.mockRestore();
  }
});

test("[F2] settled answers beyond the budget leave memory when the next one settles, without a sync", async () => {
  const room = await buildRoom({ policy: { keepBytes: 64 * 1_048_576 } });
  const tab = await room.join();
  for (let count = 0; count < 6; count += 1) {
    tab.submit(`q${count}`);
    await settled();
    room.upstream.call.text("x".repeat(900_000));
    room.upstream.call.done();
    await room.clock.advance(1_000);
    tab.read();
  }
  let units = 0;
  for (const { answer } of room.core.conversation.turns) units += answer?.length ?? 0;
  expect(units).toBeLessThanOrEqual(2 * 1_048_576);
});
