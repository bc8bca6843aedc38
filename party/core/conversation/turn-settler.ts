/**
 * Ends turns, once (T2). A turn's last content, its record and the start of the next turn are one commit.
 * `turn-removal.ts` removes turns.
 */
import { defined } from "../../../shared/defined.ts";
import { openCallsIn } from "../../../shared/open-calls.ts";
import type { Outcome } from "../../../shared/protocol/server-frames.ts";
import { utf8Length } from "../../../shared/text.ts";
import type { ReleaseOutcome } from "../limiter/limiter-port.ts";
import { type Ending, readableMetadata, type TurnEnd } from "../log/turn-record.ts";
import type { SettledTurn } from "../ports.ts";
import type { ActiveRun } from "../turn/active-run.ts";
import { turnFacts } from "../turn/trace/turn-report.ts";
import type { Turn } from "../turn/turn.ts";
import type { Commit, Committer } from "./commit.ts";
import type { ConversationParts } from "./conversation-parts.ts";
import { answerFileBytes } from "./prompt-history.ts";
import { excessTurns } from "./retention.ts";
import { releaseLease } from "./run/attempt-sink.ts";
import type { LogWriter } from "./run/log-writer.ts";
import type { TurnStarter } from "./run/turn-starter.ts";
import type { TurnWaits } from "./run/turn-waits.ts";
import type { UpstreamStops } from "./stop/upstream-stops.ts";

/** How an answer ends that waits for answers itself, whatever word the upstream has for it. */
export const openFinishReason = "tool-calls";

const releaseOutcomes = {
  completed: "ok",
  cancelled: "cancelled",
  failed: "failed",
  interrupted: "failed",
} as const satisfies Record<Outcome, ReleaseOutcome>;

export interface SettlerParts extends ConversationParts {
  readonly committer: Committer;
  readonly writer: LogWriter;
  readonly waits: TurnWaits;
  readonly stops: UpstreamStops;
  readonly starter: TurnStarter;
}

export class TurnSettler {
  readonly #parts: SettlerParts;

  constructor(parts: SettlerParts) {
    this.#parts = parts;
  }

  /** @param mustStop a generation may still run at the upstream: it is stopped there once the end is durable. */
  settle(turn: Turn, ending: Ending, mustStop: boolean): void {
    const { turns, committer, life } = this.#parts;
    if (turn.isSettled || life.aborted || !turns.has(turn)) return;
    const commit = committer.begin();
    this.settleIn(commit, turn, ending, mustStop);
    committer.commit(commit);
  }

  /** The same as part of a commit that the caller makes. */
  settleIn(commit: Commit, turn: Turn, said: Ending, mustStop: boolean): void {
    const { turns, ports, policy, committer, writer, waits, starter, agenda } = this.#parts;
    const { run } = turn;
    this.#endAnswer(turn, said);
    const ending = this.#withOpenCalls(turn, said);
    writer.addContent(commit.changes, turn);
    const end = this.#endOf(turn, ending, run);
    turn.settle(end);
    commit.changes.turn(turn.record);
    commit.changes.dropContext(turn.record.spec);
    waits.forget(turn);
    writer.settled();
    const { seq, at, length } = end;
    const { model, usage } = end;
    committer.announce(commit, "end", turn.id, {
      ...{ type: "turn-end", seq, turnId: turn.id, length, ...ending },
      ...defined({ model, usage }),
    });
    const facts = turnFacts(turn, end, run);
    if (run !== undefined) this.#endRun(run, end);
    const span = run?.trace?.endTurn(facts, at, policy.traceContent ? contentOf(turn) : undefined);
    starter.startNext(commit);
    if (excessTurns(turns.all(), policy).length > 0) agenda.set("retention", ports.clock.now());
    commit.next.push(() => {
      ports.report({ name: "turn-settled", ...facts });
      if (span !== undefined) ports.report(span);
      if (mustStop && run?.generationId !== undefined) void this.#parts.stops.stop(run.generationId);
      turns.publishEnd(turn);
      ports.afterTurn?.(settledTurn(turn, end));
      this.#parts.texts.release();
    });
  }

  /** Lists the calls that the answer leaves for clients and people to answer (T8). */
  #withOpenCalls({ answer }: Turn, ending: Ending): Ending {
    if (ending.outcome !== "completed" || ending.open !== undefined) return ending;
    const open = openCallsIn(answer?.parts() ?? []);
    if (open.length === 0) return ending;
    const { ports, policy } = this.#parts;
    const openUntil = ports.clock.now() + policy.answerWithinMs;
    return { ...ending, finishReason: openFinishReason, open, openUntil };
  }

  #endAnswer({ answer }: Turn, { outcome }: Ending): void {
    // Half a surrogate pair that is still held is a fault in a finished text, and no more than a cut in one that broke off.
    if (outcome === "completed") answer?.endText(this.#parts.policy.maxTurnLength);
    // U6: a stop ends the answer at what was shown; every other end shows the rest.
    if (outcome === "cancelled") answer?.cutToShown();
    else answer?.show(Number.POSITIVE_INFINITY);
  }

  #endOf(turn: Turn, ending: Ending, run: ActiveRun | undefined): TurnEnd {
    const parts = turn.answer?.parts() ?? [];
    return {
      ...ending,
      ...defined({ model: run?.model ?? turn.record.upstream?.model, usage: run?.usage }),
      seq: this.#parts.turns.position.nextSeq(),
      at: this.#parts.ports.clock.now(),
      length: turn.length,
      bytes: utf8Length(JSON.stringify(parts)),
      ...defined({ fileBytes: answerFileBytes(parts) || undefined }),
      rows: turn.answer?.rows ?? 0,
    };
  }

  /** The turn's work at the upstream is over: its lease goes back, and its last call's span ends. */
  #endRun(run: ActiveRun, { outcome, at }: TurnEnd): void {
    releaseLease(run, this.#parts, releaseOutcomes[outcome]);
    const span = run.trace?.endCall(at, undefined);
    if (span !== undefined) this.#parts.ports.report(span);
  }
}

function settledTurn({ id, record, input, answer }: Turn, end: TurnEnd): SettledTurn {
  const { author, createdAt } = record.spec;
  const { outcome, error, finishReason, at: endedAt, model, usage } = end;
  const optional = { error: error?.code, finishReason, model, usage, input, parts: answer?.parts() };
  return { turnId: id, outcome, author, createdAt, endedAt, ...readableMetadata(record.spec), ...defined(optional) };
}

/** The question and the answer as JSON, for a trace that is to hold them. */
function contentOf(turn: Turn): { input: string; output: string } {
  return { input: JSON.stringify(turn.input ?? null), output: JSON.stringify(turn.answer?.parts() ?? []) };
}
