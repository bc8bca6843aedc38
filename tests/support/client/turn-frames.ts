/** Frames that tell the story of a turn, for tests of the client's side. */
import type { Part } from "../../../shared/content.ts";
import type { ServerFrame, SyncTurn, TurnEndFrame } from "../../../shared/protocol/server-frames.ts";
import { listed } from "./sync-frames.ts";

export const text = (value: string): Part => ({ type: "text-delta", delta: value });

/** As a sync lists it. */
export const streaming = (id: string, answer: string): SyncTurn =>
  listed({ id, parts: [text(answer)], length: answer.length });

export const queued = (seq: number, turnId: string): ServerFrame => ({
  type: "turn-queued",
  seq,
  turnId,
  input: { prompt: "hi" },
  author: "anna",
  createdAt: 1,
  position: 0,
});

export const start = (seq: number, turnId: string): ServerFrame => ({ type: "turn-start", seq, turnId });

export const delta = (turnId: string, offset: number, value: string): ServerFrame => ({
  type: "turn-delta",
  turnId,
  offset,
  parts: [text(value)],
});

export const end = (
  seq: number,
  turnId: string,
  length: number,
  outcome: TurnEndFrame["outcome"] = "completed",
): ServerFrame => ({ type: "turn-end", seq, turnId, length, outcome });

export const refusal = (turnId: string, code = "queue-full"): ServerFrame => ({
  type: "error",
  code,
  message: "no",
  turnId,
  retryable: true,
});
