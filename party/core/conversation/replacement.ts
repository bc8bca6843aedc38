/**
 * Submits that replace a turn and all later ones (an edit, a regenerate). Turns that run are stopped first, intent first, as by
 * any stop; then the old turns go and the new one comes in one commit. Lost in between, the submit is sent again by its client
 * and finds them settled.
 */
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { fail, type Result } from "../../../shared/result.ts";
import type { Submit } from "../log/turn-record.ts";
import type { Turn } from "../turn/turn.ts";
import type { ConversationParts } from "./conversation-parts.ts";
import type { TurnStops } from "./stop/turn-stops.ts";

/** `known`: a turn of this id is already here with the same content, and nothing was started. */
export type Acceptance = "accepted" | "known" | AnsweredBefore;

/** The answers of a submit were given before, in the same way, by another turn. */
export interface AnsweredBefore {
  readonly answeredBy: string;
}

interface Pending {
  /** Fingerprint of the submit: tells a repetition from a conflict. */
  readonly print: string;
  readonly gone: readonly Turn[];
  readonly result: Promise<Result<Acceptance, ErrorCode>>;
}

export interface ReplacementParts extends ConversationParts {
  readonly turnStops: TurnStops;
}

export class Replacements {
  readonly #parts: ReplacementParts;
  /** Submits that wait until the turns they replace are stopped, by their turn ids. */
  readonly #pending = new Map<string, Pending>();

  constructor(parts: ReplacementParts) {
    this.#parts = parts;
  }

  /** How many submits wait, each of which has a place in the queue. */
  get size(): number {
    return this.#pending.size;
  }

  get(turnId: string): Pending | undefined {
    return this.#pending.get(turnId);
  }

  /**
   * The turn of this id and all later ones. Undefined where there is none, or where a submit that waits replaces it already: a
   * second click on "regenerate" finds the turn gone.
   */
  turnsFrom(turnId: string): readonly Turn[] | undefined {
    const { turns } = this.#parts;
    const first = turns.get(turnId);
    if (first === undefined) return undefined;
    for (const { gone } of this.#pending.values()) if (gone.includes(first)) return undefined;
    return turns.all().filter(({ record }) => record.spec.ordinal >= first.record.spec.ordinal);
  }

  /** @param accept called when the turns in `gone` are stopped, with those that are still there. */
  begin(
    frame: Submit,
    print: string,
    gone: readonly Turn[],
    accept: (gone: readonly Turn[]) => Result<Acceptance, ErrorCode>,
  ): Promise<Result<Acceptance, ErrorCode>> {
    // A submit that waits to replace later turns than this one is overtaken: its turn would be replaced too.
    for (const [turnId, other] of this.#pending)
      if (gone.some((turn) => other.gone.includes(turn))) this.#pending.delete(turnId);
    const result = this.#replace(frame, gone, accept);
    this.#pending.set(frame.turnId, { print, gone, result });
    return result;
  }

  async #replace(
    frame: Submit,
    gone: readonly Turn[],
    accept: (gone: readonly Turn[]) => Result<Acceptance, ErrorCode>,
  ): Promise<Result<Acceptance, ErrorCode>> {
    const { turns, turnStops, life } = this.#parts;
    const { epoch } = turns;
    // An active turn ends after its stop is durable: the queued turns have settled by then and don't start.
    for (const turn of gone) turnStops.stop(turn, "replace");
    await Promise.all(gone.map((turn) => turn.ended));
    // Everything that was decided before the wait is decided again.
    const isOvertaken = this.#pending.get(frame.turnId)?.gone !== gone;
    if (!isOvertaken) this.#pending.delete(frame.turnId);
    if (life.aborted) return fail("draining");
    if (isOvertaken || epoch !== turns.epoch || turns.tombstones.has(frame.turnId)) return fail("turn-stale");
    return accept(gone.filter((turn) => turns.has(turn)));
  }
}
