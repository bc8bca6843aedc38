/**
 * Records the frames that the page receives, with their times, and sums them up per turn, for the developer panel. Deltas of
 * one turn in a row are one entry. Only the newest entries are kept. Draws nothing.
 */

import type { ConnectionState } from "../../../client/index.ts";
import type { ServerFrame } from "../../../shared/index.ts";

const maxEntries = 200;
const maxTurns = 20;

export interface TimelineEntry {
  readonly key: number;
  /** Milliseconds since 1970, of the first frame in it. */
  readonly at: number;
  readonly type: ServerFrame["type"] | "transport";
  /** Ids, codes and sizes; nothing of the conversation. */
  readonly detail: string;
  /** Frames in it. */
  readonly count: number;
}

/** A turn as this page saw it. Fields that it did not see are absent. */
export interface TurnTiming {
  readonly turnId: string;
  readonly queuedAt?: number;
  readonly startedAt?: number;
  readonly firstAt?: number;
  readonly lastAt?: number;
  readonly deltas: number;
  readonly length: number;
  readonly outputTokens?: number;
  readonly outcome?: string;
}

export interface TimelineSnapshot {
  readonly entries: readonly TimelineEntry[];
  readonly turns: readonly TurnTiming[];
  /** Syncs after the first: connections that continued. */
  readonly resumes: number;
  readonly notices: number;
}

const EMPTY: TimelineSnapshot = { entries: [], turns: [], resumes: 0, notices: 0 };

export class Timeline {
  #snapshot = EMPTY;
  #nextKey = 0;
  #syncs = 0;
  #transport = "";
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): TimelineSnapshot => this.#snapshot;

  readonly onFrame = (frame: ServerFrame): void => {
    const at = this.#now();
    if (frame.type === "sync") this.#syncs += 1;
    const { notices } = this.#snapshot;
    this.#snapshot = {
      entries: this.#with(frame.type, detailOf(frame), at),
      turns: timed(this.#snapshot.turns, frame, at),
      resumes: Math.max(0, this.#syncs - 1),
      notices: frame.type === "notice" ? notices + 1 : notices,
    };
    this.#tell();
  };

  /** Records a change of the transport. */
  connected(connection: ConnectionState): void {
    const transport = connection.state === "online" ? connection.transport : "";
    if (transport === this.#transport) return;
    this.#transport = transport;
    if (transport === "") return;
    const because = connection.state === "online" && connection.because !== undefined ? ` (${connection.because})` : "";
    this.#snapshot = { ...this.#snapshot, entries: this.#with("transport", transport + because, this.#now()) };
    this.#tell();
  }

  #with(type: TimelineEntry["type"], detail: string, at: number): readonly TimelineEntry[] {
    const { entries } = this.#snapshot;
    const last = entries.at(-1);
    if (type === "turn-delta" && last?.type === type && last.detail === detail) {
      return [...entries.slice(0, -1), { ...last, count: last.count + 1 }];
    }
    this.#nextKey += 1;
    return [...entries.slice(1 - maxEntries), { key: this.#nextKey, at, type, detail, count: 1 }];
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function detailOf(frame: ServerFrame): string {
  switch (frame.type) {
    case "welcome":
      return frame.sessionId;
    case "sync":
      return `${frame.mode} · ${frame.turns.length} · seq ${frame.seq}`;
    case "turn-end":
      return [short(frame.turnId), frame.outcome, frame.error?.code].filter((part) => part !== undefined).join(" · ");
    case "turn-position":
      return `${short(frame.turnId)} · ${frame.position}`;
    case "turn-removed":
      return frame.turnIds.map(short).join(", ");
    case "notice":
    case "error":
      return frame.turnId === undefined ? frame.code : `${frame.code} · ${short(frame.turnId)}`;
    case "presence":
      return String(frame.viewers);
    case "goaway":
      return frame.reason;
    case "turn-queued":
    case "turn-start":
    case "turn-delta":
      return short(frame.turnId);
    default:
      return "";
  }
}

/** The part of an id that is shown: enough to distinguish turns on a screen. */
export function short(turnId: string): string {
  return turnId.slice(0, 8);
}

function timed(turns: readonly TurnTiming[], frame: ServerFrame, at: number): readonly TurnTiming[] {
  switch (frame.type) {
    case "turn-queued":
      return [...turns.slice(1 - maxTurns), { turnId: frame.turnId, queuedAt: at, deltas: 0, length: 0 }];
    case "turn-start":
      return changed(turns, frame.turnId, () => ({ startedAt: at }));
    case "turn-delta":
      return changed(turns, frame.turnId, ({ firstAt = at, deltas }) => ({ firstAt, lastAt: at, deltas: deltas + 1 }));
    case "turn-end":
      return changed(turns, frame.turnId, () => ({
        length: frame.length,
        outcome: frame.outcome,
        ...(frame.usage?.outputTokens === undefined ? {} : { outputTokens: frame.usage.outputTokens }),
      }));
    default:
      return turns;
  }
}

function changed(
  turns: readonly TurnTiming[],
  turnId: string,
  change: (turn: TurnTiming) => Partial<TurnTiming>,
): readonly TurnTiming[] {
  return turns.map((turn) => (turn.turnId === turnId ? { ...turn, ...change(turn) } : turn));
}

/** Milliseconds from the acceptance of the question to the first word of the answer. */
export function firstTokenMs({ queuedAt, firstAt }: TurnTiming): number | undefined {
  return queuedAt === undefined || firstAt === undefined ? undefined : firstAt - queuedAt;
}

/** The number that the backend counted; undefined before it reported one. */
export function tokensPerSecond({ firstAt, lastAt, outputTokens }: TurnTiming): number | undefined {
  if (firstAt === undefined || lastAt === undefined || outputTokens === undefined || lastAt <= firstAt)
    return undefined;
  return outputTokens / ((lastAt - firstAt) / 1_000);
}
