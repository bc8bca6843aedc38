/**
 * An answer's body as batches: read with back-pressure, a chunk at a time, each chunk's events merged into one batch (U8).
 * Nothing is read ahead of the consumer. Bytes that are no UTF-8 become U+FFFD; comments and blank lines are empty batches,
 * signs of life. An answer with data of which nothing was understood is `upstream-unrecognized`, also where it never closes.
 */
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import { type UpstreamBatch, UpstreamFailure } from "../core/ports.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { chunksOf } from "./chunks.ts";
import { decoderFor, promisedBy } from "./content-type.ts";
import type { MappingSettings } from "./dialects/mapping-settings.ts";
import type { DialectName } from "./dialects/names.ts";
import { DialectReader } from "./dialects/recognition/auto.ts";
import { malformed } from "./dialects/stream-event.ts";
import type { StreamReader } from "./fetch-upstream.ts";
import { SniffedFraming } from "./framing.ts";
import { type FramingSink, maxEventUnits } from "./framing-contract.ts";
import { textFilterFor } from "./text-filter.ts";
import { readDocument, unrecognizedIn } from "./whole-answer.ts";

/**
 * Reads answers of this dialect, each with a fresh reader. `mapping`: what the operator wrote down of the backend's events.
 * `known`: ids of calls and approvals in the answer that is continued.
 */
export function readerOf(name: DialectName, mapping?: MappingSettings, known?: readonly string[]): StreamReader {
  return (body, signal, contentType, isSized) =>
    new AnswerReader(name, mapping, known).batches(body, signal, contentType, isSized);
}

const lateCodes = ["upstream-first-token-timeout", "upstream-deadline"] as const satisfies readonly ErrorCode[];

/** Reads one attempt's answer. */
export class AnswerReader implements FramingSink {
  readonly #builder: BatchBuilder;
  readonly #dialect: DialectReader;
  readonly #takesText: boolean;
  #failure: UpstreamFailure | undefined;
  /** The answer came whole, so it is handed on as one batch. */
  #isWhole = false;
  #isSized = false;
  #hasText = false;
  #saidEnd = true;

  constructor(name: DialectName, mapping?: MappingSettings, known?: readonly string[]) {
    this.#builder = new BatchBuilder(textFilterFor(mapping));
    this.#dialect = new DialectReader(name, mapping, known);
    this.#takesText = name === "auto" || name === "text";
  }

  /** The dialect that was recognized so far. */
  get recognized(): string | undefined {
    return this.#hasText ? "text" : this.#dialect.recognized;
  }

  /** The answer said itself that it was over. False where the connection simply closed. */
  get saidEnd(): boolean {
    return this.#saidEnd;
  }

  /**
   * Ends with a batch that has `end`, or without one where the stream was cut off; throws `UpstreamFailure`.
   * @param isSized the response says how long it is, so that a text is whole and not a stream.
   */
  async *batches(
    body: ReadableStream<Uint8Array>,
    signal: AbortSignal,
    contentType: string,
    isSized = false,
  ): AsyncGenerator<UpstreamBatch> {
    const promised = promisedBy(contentType);
    if (promised === undefined) throw malformed(`content-type ${contentType}`);
    const decoder = decoderFor(contentType, promised);
    if (decoder === undefined) throw malformed("unknown character set");
    this.#isSized = isSized;
    const framing = new SniffedFraming(promised, this);
    try {
      for await (const bytes of chunksOf(body, signal)) {
        framing.feed(decoder.decode(bytes, { stream: true }));
        if (this.#builder.ended) this.#check();
        yield this.#isWhole ? { parts: [] } : this.#builder.take();
        // U5: a failure ends the answer after what came before it.
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#builder.ended) return;
        // The turn says that a whole text is too long (T6).
        if (this.#isWhole && this.#builder.received("text").length > maxEventUnits) break;
      }
    } catch (error) {
      if (this.#wasLate(error)) throw unrecognizedIn(this.#builder, false) ?? error;
      // The answer had said that it was over; only its connection wasn't closed in order.
      if (this.#failure !== undefined || !(error instanceof UpstreamFailure && this.#dialect.isFinished)) throw error;
    }
    framing.feed(decoder.decode());
    const isComplete = framing.end();
    if (isComplete) this.#close();
    this.#check();
    const batch = this.#builder.take();
    // A failure is no answer, whole or not.
    if (this.#isWhole && batch.end?.kind === "done") yield { ...batch, whole: true };
    else if (batch.parts.length > 0 || batch.end !== undefined) yield batch;
    if (this.#failure !== undefined) throw this.#failure;
  }

  onEvent(name: string | undefined, data: string, id: string | undefined): void {
    if (this.#failure !== undefined || this.#builder.ended) return;
    try {
      this.#dialect.read(name, data, id, this.#builder);
    } catch (error) {
      this.#fail(error);
    }
  }

  onDocument(text: string): void {
    this.#isWhole = true;
    try {
      readDocument(text, this.#dialect, this.#builder);
    } catch (error) {
      this.#fail(error);
    }
  }

  onText(text: string): void {
    if (!this.#takesText) {
      this.#fail(malformed("text without events"));
      return;
    }
    this.#isWhole = this.#isSized;
    if (!this.#hasText) this.#builder.start({ resumable: false });
    this.#hasText = true;
    this.#builder.text("text", text);
  }

  onFailure(failure: UpstreamFailure): void {
    if (!this.#builder.ended) this.#fail(failure);
  }

  /** The turn waited in vain for the first token. Where data came meanwhile, the reason is that it wasn't understood. */
  #wasLate(error: unknown): boolean {
    return error instanceof UpstreamFailure && (lateCodes as readonly string[]).includes(error.code);
  }

  #close(): void {
    if (this.#failure !== undefined || this.#builder.ended) return;
    this.#saidEnd = false;
    try {
      if (this.#hasText) this.#builder.end({ kind: "done" });
      else this.#dialect.endOfStream(this.#builder);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof UpstreamFailure ? error : malformed(error);
  }

  /** At the end of an answer: whether anything of it was understood. */
  #check(): void {
    // Of an answer that was cut off, text that waits for the rest of a tag is nobody's.
    if (this.#builder.ended) this.#builder.close();
    this.#failure ??= unrecognizedIn(this.#builder);
    if (this.#failure !== undefined) this.#builder.dropEnd();
  }
}
