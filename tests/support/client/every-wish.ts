/** What a client must have come to, over whatever transport and whatever was lost on the way. */
import { expect } from "vitest";
import type { ChatClient } from "../../../client/index.ts";
import { EMPTY_VIEW, foldFrame } from "../../../shared/transcript.ts";
import type { ModelRoom } from "./model-room.ts";

export interface Wishes {
  /** Ids of turns that somebody asked to stop. */
  readonly stopped: ReadonlySet<string>;
  /** Ids that the room took, in order. */
  readonly taken: readonly string[];
}

/** In step with the room; every wish answered, and none carried out twice. */
export function expectEveryWish(client: ChatClient, room: ModelRoom, { stopped, taken }: Wishes): void {
  const { view, pending, stopping, connection } = client.getSnapshot();
  const expected = foldFrame(EMPTY_VIEW, room.sync(undefined)).view;
  expect(connection.state).toBe("online");
  expect([view.epoch, view.seq, view.turns]).toEqual([expected.epoch, expected.seq, expected.turns]);
  // A question that was lost three times while the room could be read counts as blocked: its author sends it again or drops it.
  for (const { refused, id } of pending) {
    expect(["turn-stale", "request-blocked"]).toContain(refused?.code);
    if (refused?.code === "request-blocked") expect(taken).not.toContain(id);
  }
  expect([...stopping]).toEqual([]);
  expect(view.turns.filter(({ id, state }) => stopped.has(id) && state !== "settled")).toEqual([]);
  expect(new Set(taken).size).toBe(taken.length);
}
