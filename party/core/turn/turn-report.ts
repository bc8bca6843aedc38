/**
 * What a turn's end tells an operator, out of its record and of the few moments that were noted on the way. Those moments
 * are memory of this life of the room alone: a turn that was lost and taken up again has fewer facts, never wrong ones.
 */
import type { TurnFacts } from "../events.ts";
import type { Ending } from "../log/turn-record.ts";
import type { Turn } from "./turn.ts";

export function factsOf(turn: Turn, ending: Ending, now: number): TurnFacts {
  const { spec, start, attempts, resumes, stopIntent, simulated } = turn.record;
  const { firstCallAt, firstContentAt, firstChunkMs, chunks } = turn.times;
  const model = turn.model ?? spec.model;
  return {
    turnId: turn.id,
    outcome: ending.outcome,
    ...(turn.trace === undefined ? {} : { traceId: turn.trace.traceId }),
    ...(turn.trace?.isRecorded === true ? { isTraced: true as const } : {}),
    attempts,
    resumes,
    length: turn.length,
    ...(ending.error === undefined ? {} : { error: ending.error.code }),
    ...(ending.finishReason === undefined ? {} : { finishReason: ending.finishReason }),
    ...(spec.provider === undefined ? {} : { provider: spec.provider }),
    ...(model === undefined ? {} : { model }),
    ...(start === undefined ? {} : { queueMs: start.at - spec.createdAt }),
    ...(firstCallAt === undefined ? {} : { operationMs: now - firstCallAt }),
    ...(firstContentAt === undefined ? {} : { firstTokenMs: firstContentAt - spec.createdAt }),
    ...(firstChunkMs === undefined ? {} : { firstChunkMs }),
    // Shown at a pace of ours, it says nothing about the upstream's.
    ...(firstContentAt === undefined || chunks < 2 || simulated !== undefined
      ? {}
      : { chunkMs: (now - firstContentAt) / (chunks - 1) }),
    ...(turn.usage?.inputTokens === undefined ? {} : { inputTokens: turn.usage.inputTokens }),
    ...(turn.usage?.outputTokens === undefined ? {} : { outputTokens: turn.usage.outputTokens }),
    ...(simulated === undefined ? {} : { simulated: true }),
    ...(stopIntent === undefined ? {} : { stoppedBy: stopIntent.by, stopMs: now - stopIntent.at }),
    ...(ending.stop === undefined ? {} : { stop: ending.stop }),
  };
}
