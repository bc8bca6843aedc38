/**
 * A turn in the room's memory: its record, its state, and its answer while it grows. Takes what the upstream says and
 * knows what of it is not yet in the log; storing and sending are left to the room.
 */
import {
  Content,
  isText,
  type Part,
  sliceParts,
  type TextKind,
  TextRepairer,
  unitsOf,
} from "../../../shared/content.ts";
import type { TurnInput } from "../../../shared/protocol/client-frames.ts";
import type { Usage } from "../../../shared/protocol/server-frames.ts";
import { utf8Length } from "../../../shared/text.ts";
import { type StoredText, textRows } from "../log/storage-schema.ts";
import type { TurnRecord, UpstreamMark } from "../log/turn-record.ts";
import type { UpstreamBatch } from "../ports.ts";
import type { TurnTrace } from "./turn-spans.ts";
import { advance, type TurnEvent, type TurnPhase } from "./turn-state.ts";
import type { TurnTimes } from "./turn-times.ts";

export class Turn {
  record: TurnRecord;
  phase: TurnPhase;
  /** The answer, or undefined for a settled turn whose text is only in storage. */
  content: Content | undefined;
  /** The submit's words, or undefined where they are only in storage. */
  input: TurnInput | undefined;
  /** Length of the answer as stored; what lies beyond is lost in a crash. */
  loggedLength = 0;
  rows = 0;
  mark: UpstreamMark | undefined;
  /** Bytes of the answer's parts that are not text, as JSON. */
  partBytes = 0;
  model: string | undefined;
  usage: Usage | undefined;
  /** Aborts the turn's upstream work; exists from its start to its settling. */
  controller: AbortController | undefined;
  /** Its place in a trace; undefined until it has been asked for. */
  trace: TurnTrace | undefined;
  /** Moments for the report of its end. */
  readonly times: TurnTimes = { chunks: 0 };
  /** The name the upstream knows it by; undefined until it has been asked, so nothing of it runs there. */
  generationId: string | undefined;
  /** Its lease was given back. */
  isReleased = false;
  /** The record says something that storage does not, and that the next row may bring along. */
  isRecordBehind = false;
  /** Offsets at which an answer that came whole is shown, one after the other. */
  pace: readonly number[] = [];
  /** Resolves when the end is durable and handed to readers, or when the turn is gone with its room. */
  readonly ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;
  #isEndPublished: boolean;
  readonly #repairer = new TextRepairer();
  #repairing: TextKind = "text";
  /** Units still to be dropped from what a resumed stream sends, because the log holds them. */
  #skip = 0;
  #shown = Number.POSITIVE_INFINITY;

