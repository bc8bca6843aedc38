/**
 * Runs a started turn against the upstream, from its first call or from where it was lost, until the run ends. How a turn
 * starts is `turn-starter.ts`, how it ends `turn-settler.ts`.
 */
import { defined } from "../../../../shared/defined.ts";
import type { FileAddresses } from "../../files/file-addresses.ts";
import type { Ending } from "../../log/turn-record.ts";
import type { UpstreamMessage } from "../../ports.ts";
import type { ActiveRun } from "../../turn/active-run.ts";
import type { Answer } from "../../turn/answer.ts";
import { untilAborted } from "../../turn/attempts/abortable-sleep.ts";
import { runTurn } from "../../turn/attempts/attempts.ts";
import { turnContext } from "../../turn/trace/trace-context.ts";
import { TurnTrace } from "../../turn/trace/turn-spans.ts";
import type { Turn } from "../../turn/turn.ts";
import { turnError } from "../../turn/turn-state.ts";
import { answersFor, messagesFor, withUpstreamId } from "../prompt-history.ts";
import { AttemptSink, type AttemptSinkParts } from "./attempt-sink.ts";
import { revealAtPace } from "./paced-reveal.ts";

export interface RunnerEvents {
  /** The run is over, and the turn ends like this. `mustStop`: a generation may still run at the upstream. */
  onRunEnd(turn: Turn, ending: Ending, mustStop: boolean): void;
}

export interface TurnRunnerParts extends AttemptSinkParts {
  readonly addresses: FileAddresses;
}

export class TurnRunner {
  readonly #parts: TurnRunnerParts;
  readonly #events: RunnerEvents;

  constructor(parts: TurnRunnerParts, events: RunnerEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Returns at once; `onRunEnd` reports the end. Does nothing for a turn that isn't active any more or is to be stopped. */
  run(turn: Turn): void {
    const { run, answer } = turn;
    if (run === undefined || answer === undefined) return;
    if (turn.record.stopIntent !== undefined || !this.#parts.turns.has(turn)) return;
    void this.#drive(turn, run, answer).catch((error: unknown) => {
      this.#parts.ports.report({ name: "session-fault", cause: error });
      if (run.controller.signal.aborted) return;
      this.#events.onRunEnd(turn, { outcome: "failed", error: turnError("internal") }, run.mayGenerate);
    });
  }

  async #drive(turn: Turn, run: ActiveRun, answer: Answer): Promise<void> {
    const { ports, policy, turns } = this.#parts;
    const { signal } = run.controller;
    const { spec, start, waitUntil, attempts, resumes } = turn.record;
    const [generationId, messages] = await Promise.all([
      ports.generationIdOf(turns.epoch, turn.id),
      this.#messagesFor(turn),
    ]);
    if (signal.aborted) return;
    run.generationId = generationId;
    run.trace = new TurnTrace(
      turn,
      generationId,
      turnContext(generationId, spec.metadata?.["traceparent"], policy.traceSamplePercent),
    );
    const { provider, model, params, regenerates } = spec;
    const wasCalling = run.isRecovered && attempts > 0 && waitUntil === undefined;
    const task = {
      request: {
        generationId,
        messages,
        user: spec.author,
        ...defined({ provider, model, params, regenerates, conversation: this.#conversationBefore(turn) }),
        ...(spec.continues === undefined ? {} : { answers: answersFor(turn, turns) }),
      },
      deadlineAt: start?.deadlineAt ?? ports.clock.now() + policy.turnTimeoutMs,
      // T5: a wake resumes a call that was in flight, and a resume that waited, also without any text.
      resuming: wasCalling || answer.arrived > 0 || resumes > 0,
      hasWaited: waitUntil !== undefined,
      mayGenerate: run.mayGenerate,
      subject: spec.author,
      ...defined({ waitUntil }),
    };
    const sink = new AttemptSink(turn, run, answer, this.#parts, (ending) =>
      this.#events.onRunEnd(turn, ending, run.mayGenerate),
    );
    const end = await runTurn(task, sink, ports, policy, signal);
    // A stop whose intent is being written decides how the turn ends.
    if (turn.record.stopIntent !== undefined) await untilAborted(signal);
    if (turn.record.simulated !== undefined) await revealAtPace(turn, this.#parts, signal);
    if (end !== undefined && !signal.aborted) this.#events.onRunEnd(turn, end.ending, end.mustStop);
  }

  /** The upstream's own id of the conversation, from the newest answer before this turn that named one. */
  #conversationBefore(turn: Turn): string | undefined {
    const { ordinal } = turn.record.spec;
    for (const { record } of this.#parts.turns.all().reverse()) {
      const conversation = record.upstream?.conversation;
      if (record.spec.ordinal < ordinal && conversation !== undefined) return conversation;
    }
    return undefined;
  }

  #messagesFor(turn: Turn): Promise<UpstreamMessage[]> {
    const { turns, policy, texts, log } = this.#parts;
    const { contextRows, ordinal } = turn.record.spec;
    const messages = contextRows === undefined ? messagesFor(turn, turns, policy, texts) : log.readContext(ordinal);
    // Signed for now: the upstream reads the files that the question names.
    return messages.then((plain) =>
      this.#parts.addresses.shownTo(plain.map((message) => withUpstreamId(message, turns))),
    );
  }
}
