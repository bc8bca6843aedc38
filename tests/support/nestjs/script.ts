/** A producer that says what a test tells it to, when it is told. */

import type { GenerationEvent } from "../../../nestjs/index.ts";

export class Script {
  /** Times that it was run. */
  runs = 0;
  signal: AbortSignal | undefined;
  readonly #queue: (GenerationEvent | Error | "return")[] = [];
  #wake = Promise.withResolvers<void>();
  readonly #ignoresSignal: boolean;

  constructor({ ignoresSignal = false } = {}) {
    this.#ignoresSignal = ignoresSignal;
  }

  say(...events: (GenerationEvent | Error | "return")[]): this {
    this.#queue.push(...events);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
    return this;
  }

  start(): this {
    return this.say({ type: "start", model: "scripted-1" });
  }

  tokens(...texts: string[]): this {
    return this.say(...texts.map((text) => ({ type: "delta" as const, data: text })));
  }

  done(): this {
    return this.say({ type: "complete", finishReason: "stop" });
  }

  readonly produce = async function* (this: Script, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    this.runs += 1;
    this.signal = signal;
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    for (;;) {
      const next = this.#queue.shift();
      if (next === undefined) {
        await (this.#ignoresSignal ? this.#wake.promise : Promise.race([this.#wake.promise, aborted]));
        if (signal.aborted && !this.#ignoresSignal) return;
        continue;
      }
      if (next === "return") return;
      if (next instanceof Error) throw next;
      yield next;
    }
  }.bind(this);
}
