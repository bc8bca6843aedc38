/** The plan of a sync by itself: what a reader with a given cursor lacks (R3). */
import { describe, expect, test } from "vitest";
import type { TurnRecord } from "../../../../party/core/log/turn-record.ts";
import { planSync, type SyncableTurn } from "../../../../party/core/sync/sync-plan.ts";
import type { TurnPhase } from "../../../../party/core/turn/turn-state.ts";

const streaming = (id: string, length: number): SyncableTurn => ({
  record: { spec: { id, queuedSeq: 1, inputBytes: 10 } } as unknown as TurnRecord,
  phase: { state: "streaming" } as TurnPhase,
  length,
  partBytes: 0,
});

const source = {
  epoch: "e",
  seq: 5,
  floor: 0,
  turns: [streaming("open", 4)],
  removed: [
    ["old", 3],
    ["new", 5],
  ] as const,
};

describe("[R3] the plan of a delta", () => {
  test("cuts a reader that is ahead of the room back to the room's length", () => {
    const { turns } = planSync(source, { epoch: "e", seq: 5, offsets: { open: 70 } }, 1_000_000);
    expect(turns).toMatchObject([{ from: 4, withInput: false }]);
  });

  test("lists the removals after the reader's seq, and none that the reader knows", () => {
    const removedAfter = (seq: number) => planSync(source, { epoch: "e", seq, offsets: {} }, 1_000_000).removed;
    expect(removedAfter(2)).toEqual(["old", "new"]);
    expect(removedAfter(3)).toEqual(["new"]);
    expect(removedAfter(5)).toEqual([]);
  });
});

describe("[R3] the plan of a snapshot", () => {
  const settled = (id: string, bytes: number): SyncableTurn => ({
    record: { spec: { id, queuedSeq: 1, inputBytes: 10 }, end: { seq: 4, bytes } } as unknown as TurnRecord,
    phase: { state: "settled" } as TurnPhase,
    length: bytes,
    partBytes: 0,
  });
  const planned = (turns: readonly SyncableTurn[]) => {
    const plan = planSync({ ...source, turns, removed: [] }, undefined, 1_000);
    return { turns: plan.turns.map(({ turn }) => turn.record.spec.id), more: plan.more };
  };

  test("lists the newest turn although it is larger than the budget", () => {
    expect(planned([settled("large", 2_000)])).toEqual({ turns: ["large"], more: false });
    expect(planned([settled("small", 10), settled("large", 2_000)])).toEqual({ turns: ["large"], more: true });
  });

  test("leaves out an older turn that is larger than the budget, and all turns before it", () => {
    const turns = [settled("first", 10), settled("large", 2_000), settled("last", 10)];
    expect(planned(turns)).toEqual({ turns: ["last"], more: true });
  });
});
