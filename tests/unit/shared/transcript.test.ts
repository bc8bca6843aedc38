import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Part } from "../../../shared/content.ts";
import { haveSchema } from "../../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView } from "../../../shared/transcript.ts";
import { ModelRoom } from "../../support/client/model-room.ts";
import { listed, sync } from "../../support/client/sync-frames.ts";
import { delta, end, queued, start, text } from "../../support/client/turn-frames.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const notice: ServerFrame = {
  type: "notice",
  code: "upstream-resuming",
  scope: "turn",
  turnId: "a",
  willRetry: true,
  message: "…",
};

function fold(frames: readonly ServerFrame[], view: RoomView = EMPTY_VIEW): { view: RoomView; gaps: number } {
  let gaps = 0;
  let current = view;
  for (const frame of frames) {
    const folded = foldFrame(current, frame);
    if (folded.needsSync) gaps += 1;
    current = folded.view;
  }
  return { view: current, gaps };
}

describe("the story of a turn", () => {
  test("queued, started, written and ended, it holds its prompt and its text", () => {
    const { view, gaps } = fold([
      sync(),
      queued(1, "a"),
      start(2, "a"),
      delta("a", 0, "Hel"),
      delta("a", 3, "lo"),
      end(3, "a", 5),
    ]);
    expect(gaps).toBe(0);
    expect(view.seq).toBe(3);
    expect(view.turns).toEqual([
      {
        id: "a",
        state: "settled",
        parts: [text("Hello")],
        length: 5,
        input: { prompt: "hi" },
        author: "anna",
        createdAt: 1,
        outcome: "completed",
      },
    ]);
  });

  test("[R3] a delta the reader has part of adds only the rest", () => {
    const { view } = fold([sync(), queued(1, "a"), delta("a", 0, "Hel"), delta("a", 1, "ello")]);
    expect(view.turns[0]).toMatchObject({ parts: [text("Hello")], length: 5 });
  });

  test("a delta beyond what is held asks for a sync and changes nothing", () => {
    const before = fold([sync(), queued(1, "a"), delta("a", 0, "Hel")]).view;
    expect(foldFrame(before, delta("a", 4, "o"))).toEqual({ view: before, needsSync: true });
  });

  test("a frame about a turn that is not there asks for a sync", () => {
    const { view } = fold([sync()]);
    for (const frame of [delta("x", 0, "a"), start(1, "x"), end(1, "x", 0)]) {
      expect(foldFrame(view, frame)).toEqual({ view, needsSync: true });
    }
  });

  test("a room-level change after a gap asks for a sync; an old one is a repeat", () => {
    const { view } = fold([sync({ seq: 5 })]);
    expect(foldFrame(view, queued(7, "a"))).toEqual({ view, needsSync: true });
    expect(foldFrame(view, queued(5, "a"))).toEqual({ view, needsSync: false });
  });

  test("before the first sync every room-level change is a gap", () => {
    expect(foldFrame(EMPTY_VIEW, queued(1, "a"))).toEqual({ view: EMPTY_VIEW, needsSync: true });
    expect(haveOf(EMPTY_VIEW)).toBeUndefined();
  });

  test("seq does not pass an end whose text is not all here", () => {
    const { view } = fold([sync(), queued(1, "a"), start(2, "a"), delta("a", 0, "Hel")]);
    const folded = foldFrame(view, end(3, "a", 5));
    expect(folded.needsSync).toBe(true);
    expect(haveOf(folded.view)).toEqual({ epoch: "e1", seq: 2, offsets: { a: 3 } });
  });

  test("[F5] an end cuts what a crash took back, and only the end does", () => {
    const { view } = fold([sync(), queued(1, "a"), start(2, "a"), delta("a", 0, "Hello"), end(3, "a", 4)]);
    expect(view.turns[0]).toMatchObject({ state: "settled", parts: [text("Hell")], length: 4 });
  });

  test("[T2] nothing changes a settled turn, not even text beyond its end", () => {
    const { view } = fold([sync(), queued(1, "a"), start(2, "a"), delta("a", 0, "Hello"), end(3, "a", 4)]);
    for (const late of [delta("a", 4, "o"), delta("a", 9, "o"), delta("a", 0, "HELLO"), notice]) {
      expect(foldFrame(view, late)).toEqual({ view, needsSync: false });
    }
  });

  test("a wait shows on its turn until text flows again; a repeated delta is not text that flows", () => {
    const { view } = fold([sync(), queued(1, "a"), start(2, "a"), delta("a", 0, "Hel"), notice]);
    expect(view.turns[0]).toMatchObject({ state: "resuming", notice });
    expect(fold([delta("a", 0, "Hel")], view).view).toBe(view);
    expect(fold([delta("a", 3, "l")], view).view.turns[0]).not.toHaveProperty("notice");
  });

  test("untouched turns stay the same objects, so that a page renders one turn", () => {
    const { view } = fold([sync(), queued(1, "a"), queued(2, "b"), start(3, "a")]);
    const next = fold([delta("a", 0, "x")], view).view;
    expect(next.turns[1]).toBe(view.turns[1]);
    expect(foldFrame(view, { type: "presence", viewers: view.viewers }).view).toBe(view);
  });
});

