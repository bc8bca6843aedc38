/**
 * What an operator learns from a turn's end: its record, and the moments that were noted while it ran. A turn that was lost
 * and recovered has fewer facts, because the moments are only in memory.
 */
import { defined } from "../../../../shared/defined.ts";
import type { TurnFacts } from "../../events.ts";
import type { TurnEnd } from "../../log/turn-record.ts";
import type { ActiveRun } from "../active-run.ts";
import type { Turn } from "../turn.ts";

/** @param run the turn's work at the upstream; undefined where it never left the queue. */
export function turnFacts(turn: Turn, end: TurnEnd, run: ActiveRun | undefined): TurnFacts {
  const { spec, start, attempts, resumes, stopIntent, simulated } = turn.record;
  const { firstCallAt, firstContentAt, firstChunkMs, chunks = 0 } = run?.times ?? {};
  const since = (at: number | undefined) => (at === undefined ? undefined : end.at - at);
  // Shown at the gateway's pace, an answer says nothing about the upstream's.
  const hasPace = firstContentAt !== undefined && chunks >= 2 && simulated === undefined;
  return defined({
    turnId: turn.id,
    outcome: end.outcome,
    traceId: run?.trace?.traceId,
    isTraced: run?.trace?.isRecorded === true ? (true as const) : undefined,
    attempts,
    resumes,
    length: end.length,
    error: end.error?.code,
    finishReason: end.finishReason,
    provider: spec.provider,
    model: end.model ?? spec.model,
    queueMs: start === undefined ? undefined : start.at - spec.createdAt,
    operationMs: since(firstCallAt),
    firstTokenMs: firstContentAt === undefined ? undefined : firstContentAt - spec.createdAt,
    firstChunkMs,
    chunkMs: hasPace ? (end.at - firstContentAt) / (chunks - 1) : undefined,
    inputTokens: end.usage?.inputTokens,
    outputTokens: end.usage?.outputTokens,
    simulated: simulated === undefined ? undefined : (true as const),
    stoppedBy: stopIntent?.by,
    stopMs: since(stopIntent?.at),
    stop: end.stop,
  });
}
