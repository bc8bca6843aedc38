/** Reads an event stream as a browser does, and bytes where a test wants them. */
import { createParser, type EventSourceMessage } from "eventsource-parser";

export class EventReader {
  readonly events: EventSourceMessage[] = [];
  /** All bytes so far, as text. */
  text = "";
  /** The wait that the stream asked for, ms. */
  retry: number | undefined;
  /** As an `EventSource` keeps it. */
  lastEventId = "";
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #parser = createParser({
    onEvent: (event) => {
      this.events.push(event);
      if (event.id !== undefined) this.lastEventId = event.id;
    },
    onRetry: (ms) => {
      this.retry = ms;
    },
  });

  constructor(response: Response) {
    if (response.body === null) throw new Error(`no body: ${response.status}`);
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads until `done` holds. Throws when the stream ends before. */
  async until(done: (reader: this) => boolean): Promise<this> {
    while (!done(this)) if (!(await this.#read())) throw new Error(`the stream ended: ${this.text}`);
    return this;
  }

  async toEnd(): Promise<this> {
    while (await this.#read());
    return this;
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }

  /** Data of the events of this type, which is their name or stands in their data. */
  of(type: string): unknown[] {
    return this.events.flatMap(({ event, data }) => {
      if (event !== undefined) return event === type ? [JSON.parse(data) as unknown] : [];
      const { type: said, ...fields } = JSON.parse(data) as { type?: unknown };
      return said === type ? [fields] : [];
    });
  }

  /** The answer's text. */
  get answer(): string {
    // A raw answer has the backend's own events, which may have the former names.
    return [...this.of("delta"), ...this.of("token")]
      .map((event) => event as { data?: string; text?: string })
      .map(({ data, text }) => data ?? text)
      .join("");
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (done) return false;
    this.text += value;
    this.#parser.feed(value);
    return true;
  }
}
