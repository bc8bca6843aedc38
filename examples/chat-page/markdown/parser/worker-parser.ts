/**
 * Parses in a worker and gives up on an answer that takes too long: the worker is ended, so no text can block the page.
 * Without workers, every answer is shown as text.
 */
import type { ParsedMarkdown, ParseJob } from "./parsed-markdown.ts";

/** Parses on another thread. `parse` gives undefined for a text that cannot be parsed within the limits. */
export interface MarkdownParser {
  readonly isReady: boolean;
  parse(job: ParseJob): Promise<ParsedMarkdown | undefined>;
}

/** A new block takes about 1 ms, a whole answer of 100 kB about 500 ms; a slow phone needs ten times as long. */
const limitMs = 2_000;
const limitMsPerKilobyte = 50;
/** The limit is counted in steps, so that a device that sleeps in the middle of one loses one step. */
const stepMs = 250;

interface Waiting {
  readonly job: ParseJob;
  readonly resolve: (parsed: ParsedMarkdown | undefined) => void;
}

export class WorkerParser implements MarkdownParser {
  readonly #start: () => Worker;
  readonly #waiting: Waiting[] = [];
  #worker: Worker | undefined;
  #isReady = false;
  #isBroken = false;
  #active: Waiting | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor(start: () => Worker) {
    this.#start = start;
    this.#open();
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  parse(job: ParseJob): Promise<ParsedMarkdown | undefined> {
    if (this.#isBroken) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push({ job, resolve });
      this.#next();
    });
  }

  #open(): void {
    this.#isReady = false;
    try {
      const worker = this.#start();
      this.#worker = worker;
      worker.onmessage = ({ data }: MessageEvent<ParsedMarkdown | "ready" | undefined>) => {
        if (data === "ready") this.#isReady = true;
        else this.#settle(data);
        this.#next();
      };
      worker.onerror = () => this.#break();
    } catch {
      this.#break(); // No workers here, or a policy forbids them.
    }
  }

  /** Hands over the job that came last: the answer that is being read is at the end of the conversation. */
  #next(): void {
    if (!this.#isReady || this.#active !== undefined) return;
    const next = this.#waiting.pop();
    if (next === undefined) return;
    this.#active = next;
    const { text, from } = next.job;
    let steps = (limitMs + (limitMsPerKilobyte * (text.length - from)) / 1024) / stepMs;
    this.#clock = setInterval(() => {
      steps -= 1;
      if (steps <= 0) this.#restart();
    }, stepMs);
    this.#worker?.postMessage(next.job);
  }

  #settle(parsed: ParsedMarkdown | undefined): void {
    clearInterval(this.#clock);
    const active = this.#active;
    this.#active = undefined;
    active?.resolve(parsed);
  }

  #restart(): void {
    this.#worker?.terminate();
    this.#settle(undefined);
    this.#open();
  }

  #break(): void {
    this.#isBroken = true;
    this.#worker?.terminate();
    this.#settle(undefined);
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
  }
}

let shared: MarkdownParser | undefined;

/** The one parser of the page; made when it is first asked for. */
export function sharedParser(): MarkdownParser {
  shared ??= new WorkerParser(() => new Worker(new URL("./parser-worker.ts", import.meta.url), { type: "module" }));
  return shared;
}
