/** Syncs for tests of the client's side: an empty snapshot, a turn that streams, and whatever a test says is different. */
import type { SyncFrame, SyncTurn } from "../../../shared/protocol/server-frames.ts";

export const sync = (frame: Partial<SyncFrame> = {}): SyncFrame => ({
  type: "sync",
  epoch: "e1",
  seq: 0,
  floor: 0,
  mode: "snapshot",
  turns: [],
  ...frame,
});

export const listed = (turn: Partial<SyncTurn>): SyncTurn => ({
  id: "a",
  state: "streaming",
  from: 0,
  parts: [],
  length: 0,
  ...turn,
});
