/**
 * Shows an answer that came whole at a pace (U6). All of it is stored when it arrives; what readers may see of it begins with
 * nothing and grows step by step.
 */
import { sleep } from "../../turn/attempts/abortable-sleep.ts";
import { paceParts } from "../../turn/simulated-pace.ts";
import type { Turn } from "../../turn/turn.ts";
import type { ConversationParts } from "../conversation-parts.ts";

/** Resolves when all has been shown, or the turn was stopped. */
export async function revealAtPace(turn: Turn, parts: ConversationParts, signal: AbortSignal): Promise<void> {
  const { answer } = turn;
  if (answer === undefined) return;
  const { ports, policy, delivery } = parts;
  for (const offset of paceParts(answer.parts(), policy.simulateChunkMs, policy.simulateMaxMs)) {
    if (signal.aborted) return;
    answer.show(offset);
    delivery.poke();
    if (offset < answer.arrived) await sleep(ports.clock, policy.simulateChunkMs, signal);
  }
}
