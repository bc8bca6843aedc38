/** The list of turns: what runs for every token or frame never walks the kept history. */
import { expect, test } from "vitest";
import { LogPosition } from "../../../../party/core/log/log-position.ts";
import type { TurnEnd, TurnRecord } from "../../../../party/core/log/turn-record.ts";
import { Turn } from "../../../../party/core/turn/turn.ts";
import { TurnList } from "../../../../party/core/turn/turn-list.ts";

const end: TurnEnd = { outcome: "completed", seq: 1, at: 1, length: 0, bytes: 2, rows: 0 };

function recordOf(ordinal: number, more: Partial<TurnRecord> = {}): TurnRecord {
  const spec = { id: `t${ordinal}`, ordinal, onLeave: "cancel" } as TurnRecord["spec"];
  return { v: 1, spec, attempts: 0, resumes: 0, ...more };
}

/** A settled turn that counts how often its record is read. */
class CountedTurn extends Turn {
  static reads = 0;

  constructor(ordinal: number) {
    super(recordOf(ordinal, { end }), { state: "settled", ending: end });
    const { record } = this;
    Object.defineProperty(this, "record", {
      get: () => {
        CountedTurn.reads += 1;
        return record;
      },
    });
  }
}

test("what a flush asks reads no settled turn, however many are kept", () => {
  const turns = new TurnList(new LogPosition(() => "e"));
  for (let ordinal = 0; ordinal < 1_000; ordinal += 1) turns.add(new CountedTurn(ordinal));
  const open = new Turn(recordOf(1_000), { state: "queued" });
  turns.add(open);
  open.start({ seq: 2, at: 2, deadlineAt: 9, history: [] });
  CountedTurn.reads = 0;
  expect([...turns.live()]).toEqual([open]);
  expect([turns.active(), turns.queue(), turns.unsettled(), turns.hasUnsettled]).toEqual([[open], [], [open], true]);
  expect(turns.idleSince).toBeUndefined();
  expect(turns.orphanable()).toEqual([open]);
  expect(CountedTurn.reads).toBe(0);
});

test("a turn stays live until its end is published, and its end is waited for until then", async () => {
  const turns = new TurnList(new LogPosition(() => "e"));
  const turn = new Turn(recordOf(0), { state: "queued" });
  turns.add(turn);
  turn.start({ seq: 2, at: 2, deadlineAt: 9, history: [] });
  turn.settle({ ...end, seq: 3 });
  let isEnded = false;
  void turn.ended.then(() => {
    isEnded = true;
  });
  await Promise.resolve();
  expect([[...turns.live()], turns.active(), isEnded]).toEqual([[turn], [], false]);
  turns.publishEnd(turn);
  await turn.ended;
  expect([[...turns.live()], turn.isEndPublished]).toEqual([[], true]);
});

test("a removed turn is neither live nor the one that comes back under its id", () => {
  const turns = new TurnList(new LogPosition(() => "e"));
  const [old, fresh] = [0, 1].map(() => new Turn(recordOf(0), { state: "queued" })) as [Turn, Turn];
  turns.add(old);
  turns.remove(old);
  turns.add(fresh);
  expect([turns.has(old), turns.has(fresh), turns.queue()]).toEqual([false, true, [fresh]]);
});
