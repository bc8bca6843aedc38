/** The framings that are not server-sent events: lines, a JSON array, a JSON document and bare text. */
import { isObject, jsonOrUndefined, looksLikeMarkup, malformed } from "./dialects/stream-event.ts";
import { type Framing, type FramingSink, maxEventUnits } from "./framing-contract.ts";

/** One value on each line; also server-sent events whose blank lines are missing. */
export class LineFraming implements Framing {
  readonly #sink: FramingSink;
  #held = "";
  #name: string | undefined;

  constructor(sink: FramingSink) {
    this.#sink = sink;
  }

  feed(text: string): void {
    if (this.#held !== "" && !/[\r\n]/.test(text) && !this.#held.endsWith("\r")) {
      this.#held += text;
      if (this.#held.length > maxEventUnits) this.#sink.onFailure(malformed("a line without end"));
      return;
    }
    const lines = (this.#held + text).split(/\r\n|\n|\r(?=[^\n])/);
    this.#held = lines.pop() ?? "";
    if (this.#held.length > maxEventUnits) this.#sink.onFailure(malformed("a line without end"));
    for (const line of lines) this.#line(line);
  }

  end(): boolean {
    const line = this.#held.trim();
    this.#held = "";
    if (line === "") return true;
    const data = line.replace(/^data:/, "");
    // A line without its end is read where nothing of it can be missing.
    const isWhole =
      jsonOrUndefined(data) !== undefined || jsonOrUndefined(data.slice(2)) !== undefined || /^\s*\[\w+\]$/.test(data);
    if (isWhole) this.#line(line);
    return isWhole;
  }

  #line(line: string): void {
    const text = line.startsWith("\u001E") ? line.slice(1) : line;
    if (text.trim() === "" || text.startsWith(":")) return;
    const [, field, value = ""] = /^(data|event|id|retry): ?(.*)$/.exec(text) ?? [];
    if (field === "event") this.#name = value;
    else if (field === "data") {
      this.#sink.onEvent(this.#name, value, undefined);
      this.#name = undefined;
    } else if (looksLikeMarkup(text)) this.#sink.onFailure(malformed("HTML in the stream"));
    else if (field === undefined) this.#sink.onEvent(undefined, text, undefined);
  }
}

/** The elements of a JSON array, each as soon as it is whole: Gemini's stream without `alt=sse`. */
export class ArrayFraming implements Framing {
  readonly #sink: FramingSink;
  #held = "";
  #at = 0;
  #depth = 0;
  #isString = false;
  #isEscaped = false;
  #start = -1;

  constructor(sink: FramingSink) {
    this.#sink = sink;
  }

  feed(text: string): void {
    this.#held += text;
    for (; this.#at < this.#held.length; this.#at += 1) this.#unit(this.#held.charAt(this.#at));
    if (this.#start < 0) {
      this.#held = "";
      this.#at = 0;
    } else if (this.#held.length - this.#start > maxEventUnits)
      this.#sink.onFailure(malformed("an element without end"));
  }

  end(): boolean {
    return this.#depth === 0;
  }

  #unit(unit: string): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isString) {
      if (unit === "\\") this.#isEscaped = true;
      else if (unit === '"') this.#isString = false;
    } else if (unit === '"') this.#isString = true;
    else if (unit === "{" || unit === "[") {
      this.#depth += 1;
      if (this.#depth === 2) this.#start = this.#at;
    } else if (unit === "}" || unit === "]") {
      this.#depth -= 1;
      if (this.#depth === 1) this.#element();
    }
  }

  #element(): void {
    const element = this.#held.slice(this.#start, this.#at + 1);
    this.#held = this.#held.slice(this.#at + 1);
    this.#at = -1;
    this.#start = -1;
    if (isObject(jsonOrUndefined(element))) this.#sink.onEvent(undefined, element, undefined);
    else this.#sink.onFailure(malformed("an element that is no object"));
  }
}

/** One JSON document, read to its end. */
export class DocumentFraming implements Framing {
  readonly #sink: FramingSink;
  #held = "";

  constructor(sink: FramingSink) {
    this.#sink = sink;
  }

  feed(text: string): void {
    this.#held += text;
    if (this.#held.length > maxEventUnits) this.#sink.onFailure(malformed("a document too large"));
  }

  end(): boolean {
    this.#sink.onDocument(this.#held);
    return true;
  }
}

/** Text as it comes. */
export class TextFraming implements Framing {
  readonly #sink: FramingSink;

  constructor(sink: FramingSink) {
    this.#sink = sink;
  }

  feed(text: string): void {
    // Text never holds it: these are bytes of another encoding, or no text at all.
    if (text.includes("\0")) this.#sink.onFailure(malformed("no text"));
    else if (text !== "") this.#sink.onText(text);
  }

  end(): boolean {
    return true;
  }
}
