/**
 * Selects the turns that a room no longer keeps (F4): it keeps the newest ones, up to a count and a total size. Pure.
 * `turn-removal.ts` removes them.
 */
import type { RoomPolicy } from "../policy.ts";
import type { Turn } from "../turn/turn.ts";

/** Settled turns beyond what is kept, oldest first. The newest turn is always kept. */
export function excessTurns(turns: readonly Turn[], policy: RoomPolicy): Turn[] {
  let bytes = 0;
  let count = 0;
  const kept = turns.findLastIndex((turn) => {
    bytes += (turn.record.end?.bytes ?? turn.length) + turn.record.spec.inputBytes;
    count += 1;
    return turn.isSettled && (count > policy.keepTurns || (count > 1 && bytes > policy.keepBytes));
  });
  return turns.slice(0, kept + 1).filter((turn) => turn.isSettled);
}
