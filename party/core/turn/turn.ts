/**
 * A turn in the room's memory: its stored record, its phase, its question and its answer. What exists in one phase only
 * belongs to that phase. Whoever changes a turn also stores and sends the change.
 */
import type { Part } from "../../../shared/content.ts";
import type { TurnInput } from "../../../shared/protocol/client-frames.ts";
import type { TurnEnd, TurnRecord, TurnStart } from "../log/turn-record.ts";
import { ActiveRun } from "./active-run.ts";
import { Answer } from "./answer.ts";
import { advance, type TurnEvent, type TurnPhase } from "./turn-state.ts";

/** What a turn holds beside its record, by phase. */
type Holding =
  | { readonly kind: "queued" }
  | { readonly kind: "active"; readonly run: ActiveRun }
  /** `isEndPublished`: the end is durable and was handed to readers. */
  | { readonly kind: "settled"; readonly isEndPublished: boolean };

export class Turn {
  record: TurnRecord;
  /** The answer; undefined for a settled turn whose text is only in storage. */
  answer: Answer | undefined;
  /** The question; undefined for a settled turn whose question is only in storage. */
  input: TurnInput | undefined;
  /** Resolves when the end is durable and handed to readers, or when the turn is gone with its room. */
  readonly ended: Promise<void>;
  #phase: TurnPhase;
  #holding: Holding;
  #resolveEnded: () => void = () => undefined;

  constructor(record: TurnRecord, phase: TurnPhase, input?: TurnInput) {
    this.record = record;
    this.input = input;
    this.#phase = phase;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    if (phase.state === "queued") this.#holding = { kind: "queued" };
    else if (phase.state !== "settled") {
      this.#holding = { kind: "active", run: new ActiveRun(true, record.attempts > 0 || record.resumes > 0) };
    } else {
      this.#holding = { kind: "settled", isEndPublished: true };
      this.#resolveEnded();
    }
    if (phase.state !== "settled") this.answer = new Answer();
  }

  get id(): string {
    return this.record.spec.id;
  }

  get phase(): TurnPhase {
    return this.#phase;
  }

  get isSettled(): boolean {
    return this.#holding.kind === "settled";
  }

  /** Whether its end is durable and was handed to readers. Before that its content must stay in memory. */
  get isEndPublished(): boolean {
    return this.#holding.kind === "settled" && this.#holding.isEndPublished;
  }

  /** The work at the upstream; undefined unless the turn is active. */
  get run(): ActiveRun | undefined {
    return this.#holding.kind === "active" ? this.#holding.run : undefined;
  }

  get model(): string | undefined {
    return this.run?.model ?? this.record.end?.model ?? this.record.upstream?.model;
  }

  /** Units of the answer that may be shown. */
  get length(): number {
    return this.answer?.length ?? this.record.end?.length ?? 0;
  }

  /** Bytes of the answer's parts that aren't text, as JSON; counted while the turn isn't settled. */
  get partBytes(): number {
    return this.answer?.partBytes ?? 0;
  }

  /**
   * The content in `[from, to)` that may be shown; nothing where the text is only in storage. A bound inside a surrogate pair
   * moves down to its start.
   */
  slice(from: number, to?: number): Part[] {
    return this.answer?.slice(from, to) ?? [];
  }

  /** Leaves the queue. The start counts the first call, so that a turn that gets its lease at once needs no further write. */
  start(start: TurnStart): void {
    this.record = { ...this.record, start, attempts: 1 };
    this.#holding = { kind: "active", run: new ActiveRun(false, false) };
    this.advance({ type: "open" });
  }

  /** Moves between the phases of an active turn. */
  advance(event: Exclude<TurnEvent, { type: "settle" }>): void {
    this.#phase = advance(this.#phase, event);
  }

  /** Ends the turn, once. The end is not published yet. */
  settle(end: TurnEnd): void {
    const { waitUntil: _, ...record } = this.record;
    this.record = { ...record, end };
    this.run?.controller.abort();
    this.#phase = advance(this.#phase, { type: "settle", ending: end });
    this.#holding = { kind: "settled", isEndPublished: false };
  }

  publishEnd(): void {
    this.#holding = { kind: "settled", isEndPublished: true };
    this.#resolveEnded();
  }

  /** The turn was removed, or this life of the room is over: its work ends, and nobody waits for its end any more. */
  abandon(): void {
    this.run?.controller.abort();
    this.#resolveEnded();
  }
}
