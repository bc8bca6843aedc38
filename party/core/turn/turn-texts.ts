/**
 * Questions and answers of settled turns in memory: read from storage where a sync or a request to the upstream needs them,
 * and released beyond a budget. Turns that aren't settled always hold their own.
 */
import type { LogReader } from "../log/log-reader.ts";
import { Answer } from "./answer.ts";
import type { Turn } from "./turn.ts";
import type { TurnList } from "./turn-list.ts";

/** Units of settled answers and bytes of their questions that stay in memory for the next sync. */
const keptUnits = 1_048_576;

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
      kept += turn.answer.length + turn.record.spec.inputBytes;
      if (kept <= keptUnits) continue;
      turn.answer = undefined;
      turn.input = undefined;
    }
  }
}