  constructor(record: TurnRecord, phase: TurnPhase, input?: TurnInput) {
    this.record = record;
    this.phase = phase;
    this.input = input;
    this.#isEndPublished = phase.state === "settled";
    if (!this.#isEndPublished) this.content = new Content();
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    if (this.#isEndPublished) this.#resolveEnded();
  }

  get id(): string {
    return this.record.spec.id;
  }

  get isSettled(): boolean {
    return this.phase.state === "settled";
  }

  /** Whether its end is durable and has been handed to readers: before that its content must stay in memory. */
  get isEndPublished(): boolean {
    return this.#isEndPublished;
  }

  publishEnd(): void {
    this.#isEndPublished = true;
    this.#resolveEnded();
  }

  /** The turn was removed, or this life of the room is over: nobody waits for its end any more. */
  abandon(): void {
    this.controller?.abort();
    this.#resolveEnded();
  }

  /** Units of the answer that may be shown: all that has arrived, unless it is being shown at a pace. */
  get length(): number {
    if (this.content === undefined) return this.record.end?.length ?? 0;
    return Math.min(this.content.length, this.#shown);
  }

  /** Units of the answer that have arrived. */
  get arrived(): number {
    return this.content?.length ?? this.length;
  }

  /** The content in `[from, to)` that may be shown. A bound inside a surrogate pair moves down to its start. */
  slice(from: number, to = Number.POSITIVE_INFINITY): Part[] {
    return this.content?.slice(from, Math.min(to, this.length)) ?? [];
  }

  /** Shows the answer up to `offset` and no further (U6). */
  show(offset: number): void {
    this.#shown = offset;
  }

  /** What has not been shown never will be: the answer ends where it stands. */
  cutToShown(): void {
    if (this.#shown < this.arrived) this.content?.cut(this.#shown);
    this.#shown = Number.POSITIVE_INFINITY;
    this.loggedLength = Math.min(this.loggedLength, this.arrived);
  }

  advance(event: TurnEvent): void {
    this.phase = advance(this.phase, event);
  }

  /** Takes what storage holds of the answer. */
  restore(stored: StoredText): void {
    this.content = new Content(stored.parts);
    // A stop in the middle of an answer that was being shown at a pace ended it before the end of what is stored.
    const { end } = this.record;
    const isOpen = end === undefined;
    if (end !== undefined && end.length < this.content.length) this.content.cut(end.length);
    for (const part of isOpen ? stored.parts : []) {
      if (!isText(part)) this.partBytes += utf8Length(JSON.stringify(part));
    }
    this.loggedLength = this.content.length;
    this.rows = stored.rows;
    this.mark = stored.mark;
  }

  /**
   * Before a call. A resume continues after `mark`, so what lies between it and the end of what we hold will come again;
   * a new attempt begins a stream of its own.
   */
  rewind(resume: boolean): void {
    this.#repairer.end();
    if (!resume) this.mark = undefined;
    this.#skip = this.arrived - (this.mark?.offset ?? 0);
  }

  /**
   * Appends a batch's content. Returns whether the answer grew. Text past `maxLength` is left out: the caller sees the
   * length reach it and ends the turn.
   */
  take(batch: UpstreamBatch, maxLength: number): boolean {
    const { content } = this;
    if (content === undefined) return false;
    const before = content.length;
    for (const part of batch.parts) this.#append(content, part, maxLength);
    if (batch.usage !== undefined) this.usage = { ...this.usage, ...batch.usage };
    // While half a surrogate pair is held the last event is not wholly in the answer, so the mark stays behind it.
    if (batch.eventId !== undefined && !this.#repairer.holding) {
      this.mark = { eventId: batch.eventId, offset: content.length - this.#skip };
    }
    return content.length > before;
  }

  /** No more text follows: half a pair that still waits becomes U+FFFD. */
  endText(maxLength: number): void {
    if (this.content !== undefined) this.#endRun(this.content, maxLength);
  }

  /** Rows for what the log lacks; they count as logged from here on, so write them. */
  takeUnlogged(): { readonly firstRow: number; readonly rows: readonly unknown[] } {
    const firstRow = this.rows;
    const parts = this.content?.slice(this.loggedLength) ?? [];
    // A mark behind the logged length would make a resume skip twice; one beyond it, lose text.
    const rows = textRows(this.loggedLength, parts, this.mark);
    this.rows += rows.length;
    this.loggedLength = this.arrived;
    return { firstRow, rows };
  }

  #append(content: Content, part: Part, maxLength: number): void {
    if (!isText(part)) {
      this.#endRun(content, maxLength);
      this.#push(content, part, maxLength);
      return;
    }
    if (part.kind !== this.#repairing) {
      this.#endRun(content, maxLength);
      this.#repairing = part.kind;
    }
    this.#push(content, { kind: part.kind, text: this.#repairer.push(part.text) }, maxLength);
  }

  #endRun(content: Content, maxLength: number): void {
    this.#push(content, { kind: this.#repairing, text: this.#repairer.end() }, maxLength);
  }

  #push(content: Content, part: Part, maxLength: number): void {
    const units = unitsOf(part);
    const skipped = Math.min(this.#skip, units);
    this.#skip -= skipped;
    const room = maxLength - content.length;
    if (units === skipped || room <= 0) return;
    const fresh = skipped > 0 || units - skipped > room ? sliceParts([part], skipped, skipped + room) : [part];
    content.append(fresh);
  }
}
