/**
 * A room of the simulation. The shipped turn queue decides which turn starts, and the shipped agenda when the object wakes;
 * `world.ts` has its calls to the Limiter and the backend.
 */

import { watchdogMs } from "../../party/core/conversation/commit.ts";
import { type Wait, withJitter } from "../../party/core/limiter/limiter-port.ts";
import { Agenda } from "../../party/core/log/agenda.ts";
import { startable } from "../../party/core/turn/turn-queue.ts";
import { advance, type TurnPhase } from "../../party/core/turn/turn-state.ts";
import type { World } from "./world.ts";

/** Waits up to this long use a timer; longer ones the agenda (`party/core/conversation/run/turn-runner.ts`). */
const timerWaitMs = 10_000;
const expireMs = 30 * 86_400_000;
const turnTimeoutMs = 600_000;

interface SimulatedTurn {
  readonly id: string;
  readonly submittedAt: number;
  deadlineAt: number;
  phase: TurnPhase;
}

export class SimulatedRoom {
  readonly name: string;
  readonly #world: World;
  readonly #agenda = new Agenda();
  #turns: SimulatedTurn[] = [];
  #submitted = 0;

  constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
  }

  submit(): void {
    const { time } = this.#world;
    this.#submitted += 1;
    const id = `${this.name}-${this.#submitted}`;
    this.#turns.push({ id, submittedAt: time.now, deadlineAt: 0, phase: { state: "queued" } });
    this.#agenda.set("watchdog", time.now + watchdogMs);
    this.#startNext();
    this.#rearm();
  }

  #startNext(): void {
    for (const turn of startable(this.#turns, 1)) {
      turn.deadlineAt = this.#world.time.now + turnTimeoutMs;
      turn.phase = advance(turn.phase, { type: "wait" });
      this.#acquire(turn);
    }
  }

  #acquire(turn: SimulatedTurn): void {
    const answer = this.#world.acquire(this.name, turn.id, turn.deadlineAt);
    if (answer.kind === "wait") this.#wait(turn, answer);
    else {
      turn.phase = advance(turn.phase, { type: "open" });
      this.#world.call(
        () => this.#settle(turn),
        () => this.#refused(turn),
      );
      if (turn.phase.state === "opening") turn.phase = advance(turn.phase, { type: "content" });
    }
  }

  #refused(turn: SimulatedTurn): void {
    turn.phase = advance(turn.phase, { type: "wait" });
    this.#wait(turn, this.#world.report(this.name, turn.id, turn.deadlineAt));
  }

  #wait(turn: SimulatedTurn, { retryAfterMs }: Wait): void {
    const { time, random } = this.#world;
    const until = time.now + withJitter(retryAfterMs, random);
    if (until - time.now <= timerWaitMs) time.at(until, () => this.#acquire(turn));
    else {
      this.#agenda.set(`wait/${turn.id}`, until);
      this.#rearm();
    }
  }

  #settle(turn: SimulatedTurn): void {
    const { time } = this.#world;
    turn.phase = advance(turn.phase, { type: "settle", ending: { outcome: "completed" } });
    this.#turns = this.#turns.filter((other) => other !== turn);
    this.#world.settled(turn.id, this.name, turn.submittedAt);
    this.#startNext();
    if (this.#turns.length === 0) {
      this.#agenda.clear("watchdog");
      this.#agenda.set("expire", time.now + expireMs);
    }
    this.#rearm();
  }

  #rearm(): void {
    const at = this.#agenda.rearm();
    if (at === undefined) return;
    this.#world.count("alarmsSet");
    // Beyond the simulation's end: rings when nobody looks.
    if (at <= this.#world.endAt) this.#world.time.at(at, () => this.#ring(at));
  }

  #ring(at: number): void {
    // An alarm that was moved to an earlier time has rung then.
    if (this.#world.time.now !== at) return;
    this.#world.count("alarmsRung");
    this.#agenda.fired();
    for (const name of this.#agenda.due(at)) {
      if (name === "watchdog") this.#agenda.set("watchdog", at + watchdogMs);
      else {
        this.#agenda.clear(name);
        const turn = this.#turns.find(({ id }) => name === `wait/${id}`);
        if (turn !== undefined) this.#acquire(turn);
      }
    }
    this.#rearm();
  }
}
