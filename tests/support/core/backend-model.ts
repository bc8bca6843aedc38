/**
 * The upstream contract (design §7) in memory, for schedules that a test draws at random: a generation has one text, cut
 * into events where the schedule says; it can be resumed, stopped, cut off; and it counts what it was asked.
 */
import { type Upstream, type UpstreamBatch, UpstreamFailure, type UpstreamRequest } from "../../../party/core/ports.ts";

interface Generation {
  readonly text: string;
  /** Events so far: how much text each carried. Event ids are 1 for the start, then 2, 3, … */
  readonly cuts: string[];
  produced: number;
  isDone: boolean;
  isStopped: boolean;
  reader: Reader | undefined;
}

class Reader {
  readonly #queue: UpstreamBatch[] = [];
  #wake: () => void = () => undefined;
  #isCut = false;
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener("abort", () => this.#wake());
  }

  push(batch: UpstreamBatch): void {
    this.#queue.push(batch);
    this.#wake();
  }

  cut(): void {
    this.#isCut = true;
    this.#wake();
  }

  async *batches(): AsyncGenerator<UpstreamBatch> {
    for (;;) {
      if (this.signal.aborted) throw new Error("aborted");
      const batch = this.#queue.shift();
      if (batch !== undefined) yield batch;
      else if (this.#isCut) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

export class BackendModel implements Upstream {
  readonly generations = new Map<string, Generation>();
  readonly #tombstones = new Set<string>();
  /** Calls that fail before their headers, from now on. */
  isDown = false;
  /** Whether `start` promises a resume. */
  readonly resumable: boolean;
  /** Generations that were begun, ever. */
  begun = 0;

  constructor(resumable: boolean) {
    this.resumable = resumable;
  }

  async open(request: UpstreamRequest, signal: AbortSignal): Promise<AsyncIterable<UpstreamBatch>> {
    if (this.isDown) throw new UpstreamFailure("upstream-unreachable", true);
    if (this.#tombstones.has(request.generationId)) throw rejected();
    let generation = this.generations.get(request.generationId);
    if (generation === undefined) {
      if (request.lastEventId !== undefined) throw rejected();
      this.begun += 1;
      generation = begin(request.messages.at(-1)?.content ?? "");
      this.generations.set(request.generationId, generation);
    } else if (!this.resumable) throw rejected();
    const reader = new Reader(signal);
    generation.reader?.cut();
    generation.reader = reader;
    const after = Number(request.lastEventId ?? 0);
    for (let id = after + 1; id <= generation.cuts.length + 1; id += 1) reader.push(this.#event(generation, id));
    if (generation.isDone || generation.isStopped)
      reader.push({ parts: [], end: { kind: "done", finishReason: "stop" } });
    return reader.batches();
  }

  async stop(generationId: string): Promise<"confirmed" | "unsupported"> {
    if (this.isDown) throw new Error("unreachable");
    const generation = this.generations.get(generationId);
    if (generation === undefined) this.#tombstones.add(generationId);
    else generation.isStopped = true;
    return "confirmed";
  }

  /** The `index`-th generation that is not over says the next `units` of its text. */
  produce(index: number, units: number): void {
    const generation = this.#running(index);
    if (generation === undefined) return;
    const text = generation.text.slice(generation.produced, generation.produced + units);
    generation.produced += text.length;
    generation.cuts.push(text);
    generation.reader?.push(this.#event(generation, generation.cuts.length + 1));
    if (generation.produced >= generation.text.length) this.#end(generation);
  }

  finish(index: number): void {
    const generation = this.#running(index);
    if (generation !== undefined) this.produce(index, generation.text.length - generation.produced);
  }

  /** The connection breaks; the generation goes on. */
  cut(index: number): void {
    this.#running(index)?.reader?.cut();
  }

  get running(): number {
    return [...this.generations.values()].filter((generation) => !isOver(generation)).length;
  }

  #running(index: number): Generation | undefined {
    const running = [...this.generations.values()].filter((generation) => !isOver(generation));
    return running[index % Math.max(1, running.length)];
  }

  #end(generation: Generation): void {
    generation.isDone = true;
    generation.reader?.push({ parts: [], end: { kind: "done", finishReason: "stop" } });
  }

  #event(generation: Generation, id: number): UpstreamBatch {
    if (id === 1) return { parts: [], eventId: "1", start: { model: "model", resumable: this.resumable } };
    return { parts: [{ kind: "text", text: generation.cuts[id - 2] ?? "" }], eventId: String(id) };
  }
}

function begin(prompt: string): Generation {
  const text = answerTo(prompt);
  return { text, cuts: [], produced: 0, isDone: false, isStopped: false, reader: undefined };
}

function isOver(generation: Generation): boolean {
  return generation.isDone || generation.isStopped;
}

function rejected(): UpstreamFailure {
  return new UpstreamFailure("upstream-rejected", false, { byUpstream: true });
}

/** The one text a prompt is answered with; it has characters of one, two and three bytes, and pairs. */
export function answerTo(prompt: string): string {
  return `${prompt}: Grüße, 你好 and 😀 to you. `.repeat(3);
}
