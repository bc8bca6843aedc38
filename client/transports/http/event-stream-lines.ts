/**
 * Reads an event stream's lines, as far as a room's stream uses them: `data` and `retry` (WHATWG HTML §9.2.6, without a lone
 * carriage return as a line end). The server reads upstreams with `eventsource-parser`; here that library would be a tenth of
 * what a page downloads.
 */
export class EventStreamLines {
  readonly #onData: (data: string) => void;
  readonly #onRetry: (ms: number) => void;
  #line = "";
  #data: string | undefined;

  constructor(onData: (data: string) => void, onRetry: (ms: number) => void) {
    this.#onData = onData;
    this.#onRetry = onRetry;
  }

  /** @param chunk the next piece of the stream, cut anywhere */
  feed(chunk: string): void {
    const [first = "", ...lines] = chunk.split("\n");
    this.#line += first;
    for (const line of lines) {
      this.#read(this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line);
      this.#line = line;
    }
  }

  #read(line: string): void {
    if (line === "") {
      const data = this.#data;
      this.#data = undefined;
      if (data !== undefined) this.#onData(data);
      return;
    }
    const [, field, value = ""] = /^([a-z]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "data") this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    if (field === "retry" && /^\d+$/.test(value)) this.#onRetry(Number(value));
  }
}
