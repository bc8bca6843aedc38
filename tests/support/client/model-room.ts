/**
 * A room reduced to what its readers can tell: turns, their text, `seq`, `epoch`, `floor`. Slow and obvious on purpose; the
 * fold is held against it. It says which frames live readers get, and what a sync answers to a cursor (R3).
 */
import { joinParts, lengthOf, type Part, sliceParts } from "../../../shared/content.ts";
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { Outcome, ServerFrame, SyncTurn } from "../../../shared/protocol/server-frames.ts";

interface ModelTurn {
  readonly id: string;
  readonly prompt: string;
  readonly queuedSeq: number;
  started: boolean;
  parts: Part[];
  /** Units in the log: what a crash leaves. */
  logged: number;
  end?: { seq: number; outcome: Outcome };
}

export class ModelRoom {
  readonly turns: ModelTurn[] = [];
  #epoch = 1;
  #seq = 0;
  #floor = 0;
  #removed = new Map<string, number>();
  #ids = 0;
  #used = new Set<string>();

  /** Each step returns the frames it sends to every live reader; an impossible step does nothing. */
  queue(prompt: string, id = `t${this.#ids}`): ServerFrame[] {
    this.#ids += 1;
    // T1: an id is used once, also when its turn is gone.
    if (this.#used.has(id)) return [];
    this.#used.add(id);
    const turn: ModelTurn = { id, prompt, queuedSeq: this.#next(), started: false, parts: [], logged: 0 };
    this.turns.push(turn);
    return [
      {
        type: "turn-queued",
        seq: turn.queuedSeq,
        turnId: turn.id,
        input: { prompt },
        author: "anna",
        createdAt: 1,
        position: this.#positionOf(turn),
      },
    ];
  }

  start(): ServerFrame[] {
    const turn = this.turns.find((candidate) => candidate.end === undefined);
    if (turn === undefined || turn.started) return [];
    turn.started = true;
    return [{ type: "turn-start", seq: this.#next(), turnId: turn.id }, ...this.#positions()];
  }

  /** Appends to the open turn, as deltas cut wherever `cuts` says. */
  append(more: readonly Part[], cuts: readonly number[]): ServerFrame[] {
    const turn = this.#open();
    if (turn === undefined) return [];
    const from = lengthOf(turn.parts);
    turn.parts = joinParts(turn.parts, more);
    return this.deltas(turn.id, from, cuts);
  }

  deltas(turnId: string, from: number, cuts: readonly number[]): ServerFrame[] {
    const turn = this.turns.find(({ id }) => id === turnId);
    if (turn === undefined) return [];
    const length = lengthOf(turn.parts);
    const bounds = [from, ...cuts.map((cut) => from + (cut % (length - from + 1))).sort((a, b) => a - b), length];
    const frames: ServerFrame[] = [];
    let offset = from;
    for (const to of bounds) {
      const parts = sliceParts(turn.parts, offset, to);
      if (lengthOf(parts) === 0) continue;
      frames.push({ type: "turn-delta", turnId, offset, parts });
      offset += lengthOf(parts);
    }
    return frames;
  }

  log(): ServerFrame[] {
    const turn = this.#open();
    if (turn !== undefined) turn.logged = lengthOf(turn.parts);
    return [];
  }

  end(outcome: Outcome): ServerFrame[] {
    const turn = this.#open();
    if (turn === undefined) return [];
    turn.end = { seq: this.#next(), outcome };
    return [{ type: "turn-end", seq: turn.end.seq, turnId: turn.id, length: lengthOf(turn.parts), outcome }];
  }

  get epoch(): string {
    return `e${this.#epoch}`;
  }

  /** T1: whether an id was used, also one that only a stop spoke of. */
  knows(id: string): boolean {
    return this.#used.has(id);
  }

  /** T3: legal in every open state; the id of an unknown turn is remembered, so that it never runs. */
  cancel(id: string): ServerFrame[] {
    this.#used.add(id);
    const turn = this.turns.find((candidate) => candidate.id === id && candidate.end === undefined);
    if (turn === undefined) return [];
    turn.end = { seq: this.#next(), outcome: "cancelled" };
    const length = lengthOf(turn.parts);
    return [{ type: "turn-end", seq: turn.end.seq, turnId: id, length, outcome: "cancelled" }, ...this.#positions()];
  }

  remove(pick: number): ServerFrame[] {
    const from = this.turns.findIndex((turn, at) => turn.end !== undefined && at >= pick % (this.turns.length + 1));
    if (from < 0) return [];
    const ids = this.turns.splice(from).map(({ id }) => id);
    const seq = this.#next();
    for (const id of ids) this.#removed.set(id, seq);
    return [{ type: "turn-removed", seq, turnIds: ids }];
  }

  /** Oldest turns go, without a word: a reader from before gets a snapshot. */
  trim(): ServerFrame[] {
    const [oldest] = this.turns;
    if (oldest?.end === undefined) return [];
    this.turns.shift();
    this.#floor = this.#seq;
    return [];
  }

  clear(): ServerFrame[] {
    this.turns.length = 0;
    this.#removed.clear();
    this.#used.clear();
    this.#epoch += 1;
    this.#seq = 0;
    this.#floor = 0;
    return [this.sync(undefined)];
  }

  /** Memory is lost; what was not in the log comes again as it was (F3), or the turn is over where the log ends (T5). */
  crash(resumes: boolean): ServerFrame[] {
    const turn = this.#open();
    if (turn === undefined) return [];
    const lost = sliceParts(turn.parts, turn.logged);
    turn.parts = sliceParts(turn.parts, 0, turn.logged);
    if (resumes) {
      turn.parts = joinParts(turn.parts, lost);
      return this.deltas(turn.id, turn.logged, []);
    }
    return this.end("interrupted");
  }

  sync(have: Have | undefined): ServerFrame {
    const isDelta = have !== undefined && have.epoch === this.epoch && have.seq <= this.#seq && have.seq >= this.#floor;
    const base = { type: "sync", epoch: this.epoch, seq: this.#seq, floor: this.#floor } as const;
    if (!isDelta) return { ...base, mode: "snapshot", turns: this.turns.map((turn) => this.#listed(turn, 0, true)) };
    const turns = this.turns.flatMap((turn) => {
      const held = Object.hasOwn(have.offsets, turn.id) ? have.offsets[turn.id] : undefined;
      if (held === undefined && turn.end !== undefined && turn.end.seq <= have.seq) return [];
      const length = lengthOf(turn.parts);
      const from = length - lengthOf(sliceParts(turn.parts, Math.min(held ?? 0, length)));
      return [this.#listed(turn, from, turn.queuedSeq > have.seq)];
    });
    const removed = [...this.#removed].filter(([, seq]) => seq > have.seq).map(([id]) => id);
    return { ...base, mode: "delta", turns, ...(removed.length === 0 ? {} : { removed }) };
  }

  #listed(turn: ModelTurn, from: number, isNew: boolean): SyncTurn {
    const state = stateOf(turn);
    return {
      id: turn.id,
      state,
      from,
      parts: sliceParts(turn.parts, from),
      length: lengthOf(turn.parts),
      ...(state === "queued" ? { position: this.#positionOf(turn) } : {}),
      ...(turn.end === undefined ? {} : { outcome: turn.end.outcome }),
      ...(isNew ? { input: { prompt: turn.prompt }, author: "anna", createdAt: 1 } : {}),
    };
  }

  #positions(): ServerFrame[] {
    return this.turns
      .filter((turn) => stateOf(turn) === "queued")
      .map((turn) => ({ type: "turn-position", turnId: turn.id, position: this.#positionOf(turn) }));
  }

  #positionOf(turn: ModelTurn): number {
    return this.turns.filter((other) => stateOf(other) === "queued").indexOf(turn);
  }

  #open(): ModelTurn | undefined {
    return this.turns.find((turn) => turn.started && turn.end === undefined);
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }
}

function stateOf(turn: ModelTurn): "queued" | "opening" | "streaming" | "settled" {
  if (turn.end !== undefined) return "settled";
  if (!turn.started) return "queued";
  return turn.parts.length === 0 ? "opening" : "streaming";
}
