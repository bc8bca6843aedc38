/**
 * Cuts a body into events. The first bytes tell how it is framed, because many backends name the wrong content type: server-sent
 * events, with and without blank lines between them, objects or AI SDK lines on lines of their own, a JSON array, one JSON
 * document, or bare text. The same bytes give the same events however they were cut.
 */
import { createParser } from "eventsource-parser";
import { UpstreamFailure } from "../core/ports.ts";
import type { Promised } from "./content-type.ts";
import { isDataStreamLine } from "./dialects/formats/data-stream.ts";
import { isObject, jsonOrUndefined, looksLikeMarkup, malformed, mayBecomeMarkup } from "./dialects/stream-event.ts";
import { type Framing, type FramingSink, maxEventUnits } from "./framing-contract.ts";
import { ArrayFraming, DocumentFraming, LineFraming, TextFraming } from "./plain-framings.ts";

export class SniffedFraming implements Framing {
  readonly #sink: FramingSink;
  readonly #promised: Promised;
  #head = "";
  #framing: Framing | undefined;

  constructor(promised: Promised, sink: FramingSink) {
    this.#promised = promised;
    this.#sink = sink;
  }

  feed(text: string): void {
    if (this.#framing !== undefined) {
      this.#framing.feed(text);
      return;
    }
    this.#head += text;
    // Only the end of a line can tell more of a long one.
    if (this.#head.length > maxHeadUnits && this.#head.length <= maxEventUnits && !/[\r\n]/.test(text)) return;
    this.#decide(false);
    // Blank lines that keep a connection alive, and no answer yet.
    if (this.#head.length > maxBlankUnits && withoutBlank(this.#head) === "") this.#head = "";
  }

  /** Bare text is an answer only where the type doesn't promise something else. */
  get #takesText(): boolean {
    return this.#promised === "text" || this.#promised === "events";
  }

  end(): boolean {
    if (this.#framing === undefined) this.#decide(true);
    return this.#framing?.end() ?? true;
  }

  #decide(isOver: boolean): void {
    const framing = this.#framingOf(this.#head, isOver);
    if (framing === undefined) return;
    this.#framing = framing;
    const head = this.#head;
    this.#head = "";
    framing.feed(head);
  }

  /** Undefined while more must be read to tell. */
  #framingOf(head: string, isOver: boolean): Framing | undefined {
    const text = withoutBlank(head);
    if (text === "") return isOver ? new EventFraming(this.#sink) : undefined;
    const first = text.charAt(0);
    if (first === ":" || failureField.test(text)) return new EventFraming(this.#sink);
    if (first === "<") return this.#markup(text, isOver);
    if (first === "{" || first === '"') return this.#lines(text, isOver);
    if (first === "[") return this.#array(text, isOver);
    if (/^(?:data|event|id|retry)(?::|[\r\n])|^[\w-]+:[ \t]*(?:\r\n|\n|\r(?!\n))(?:data|event):/.test(text))
      return this.#events(text, isOver);
    if (!isOver && (fieldNames.some((name) => name.startsWith(text)) || mayBeField.test(text))) return undefined;
    // A stream that was cut off before its first field was over.
    if (
      this.#promised === "events" &&
      /^(?:d|da|dat|data|e|ev|eve|even|event|i|id|r|re|ret|retr|retry|[\w-]+:\s*\w{0,5})$/.test(text)
    )
      return new UnreadFraming(false);
    return this.#dataStream(text, isOver);
  }

  /** A page of HTML is refused before anything of it is shown. */
  #markup(text: string, isOver: boolean): Framing | undefined {
    if (looksLikeMarkup(text)) {
      this.#sink.onFailure(malformed("HTML"));
      return new UnreadFraming(true);
    }
    const mayWait = text.length <= 16 || (text.length <= maxBlankUnits && mayBecomeMarkup(text));
    return isOver || !mayWait || !this.#takesText ? this.#bare() : undefined;
  }

  #dataStream(text: string, isOver: boolean): Framing | undefined {
    const isPossible = /^[0-9a-k](?::(?:["[{]|$)|$)/.test(text);
    if (!isPossible) return this.#bare();
    const line = firstLine(text);
    if (line === undefined && !isOver) return undefined;
    if (line === undefined && text.length > 1 && !isDataStreamLine(text)) return new UnreadFraming(false);
    return isDataStreamLine(line ?? text) ? new LineFraming(this.#sink) : this.#bare();
  }

  /** Server-sent events end with blank lines. Where one data line follows another and both are JSON, the blank lines are missing. */
  #events(text: string, isOver: boolean): Framing | undefined {
    const lines = text.split(/\r\n|\r|\n/);
    let data: string | undefined;
    // The last element has no line end yet.
    for (const line of lines.slice(0, -1)) {
      if (line === "") return new EventFraming(this.#sink);
      if (!line.startsWith("data:")) continue;
      const value = jsonOrUndefined(line.slice(5));
      if (!isObject(value)) return new EventFraming(this.#sink, /^data:[^\s[{]/.test(line));
      if (data !== undefined) return new LineFraming(this.#sink);
      data = line;
    }
    return isOver || text.length > maxEventUnits ? new EventFraming(this.#sink) : undefined;
  }

  #lines(text: string, isOver: boolean): Framing | undefined {
    const line = firstLine(text);
    if (line === undefined) {
      if (!isOver && text.length <= maxEventUnits) return undefined;
      // One line is one document. A string in quotes may be what bare text begins with.
      if (isObject(jsonOrUndefined(text)) || !this.#takesText) return new DocumentFraming(this.#sink);
      return this.#promised === "text" || !text.startsWith("{") ? this.#bare() : new UnreadFraming(false);
    }
    const value = jsonOrUndefined(line);
    const isLine = isObject(value) || (typeof value === "string" && this.#promised !== "text");
    if (!isLine) return line.startsWith("{") || !this.#takesText ? new DocumentFraming(this.#sink) : this.#bare();
    if (this.#promised === "events") return new LineFraming(this.#sink);
    // Under a JSON type one line may be all there is; a second one tells.
    const rest = text.slice(line.length).replace(/^\s+/, "");
    if (rest === "") return isOver ? new DocumentFraming(this.#sink) : undefined;
    return new LineFraming(this.#sink);
  }

  #array(text: string, isOver: boolean): Framing | undefined {
    if (/^\[\s*\{/.test(text)) return new ArrayFraming(this.#sink);
    if (/^\[\s*$/.test(text)) {
      if (!isOver) return undefined;
      if (this.#promised === "events") return new UnreadFraming(false);
    }
    return !this.#takesText ? new DocumentFraming(this.#sink) : this.#bare();
  }

  #bare(): Framing {
    if (!this.#takesText) {
      this.#sink.onFailure(malformed("no JSON"));
      return new UnreadFraming(true);
    }
    return new TextFraming(this.#sink);
  }
}

/** What the first units don't tell, the first line does. */
const maxHeadUnits = 8_192;
/** White space in front of an answer. More is never part of it. */
const maxBlankUnits = 4_096;

/** A field of their own in which some servers tell a failure: `error: {…}`. */
const failureField = /^error:\s*\{/;

const fieldNames = ["data:", "event:", "id:", "retry:"] as const;

/** A line that is a field without a value, and what may become the field after it: `message:` in front of `data:`. */
const mayBeField = /^[\w-]{1,16}(?::[ \t]*(?:[\r\n]+(?:d(?:a(?:ta?)?)?|e(?:v(?:e(?:nt?)?)?)?)?)?)?$/;

/** Without white space and record separators (RFC 7464) in front. */
function withoutBlank(text: string): string {
  let at = 0;
  while (at < text.length && (text.charCodeAt(at) <= 32 || text.charCodeAt(at) === 0xfeff) && text.charCodeAt(at) > 0)
    at += 1;
  return text.slice(at);
}

function firstLine(text: string): string | undefined {
  const at = text.search(/[\r\n]/);
  return at < 0 ? undefined : text.slice(0, at);
}

/** Reads nothing: the answer has failed already, or it was cut off before it began. */
class UnreadFraming implements Framing {
  readonly #isComplete: boolean;

  constructor(isComplete: boolean) {
    this.#isComplete = isComplete;
  }

  feed(): void {}

  end(): boolean {
    return this.#isComplete;
  }
}

/** Where the last line that is whole ends, 0 where none is. A CR at the end of a chunk ends one: the parser knows what may follow. */
function lineEndIn(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  if (last === 10 || last === 13) return text.length;
  return Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1;
}

/** Doubles the space after a colon, of which the parser drops one, as the format says. */
function withSpaces(lines: string): string {
  return lines.replace(/(^|[\r\n])data: /g, "$1data:  ");
}

/** Server-sent events, as the format says (WHATWG HTML §9.2). */
export class EventFraming implements Framing {
  readonly #sink: FramingSink;
  readonly #parser;
  readonly #keepsSpace: boolean;
  #line = "";
  #isOver = false;
  #isCut = false;

  /** @param keepsSpace the backend writes no space after the colon, so that one there belongs to the text. */
  constructor(sink: FramingSink, keepsSpace = false) {
    this.#sink = sink;
    this.#keepsSpace = keepsSpace;
    this.#parser = createParser({
      maxBufferSize: maxEventUnits,
      onEvent: ({ event, data, id }) => {
        if (this.#isOver) this.#last(event, data);
        else this.#event(event, data, id);
      },
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded")
          sink.onFailure(new UpstreamFailure("upstream-malformed", false, { cause: error }));
        else if (error.type === "unknown-field") this.#stray(error.line ?? "");
      },
    });
  }

  /** The parser is given whole lines: of a line that is cut, it drops what is no field of its own, a page or a failure too. */
  feed(text: string): void {
    const cut = lineEndIn(text);
    if (cut === 0) {
      this.#line += text;
      if (this.#line.length <= maxEventUnits) return;
      if (/^(?:data|event|id|retry):/.test(this.#line)) this.#sink.onFailure(malformed("a line without end"));
      // A comment and a field that nobody knows are let go, however long they are.
      this.#line = this.#line.slice(0, 16);
      return;
    }
    const lines = this.#line === "" && cut === text.length ? text : this.#line + text.slice(0, cut);
    this.#line = text.slice(cut);
    this.#parser.feed(this.#keepsSpace ? withSpaces(lines) : lines);
  }

  end(): boolean {
    if (this.#line !== "") this.#parser.feed(this.#keepsSpace ? withSpaces(this.#line) : this.#line);
    this.#isOver = true;
    // The blank line that ends the last event is ours.
    this.#parser.feed("\n\n");
    return !this.#isCut;
  }

  #event(name: string | undefined, data: string, id: string | undefined): void {
    if (!data.includes("\n")) {
      this.#sink.onEvent(name, data, id);
      return;
    }
    // Several lines are one value, unless each is an object of its own: then the blank lines are missing.
    const lines = data.split("\n").filter((line) => line.trim() !== "");
    const areObjects =
      lines.length > 1 && lines.every((line) => isObject(jsonOrUndefined(line)) || line.trim() === "[DONE]");
    if (areObjects && jsonOrUndefined(data) === undefined)
      for (const line of lines) this.#sink.onEvent(name, line, undefined);
    else this.#sink.onEvent(name, data, id);
  }

  /** An event without its blank line is read where nothing of it can be missing: its data is whole JSON or an end mark. */
  #last(name: string | undefined, data: string): void {
    const isWhole = data.split("\n").every((line) => isObject(jsonOrUndefined(line)) || line.trim() === "[DONE]");
    if (isWhole || isObject(jsonOrUndefined(data))) this.#event(name, data, undefined);
    else this.#isCut = true;
  }

  /** A line that is no field is ignored, as the format says, but a page or an error body of a proxy in the middle is neither. */
  #stray(line: string): void {
    if (looksLikeMarkup(line)) this.#sink.onFailure(malformed("HTML in the stream"));
    else if (failureField.test(line)) this.#sink.onEvent("error", line.slice("error:".length).trim(), undefined);
    else if (line.startsWith("{") && isObject(jsonOrUndefined(line))) this.#sink.onEvent(undefined, line, undefined);
  }
}
