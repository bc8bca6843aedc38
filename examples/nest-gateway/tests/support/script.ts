/** A producer that says what a test tells it to, when it is told. */
import { z } from "zod";
import type { Provider, ProviderRequest } from "../../src/providers/provider.ts";
import type { GenerationEvent } from "../../src/resumable/index.ts";

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

/** The scripts as a provider: each generation id follows the script that was set for it. */
export class ScriptedProvider implements Provider {
  readonly id = "scripted";
  readonly name = "Scripted";
  readonly models = [{ id: "scripted-1", name: "Scripted" }] as const;
  readonly params = z.unknown();
  readonly #scripts = new Map<string, Script>();

  script(generationId: string, options: { ignoresSignal?: boolean } = {}): Script {
    const script = new Script(options);
    this.#scripts.set(generationId, script);
    return script;
  }

  generate({ generationId }: ProviderRequest, signal: AbortSignal): AsyncIterable<GenerationEvent> {
    const script = this.#scripts.get(generationId);
    if (script === undefined) throw new Error(`no script for ${generationId}`);
    return script.produce(signal);
  }
}
