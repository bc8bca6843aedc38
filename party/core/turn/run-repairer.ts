/**
 * Repairs the text of an answer before it enters it: lone surrogates become U+FFFD, and half a pair is held back until its other
 * half arrives. Runs with an id may be interleaved, so the half of such a run waits while another run is read.
 */
import { isRun, isSameRun, type Part, type RunPart, TextRepairer, textIn, withText } from "../../../shared/content.ts";

type Emit = (part: Part) => void;

const replacement = "\uFFFD";

export class RunRepairer {
  readonly #repairer = new TextRepairer();
  #run: RunPart | undefined;
  /** Halves of runs that are interrupted by another one. Almost always empty. */
  readonly #waiting = new Map<string, { readonly run: RunPart; readonly half: string }>();

  /** True while half a pair is held back: what has been read is not yet wholly in the answer. */
  get isHolding(): boolean {
    return this.#repairer.holding || this.#waiting.size > 0;
  }

  push(part: Part, emit: Emit): void {
    if (!isRun(part)) {
      this.#leave(emit);
      this.#endBefore(part, emit);
      emit(part);
      return;
    }
    if (this.#run === undefined || !isSameRun(this.#run, part)) {
      this.#leave(emit);
      this.#run = part;
    }
    const half = this.#waiting.size === 0 ? "" : this.#take(part);
    const text = textIn(part);
    const repaired = this.#repairer.push(half === "" ? text : half + text);
    emit(repaired === text ? part : withText(part, repaired));
  }

  /** No more text follows. */
  end(emit: Emit): void {
    this.#leave(emit);
    for (const { run } of this.#waiting.values()) emit(withText(run, replacement));
    this.#waiting.clear();
  }

  /** Another stream begins. */
  reset(): void {
    this.#repairer.end();
    this.#run = undefined;
    this.#waiting.clear();
  }

  #leave(emit: Emit): void {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined || !this.#repairer.holding) return;
    if (run.type !== "tool-input-delta" && run.id === undefined) emit(withText(run, this.#repairer.end()));
    else this.#waiting.set(keyOf(run), { run, half: this.#repairer.take() });
  }

  #take(run: RunPart): string {
    const key = keyOf(run);
    const half = this.#waiting.get(key)?.half ?? "";
    this.#waiting.delete(key);
    return half;
  }

  /**
   * Emits the halves that stay alone: that of the run which the chunk ends or begins anew, and all of them at a step's boundary,
   * where `ai` 5 and 6 close all runs.
   */
  #endBefore(part: Part, emit: Emit): void {
    if (this.#waiting.size === 0) return;
    if (part.type.endsWith("-step")) {
      this.end(emit);
      return;
    }
    const key = runKeyOf(part);
    const waiting = key === undefined ? undefined : this.#waiting.get(key);
    if (key === undefined || waiting === undefined) return;
    this.#waiting.delete(key);
    emit(withText(waiting.run, replacement));
  }
}

/** The key of the run whose boundary a chunk is; undefined for other chunks. */
function runKeyOf({ type, ...fields }: Part): string | undefined {
  const { id, toolCallId } = fields as { readonly id?: unknown; readonly toolCallId?: unknown };
  if (type === "text-start" || type === "text-end") return `text-delta ${String(id)}`;
  if (type === "reasoning-start" || type === "reasoning-end") return `reasoning-delta ${String(id)}`;
  return type.startsWith("tool-input-") ? `tool-input-delta ${String(toolCallId)}` : undefined;
}

function keyOf(run: RunPart): string {
  return `${run.type} ${run.type === "tool-input-delta" ? run.toolCallId : run.id}`;
}
