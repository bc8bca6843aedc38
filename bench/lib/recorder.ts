/** What one tab receives: counts, ages and gaps, taken from the bytes themselves. */
import { nowUs, StampScanner } from "./stamp.ts";

export class Recorder {
  tokens = 0;
  frames = 0;
  bytes = 0;
  /** Age of each token when it came, µs. */
  readonly agesUs: number[] = [];
  /** Time between two moments at which text came, µs. */
  readonly gapsUs: number[] = [];
  firstAtUs = 0;
  lastAtUs = 0;
  readonly #scanner = new StampScanner();
  #waiting: { readonly tokens: number; readonly resolve: () => void }[] = [];

  /** One frame, or one read of a stream. ASCII: a character is a byte. */
  take(text: string): void {
    const now = nowUs();
    const before = this.tokens;
    this.frames += 1;
    this.bytes += text.length;
    this.#scanner.scan(text, (stampUs) => {
      this.tokens += 1;
      this.agesUs.push(now - stampUs);
    });
    if (this.tokens === before) return;
    if (this.firstAtUs === 0) this.firstAtUs = now;
    else this.gapsUs.push(now - this.lastAtUs);
    this.lastAtUs = now;
    if (this.#waiting.length > 0) this.#wake();
  }

  /** Forgets what came so far. Nothing may be waiting. */
  clear(): void {
    this.tokens = 0;
    this.frames = 0;
    this.bytes = 0;
    this.agesUs.length = 0;
    this.gapsUs.length = 0;
    this.firstAtUs = 0;
  }

  /** Resolves when `tokens` in all have come. */
  until(tokens: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ tokens, resolve });
      this.#wake();
    });
  }

  #wake(): void {
    const ready = this.#waiting.filter(({ tokens }) => this.tokens >= tokens);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter(({ tokens }) => this.tokens < tokens);
    for (const { resolve } of ready) resolve();
  }
}

/** The samples of several tabs together. */
export function samplesOf(recorders: Iterable<Recorder>, of: (recorder: Recorder) => readonly number[]): number[] {
  const all: number[] = [];
  for (const recorder of recorders) for (const value of of(recorder)) all.push(value);
  return all;
}

export function sumOf(recorders: Iterable<Recorder>, of: (recorder: Recorder) => number): number {
  let sum = 0;
  for (const recorder of recorders) sum += of(recorder);
  return sum;
}
