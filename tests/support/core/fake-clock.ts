/** Time that moves only when told. */
import type { MonotonicClock, Timer } from "../../../party/core/ports.ts";

/** Lets every promise that can go on do so. The fakes wait for nothing else, so one turn of the event loop is enough. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class FakeClock implements MonotonicClock {
  #now = 1_000_000;
  #elapsed = 0;
  #timers = new Map<number, { at: number; run: () => void }>();
  #nextId = 0;

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(ms: number, run: () => void): Timer {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#now + ms, run });
    return { cancel: () => this.#timers.delete(id) };
  }

  /** Timers that still run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on, ringing what is due in order; promises go on between the rings. */
  async advance(ms: number): Promise<void> {
    await settled();
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, { at, run }] = due;
      this.#timers.delete(id);
      this.#move(Math.max(this.#now, at));
      run();
      await settled();
    }
    this.#move(end);
  }

  /** The machine's clock is corrected. No time passes: timers ring when they would have rung. */
  jump(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers.values()) timer.at += ms;
  }

  #move(to: number): void {
    this.#elapsed += to - this.#now;
    this.#now = to;
  }

  /** The object was lost: no timer of its life rings any more. */
  forgetTimers(): void {
    this.#timers.clear();
  }
}
