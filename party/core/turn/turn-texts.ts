/**
 * Questions and answers of settled turns in memory: read from storage where a sync or a request to the upstream needs them,
 * and released beyond a budget. Turns that aren't settled always hold their own.
 */
import { syncMaxBytes } from "../../../shared/protocol/limits.ts";
import type { LogReader } from "../log/log-reader.ts";
import { Answer } from "./answer.ts";
import type { Turn } from "./turn.ts";
import type { TurnList } from "./turn-list.ts";

/** Bytes of settled answers and of their questions, as JSON, that stay in memory for the next sync: a sync holds no more. */
const keptBytes = syncMaxBytes;

export class TurnTexts {
  readonly #turns: TurnList;
  readonly #log: LogReader;

  constructor(turns: TurnList, log: LogReader) {
    this.#turns = turns;
    this.#log = log;
  }

  /** Loads the question and the answer of a turn where memory doesn't hold them. */
  async load(turn: Turn): Promise<void> {
    const { ordinal } = turn.record.spec;
    const [input, text] = await Promise.all([
      turn.input ?? this.#log.readInput(ordinal),
      turn.answer === undefined ? this.#log.readText(ordinal) : undefined,
    ]);
    turn.input = input;
    if (text !== undefined) turn.answer ??= Answer.restored(text, turn.record.end?.length);
  }

  /** Releases settled answers beyond the budget, oldest first: the next reader asks for the newest. */
  release(): void {
    let kept = 0;
    for (const turn of this.#turns.all().reverse()) {
      if (!turn.isEndPublished || turn.answer === undefined) continue;
      // By bytes and not by units: a tool step counts as one unit and may have 32 KiB.
      kept += (turn.record.end?.bytes ?? 0) + turn.record.spec.inputBytes;
      if (kept <= keptBytes) continue;
      turn.answer = undefined;
      turn.input = undefined;
    }
  }
}
