/** Facts about a turn that several components ask for. */
import type { TurnView } from "../../shared/transcript.ts";
import { isContinuation } from "../ask-again.ts";

/** Being answered now, in whatever phase: what Stop is about. */
export function isRunning(turn: TurnView): boolean {
  return turn.state !== "queued" && turn.state !== "settled";
}

/** It has a question of its own that can be asked in other words. */
export function isEditable(turn: TurnView): boolean {
  return turn.state === "settled" && turn.input !== undefined && !isContinuation(turn.input);
}