describe("sync", () => {
  const held = fold([sync(), queued(1, "a"), start(2, "a"), delta("a", 0, "Hello")]).view;

  test("a snapshot replaces everything, turns of the same name included", () => {
    const { view, gaps } = fold(
      [sync({ epoch: "e2", turns: [listed({ id: "a", parts: [text("x")], length: 1 })] })],
      held,
    );
    expect(gaps).toBe(0);
    expect(view).toMatchObject({ epoch: "e2", seq: 0, turns: [{ id: "a", parts: [text("x")], length: 1 }] });
    expect(view.turns[0]).not.toHaveProperty("input");
  });

  test("[F5] a delta cuts the copy to `from`, appends, and keeps the prompt it does not repeat", () => {
    const turns = [listed({ from: 3, parts: [text("p!")], length: 5, state: "settled", outcome: "interrupted" })];
    const { view } = fold([sync({ mode: "delta", seq: 3, turns })], held);
    expect(view.turns).toEqual([
      {
        id: "a",
        state: "settled",
        outcome: "interrupted",
        parts: [text("Help!")],
        length: 5,
        input: { prompt: "hi" },
        author: "anna",
        createdAt: 1,
      },
    ]);
  });

  test("a delta of another epoch is refused, and the cursor stays what it was", () => {
    const folded = foldFrame(held, sync({ mode: "delta", epoch: "e2" }));
    expect(folded).toEqual({ view: held, needsSync: true });
  });

  test("a delta older than what is held is a repeat", () => {
    expect(foldFrame(held, sync({ mode: "delta", seq: 1 }))).toEqual({ view: held, needsSync: false });
  });

  test("turns that a delta does not list are held as they were, without waits that are over", () => {
    const { view } = fold([notice, sync({ mode: "delta", seq: 2 })], held);
    expect(view.turns[0]).toMatchObject({ id: "a", parts: [text("Hello")] });
    expect(view.turns[0]).not.toHaveProperty("notice");
  });

  test.each([
    ["does not reach `from`", { from: 9, parts: [text("x")], length: 10 }],
    ["does not come out at `length`", { from: 5, parts: [text("x")], length: 9 }],
  ])("a copy that %s is dropped, and the next cursor asks for all of it", (_, turn) => {
    const { view, gaps } = fold(
      [sync({ mode: "delta", seq: 4, turns: [listed({ ...turn, state: "settled" })] })],
      held,
    );
    expect(gaps).toBe(1);
    expect(view.turns[0]).toMatchObject({ id: "a", parts: [], length: 0, input: { prompt: "hi" } });
    expect(haveOf(view)).toEqual({ epoch: "e1", seq: 2, offsets: { a: 0 } });
  });

  test("a turn that is listed from its end and was never held is asked for whole", () => {
    // Left out of the cursor it would count as held, because its end lies before `seq`.
    const { view } = fold(
      [sync({ mode: "delta", seq: 2, turns: [listed({ id: "old", from: 7, length: 7, state: "settled" })] })],
      held,
    );
    expect(haveOf(view)).toEqual({ epoch: "e1", seq: 2, offsets: { a: 5, old: 0 } });
  });

  test("a snapshot that does not add up is refused whole", () => {
    const folded = foldFrame(held, sync({ epoch: "e2", turns: [listed({ parts: [text("x")], length: 2 })] }));
    expect(folded).toEqual({ view: held, needsSync: true });
  });

  test("older turns that exist elsewhere are remembered until a snapshot says otherwise", () => {
    const { view } = fold([sync({ more: true }), sync({ mode: "delta" })]);
    expect(view.more).toBe(true);
    expect(fold([sync()], view).view.more).toBe(false);
  });
});

describe("haveOf", () => {
  test("names every turn not held whole but the queued ones, and never more than a hello may", () => {
    const frames = Array.from({ length: 60 }, (_, at) => [
      queued(2 * at + 1, `t${at}`),
      start(2 * at + 2, `t${at}`),
    ]).flat();
    const have = haveOf(fold([sync(), ...frames, queued(121, "last")]).view);
    expect(haveSchema.safeParse(have).success).toBe(true);
    expect(Object.keys(have?.offsets ?? {})).toHaveLength(32);
    expect(have?.offsets).not.toHaveProperty("last");
  });

  test("turns named like members of Object.prototype are turns like others", () => {
    const { view } = fold([sync(), queued(1, "__proto__"), start(2, "__proto__"), delta("__proto__", 0, "ab")]);
    expect(Object.entries(haveOf(view)?.offsets ?? {})).toEqual([["__proto__", 2]]);
    expect(fold([queued(3, "constructor"), start(4, "constructor"), end(5, "constructor", 0)], view).gaps).toBe(0);
  });
});

