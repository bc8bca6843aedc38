/**
 * What exists of a turn only while it is active in this life of the room: its call to the upstream, its place in a trace,
 * and what the upstream reported. Nothing of it is stored; a wake makes a new one from the turn's record.
 */
import type { Usage } from "../../../shared/protocol/server-frames.ts";
import type { TurnTrace } from "./trace/turn-spans.ts";
import type { TurnTimes } from "./trace/turn-times.ts";

export class ActiveRun {
  /** Aborts the turn's work at the upstream. */
  readonly controller = new AbortController();
  readonly isRecovered: boolean;
  /** For the report at the turn's end. */
  readonly times: TurnTimes = { chunks: 0 };
  /** The id under which the upstream and the Limiter know the turn. Undefined until it is computed: neither was asked before. */
  generationId: string | undefined;
  trace: TurnTrace | undefined;
  model: string | undefined;
  usage: Usage | undefined;
  /** A generation may be running at the upstream, so the turn's end must stop it unless the upstream ended it itself (U7). */
  mayGenerate: boolean;
  /** The lease was given back. */
  isReleased = false;
  /** The turn's record has something that storage lacks and that the next row brings along. */
  isRecordBehind = false;

  /**
   * @param isRecovered the turn was active when the object was lost.
   * @param hasCalled a call was counted then, and may have reached the upstream.
   */
  constructor(isRecovered: boolean, hasCalled: boolean) {
    this.isRecovered = isRecovered;
    this.mayGenerate = hasCalled;
  }
}
