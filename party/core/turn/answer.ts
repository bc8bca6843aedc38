/**
 * The answer of a turn in memory: its content while it grows, how much of it may be shown, what of it is logged, and the
 * position in the upstream's stream that a resume continues from. It stores and sends nothing.
 */
import { Content, isRun, type Part, type RunPart, sliceParts, unitsOf, withText } from "../../../shared/content.ts";
import { utf8Length } from "../../../shared/text.ts";
import { textRows } from "../log/changes.ts";
import type { StoredText } from "../log/log-reader.ts";
import type { UpstreamMark } from "../log/turn-record.ts";
import type { UpstreamBatch } from "../ports.ts";
import { RunRepairer } from "./run-repairer.ts";

/** What a batch did to the answer. `full`: it reached the longest length, and something may have been left out. */
export type Growth = "none" | "grown" | "full";

export class Answer {
  /** Length of the answer as stored; a crash loses what lies beyond. */
  loggedLength = 0;
  /** Rows that the log holds of it. */
  rows = 0;
  mark: UpstreamMark | undefined;
  /** Bytes of its parts as JSON, without what they hold of text; of text without an id nothing. */
  partBytes = 0;
  readonly #content: Content;
  readonly #repairer = new RunRepairer();
  /** Units that are still to be dropped from what a resumed stream sends, because the answer holds them already. */
  #skip = 0;
  #shown = Number.POSITIVE_INFINITY;
  #isFull = false;
  #maxLength = 0;
  readonly #emit = (part: Part) => this.#push(part, this.#maxLength);

  constructor(parts: readonly Part[] = []) {
    this.#content = new Content(parts);
  }

  /** The answer that storage holds. `endLength`: where it ended, for a settled turn. */
  static restored(stored: StoredText, endLength: number | undefined): Answer {
    const answer = new Answer(stored.parts);
    // U6: a stop of an answer that was being shown at a pace ended it before the end of what is stored.
    if (endLength !== undefined && endLength < answer.arrived) answer.#content.cut(endLength);
    if (endLength === undefined) {
      for (const part of stored.parts) {
        answer.partBytes += isRun(part) ? runHeadBytes(part) : utf8Length(JSON.stringify(part));
      }
    }
    answer.loggedLength = answer.arrived;
    answer.rows = stored.rows;
    answer.mark = stored.mark;
    return answer;
  }

  /** Units that may be shown: all that have arrived, unless the answer is being shown at a pace. */
  get length(): number {
    return Math.min(this.#content.length, this.#shown);
  }

  /** Units that have arrived. */
  get arrived(): number {
    return this.#content.length;
  }

  /** The content in `[from, to)` that may be shown. A bound inside a surrogate pair moves down to its start. */
  slice(from: number, to = Number.POSITIVE_INFINITY): Part[] {
    return this.#content.slice(from, Math.min(to, this.length));
  }

  /** All that has arrived. */
  parts(): Part[] {
    return this.#content.parts();
  }

  /** Shows the answer up to `offset` and no further (U6). */
  show(offset: number): void {
    this.#shown = offset;
  }

  /** Drops what has not been shown: the answer ends there. */
  cutToShown(): void {
    if (this.#shown < this.arrived) this.#content.cut(this.#shown);
    this.#shown = Number.POSITIVE_INFINITY;
    this.loggedLength = Math.min(this.loggedLength, this.arrived);
  }

  /**
   * Prepares for a call. A resume continues after `mark`, so that the upstream sends again what lies between it and the end of
   * the answer; a new attempt begins a stream of its own.
   */
  rewind(resume: boolean): void {
    this.#repairer.reset();
    if (!resume) this.mark = undefined;
    this.#skip = this.arrived - (this.mark?.offset ?? 0);
  }

  /** Appends a batch's content. Content beyond `maxLength` is left out (T6). */
  take(batch: UpstreamBatch, maxLength: number): Growth {
    const before = this.#content.length;
    this.#maxLength = maxLength;
    for (const part of batch.parts) this.#repairer.push(part, this.#emit);
    // While half a surrogate pair is held, the newest event isn't wholly in the answer, so the mark stays before it.
    if (batch.eventId !== undefined && !this.#repairer.isHolding) {
      this.mark = { eventId: batch.eventId, offset: this.#content.length - this.#skip };
    }
    if (this.#isFull || this.#content.length >= maxLength) return "full";
    return this.#content.length > before ? "grown" : "none";
  }

  /** No more text follows: half a surrogate pair that is still held becomes U+FFFD. */
  endText(maxLength: number): void {
    this.#maxLength = maxLength;
    this.#repairer.end(this.#emit);
  }

  /** Rows for what the log lacks. They count as logged from now on, so the caller must write them. */
  takeUnlogged(): { readonly firstRow: number; readonly rows: readonly unknown[] } {
    const firstRow = this.rows;
    const parts = this.#content.slice(this.loggedLength);
    // A mark behind the logged length would make a resume skip twice, and one beyond it would lose text.
    const rows = textRows(this.loggedLength, parts, this.mark);
    this.rows += rows.length;
    this.loggedLength = this.arrived;
    return { firstRow, rows };
  }

  #push(part: Part, maxLength: number): void {
    const units = unitsOf(part);
    const skipped = Math.min(this.#skip, units);
    this.#skip -= skipped;
    const fresh = units - skipped;
    // After something was left out nothing more is taken: the answer would have a hole.
    if (fresh === 0 || this.#isFull) return;
    const free = maxLength - this.#content.length;
    // A surrogate pair that straddles the limit is left out whole: the answer is full although it is shorter.
    if (fresh > free) this.#isFull = true;
    if (free <= 0) return;
    if (skipped > 0 || fresh > free) this.#content.append(sliceParts([part], skipped, skipped + free));
    else this.#content.add(part);
  }
}

/** Bytes that a text with an id takes beside its text, as JSON. */
export function runHeadBytes(run: RunPart): number {
  if (run.type !== "tool-input-delta" && run.id === undefined) return 0;
  return utf8Length(JSON.stringify(withText(run, "")));
}