describe("[R3] against a model room", () => {
  const part: fc.Arbitrary<Part> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constantFrom("text-delta" as const, "reasoning-delta" as const),
        delta: fc.string({ unit: fc.constantFrom("a", "世", "😀"), minLength: 1, maxLength: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ type: "data-n", data: 1 }) },
  );
  const cuts = fc.array(fc.nat(20), { maxLength: 4 });
  type Step =
    | { do: "queue"; id?: string }
    | { do: "append"; parts: Part[]; cuts: number[] }
    | { do: "start" | "log" | "trim" | "clear" | "drop" | "again" }
    | { do: "end" | "crash"; ok: boolean }
    | { do: "remove" | "deliver" | "lose"; count: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Step>({ do: "queue" }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Step>({ do: "queue", id: "__proto__" }, { do: "queue", id: "constructor" }),
    },
    { weight: 4, arbitrary: fc.constant<Step>({ do: "start" }) },
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant("append" as const), parts: fc.array(part, { maxLength: 3 }), cuts }),
    },
    { weight: 3, arbitrary: fc.constantFrom<Step>({ do: "log" }, { do: "drop" }, { do: "again" }) },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "trim" }, { do: "clear" }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("end" as const, "crash" as const), ok: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), count: fc.nat(5) }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant("deliver" as const), count: fc.nat(8) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const), count: fc.nat(5) }) },
  );

  /** A reader whose frames wait until they are delivered, and are lost when its socket is. */
  class Reader {
    view: RoomView = EMPTY_VIEW;
    queue: ServerFrame[] = [];
    /** Everything that arrived, to arrive again. */
    past: ServerFrame[] = [];
    asked = false;
    hasLost = false;
    readonly room: ModelRoom;

    constructor(room: ModelRoom) {
      this.room = room;
      this.connect();
    }
    connect(): void {
      this.queue = [this.room.sync(haveOf(this.view))];
      this.past = [];
      this.asked = false;
    }
    deliver(count: number): void {
      for (const frame of this.queue.splice(0, count)) this.receive(frame);
    }
    /** One frame that did not come, on a socket that stays: what follows shows the gap, or the next hello. */
    lose(pick: number): void {
      const frame = this.queue[pick];
      if (frame === undefined || frame.type === "sync" || frame.type === "turn-position") return;
      this.queue.splice(pick, 1);
      this.hasLost = true;
    }
    receive(frame: ServerFrame): void {
      const folded = foldFrame(this.view, frame);
      this.view = folded.view;
      // At once again: nothing may change.
      const repeated = foldFrame(this.view, frame);
      expect(repeated.view).toEqual(this.view);
      if (frame.type === "sync") {
        this.asked = false;
        // Frames say no epoch: those of another one cannot be told apart, and an ordered socket never repeats them.
        if (frame.mode === "snapshot") this.past = [];
      }
      if (folded.needsSync && !this.asked) {
        this.asked = true;
        this.queue.push(this.room.sync(haveOf(this.view)));
      }
      this.past.push(frame);
    }
    /** Old frames of this socket, once more: none of them may change anything. */
    again(): void {
      for (const frame of this.past) {
        // Positions and syncs of the same `seq` carry no place in time; a room sends them in order, once.
        if (frame.type === "turn-position" || frame.type === "sync") continue;
        expect(foldFrame(this.view, frame).view).toEqual(this.view);
      }
    }
  }

  test("random cuts, drops, losses, repeats, crashes and clears end in the room's own view", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.nat(2)), { maxLength: 60, size: "max" }), (steps) => {
        const room = new ModelRoom();
        const readers = [new Reader(room), new Reader(room), new Reader(room)];
        for (const [action, pick] of steps) {
          const reader = readers[pick] as Reader;
          const frames = perform(room, reader, action);
          for (const each of readers) each.queue.push(...frames);
        }
        for (const reader of readers) {
          while (reader.queue.length > 0) reader.deliver(1);
          if (reader.hasLost) {
            reader.connect();
            reader.deliver(1);
          }
          const expected = foldFrame(EMPTY_VIEW, room.sync(undefined)).view;
          // What was trimmed may still be shown; what is there is shown as it is.
          const ids = new Set(expected.turns.map(({ id }) => id));
          expect(reader.view.turns.filter(({ id }) => ids.has(id))).toEqual(expected.turns);
          expect([reader.view.epoch, reader.view.seq]).toEqual([expected.epoch, expected.seq]);
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  function perform(room: ModelRoom, reader: Reader, action: Step): ServerFrame[] {
    switch (action.do) {
      case "queue":
        return room.queue("hi", action.id);
      case "append":
        return room.append(action.parts, action.cuts);
      case "end":
        return room.end(action.ok ? "completed" : "failed");
      case "crash":
        return room.crash(action.ok);
      case "remove":
        return room.remove(action.count);
      case "deliver":
        reader.deliver(action.count);
        return [];
      case "lose":
        reader.lose(action.count);
        return [];
      case "drop":
        reader.connect();
        return [];
      case "again":
        reader.again();
        return [];
      default:
        return room[action.do]();
    }
  }
});
