/** Reads an answer event by event: what a gateway does, without its judgement. */
import { createParser } from "eventsource-parser";

export interface SseEvent {
  id: number;
  type: string;
  data: Record<string, unknown>;
}

export class SseReader {
  readonly response: Response;
  readonly comments: string[] = [];
  readonly events: SseEvent[] = [];
  isOver = false;
  #wake = Promise.withResolvers<void>();
  readonly #abort: AbortController;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    void this.#read();
  }

  static async open(url: string, init: RequestInit = {}): Promise<SseReader> {
    const abort = new AbortController();
    return new SseReader(await fetch(url, { ...init, signal: abort.signal }), abort);
  }

  /** Hangs up, as a browser that is closed does. */
  close(): void {
    this.#abort.abort();
  }

  /** Every event up to the first for which `isWanted` holds. Rejects when the stream ends without it. */
  async until(isWanted: (event: SseEvent) => boolean): Promise<SseEvent> {
    for (;;) {
      const event = this.events.find(isWanted);
      if (event !== undefined) return event;
      if (this.isOver) throw new Error(`the stream ended after ${JSON.stringify(this.events.at(-1))}`);
      await this.#wake.promise;
    }
  }

  async comment(): Promise<string> {
    for (;;) {
      const [comment] = this.comments;
      if (comment !== undefined) return comment;
      if (this.isOver) throw new Error("the stream ended without a comment");
      await this.#wake.promise;
    }
  }

  /** All events, when the stream has ended. */
  async end(): Promise<SseEvent[]> {
    while (!this.isOver) await this.#wake.promise;
    return this.events;
  }

  get text(): string {
    return textOf(this.events);
  }

  async #read(): Promise<void> {
    const parser = createParser({
      onEvent: ({ id, data: json }) => {
        // Events have no names: the type stands in the data.
        const { type, ...data } = JSON.parse(json) as { type: string } & Record<string, unknown>;
        this.events.push({ id: Number(id), type, data });
      },
      onComment: (comment) => this.comments.push(comment),
    });
    const decoder = new TextDecoder();
    try {
      for await (const bytes of this.response.body ?? []) {
        parser.feed(decoder.decode(bytes, { stream: true }));
        this.#notify();
      }
    } catch {
      // Hung up, by this side or the other: `isOver` says so, and the events say how far it came.
    }
    this.isOver = true;
    this.#notify();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

export const textOf = (events: readonly SseEvent[]): string =>
  events
    .filter(({ type }) => type === "delta")
    .map(({ data }) => data["data"])
    .join("");
