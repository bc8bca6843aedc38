/**
 * One generation: runs its producer to the end whoever reads, keeps what was said, and serves one reader at a time.
 * It does not know its siblings, nor how long it is kept: that is the store's business (resumable-generations.ts).
 */
import { HttpException, type MessageEvent } from "@nestjs/common";
import { Observable, type Subscriber } from "rxjs";
import { deferred } from "../deferred.ts";
import { EventLog } from "./event-log.ts";
import { dataOf, endOf, type GenerationEvent, isContent, isStart, isToken, type SequencedEvent } from "./events.ts";
import { GenerationError, toGenerationError } from "./generation-error.ts";
import type { ResumableOptions } from "./limits.ts";

/** starting → running → finished | failed | aborted. `starting` may jump to failed or aborted; nothing leaves the last three. */
export type GenerationState = "starting" | "running" | "finished" | "failed" | "aborted";

/** Events of one generation. Must begin with `start`, and must end soon after `signal` aborts; a return without `complete` counts as one. */
export type Producer = (signal: AbortSignal) => AsyncIterable<GenerationEvent>;

/** A producer that was called. */
export interface RunningProducer {
  readonly events: AsyncIterable<GenerationEvent>;
  readonly abort: AbortController;
}

/** What statistics show of a generation, kept longer than the generation itself. */
export interface GenerationRecord {
  id: string;
  state: GenerationState;
  /** Times this id was started: more than one only after failures before any content. */
  starts: number;
  tokens: number;
  /** Tokens the producer still made after it was told to stop. They reach nobody, but somebody pays for them. */
  tokensAfterStop: number;
}

/** A subscription to the live tail: created when the request arrives, connected when its answer begins. */
interface Reader {
  subscriber: Subscriber<MessageEvent> | undefined;
  heartbeat: NodeJS.Timeout | undefined;
}

export class Generation {
  readonly key: string;
  readonly fingerprint: string;
  readonly record: GenerationRecord;
  /** Settles when the producer's first event is there (or cannot come), so that a failure can still be an HTTP status. */
  readonly started: Promise<void>;
  /** Settles when the producer has returned and can make no more tokens. Never rejects. */
  readonly silent: Promise<void>;
  endedAt = 0;
  hasStarted = false;
  hasContent = false;
  /** Stopped by a caller, as opposed to abandoned by its readers: the difference decides what a late retry may do. */
  isStopped = false;

  readonly #options: ResumableOptions;
  readonly #log: EventLog;
  readonly #abort: AbortController;
  readonly #start = deferred();
  readonly #onEnd: (generation: Generation, error?: unknown) => void;
  /** The producer speaks chunks of the UI message stream. */
  #isChunked = false;
  #reader: Reader | undefined;
  #holdTimer: NodeJS.Timeout | undefined;

  /** `onEnd` is called once, before the last event reaches the reader. */
  constructor(
    key: string,
    fingerprint: string,
    record: GenerationRecord,
    options: ResumableOptions,
    { events, abort }: RunningProducer,
    onEnd: (generation: Generation, error?: unknown) => void,
  ) {
    this.key = key;
    this.fingerprint = fingerprint;
    this.record = record;
    this.#options = options;
    this.#abort = abort;
    this.#onEnd = onEnd;
    this.#log = new EventLog(options.maxGenerationBytes);
    record.state = "starting";
    record.starts += 1;
    this.started = this.#start.promise;
    // A reader that left before the start awaits nothing: its generation's failure is not an unhandled rejection.
    this.started.catch(() => {});
    // Not in this call: the owner must hold the generation before it can end.
    this.silent = Promise.resolve().then(() => this.#run(events));
  }

  get isOver(): boolean {
    const { state } = this.record;
    return state !== "starting" && state !== "running";
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** Whether its events are chunks of the UI message stream. Known once it has started. */
  get isChunked(): boolean {
    return this.#isChunked;
  }

  holds(lastEventId: number): boolean {
    return this.#log.holds(lastEventId);
  }

  /**
   * Takes the live tail over from the reader before, whose stream ends. The hold begins when `gone` aborts or the observable is
   * unsubscribed; both are needed, because a request that ends before `started` settles is never subscribed.
   */
  attach(after: number, gone: AbortSignal): Observable<MessageEvent> {
    const reader: Reader = { subscriber: undefined, heartbeat: undefined };
    const before = this.#reader;
    this.#reader = reader;
    clearTimeout(this.#holdTimer);
    before?.subscriber?.complete();
    if (gone.aborted) this.#detach(reader);
    else gone.addEventListener("abort", () => this.#detach(reader), { once: true });

    return new Observable((subscriber) => {
      if (this.#reader !== reader) {
        subscriber.complete();
        return;
      }
      for (const entry of this.#log.after(after)) subscriber.next(this.#toMessage(entry));
      if (this.isOver) {
        subscriber.complete();
        return;
      }
      reader.subscriber = subscriber;
      reader.heartbeat = setTimeout(() => {
        subscriber.next({ comment: "hb" });
        reader.heartbeat?.refresh();
      }, this.#options.heartbeatMs);
      return () => this.#detach(reader);
    });
  }

  /** Ends it now. What the producer still says is counted and dropped; await `silent` to know that it says no more. */
  stop(last: GenerationEvent): void {
    if (this.isOver) return;
    this.isStopped = true;
    this.#cut(last);
  }

  #detach(reader: Reader): void {
    clearTimeout(reader.heartbeat);
    // A reader that was replaced speaks late: only the current one's leaving starts the hold.
    if (this.#reader !== reader) return;
    this.#reader = undefined;
    if (this.isOver) return;
    if (this.#options.holdMs === 0) this.#abandon();
    else this.#holdTimer = setTimeout(() => this.#abandon(), this.#options.holdMs);
  }

  #cut(last: GenerationEvent): void {
    this.#end("aborted", last);
    this.#start.reject(new GenerationError("generation-stopped", "This generation was stopped.", { status: 409 }));
    this.#abort.abort();
  }

  #abandon(): void {
    this.#cut({
      type: "error",
      code: "generation-abandoned",
      message: "The answer was stopped because nobody was reading it.",
      retryable: false,
    });
  }

  async #run(events: AsyncIterable<GenerationEvent>): Promise<void> {
    try {
      for await (const event of events) {
        if (isToken(event)) this.record.tokens += 1;
        if (this.isOver) {
          if (isToken(event)) this.record.tokensAfterStop += 1;
          break;
        }
        this.#accept(event);
        if (this.isOver) break;
      }
      if (this.record.state === "starting") throw new Error("The answer ended before its first event.");
      if (!this.isOver) this.#end("finished", { type: "complete", finishReason: "stop" });
    } catch (error) {
      // After a stop, throwing is how producers obey.
      if (!this.isOver) this.#fail(error);
    }
  }

  #accept(event: GenerationEvent): void {
    if (this.record.state === "starting") {
      if (!isStart(event)) throw new Error(`The answer began with ${event.type} instead of start.`);
      this.#isChunked = event.type === "chunk";
      this.record.state = "running";
      this.hasStarted = true;
      this.#emit(event);
      this.#start.resolve();
      return;
    }
    const end = endOf(event);
    if (end !== undefined) {
      this.#end(end, event);
      return;
    }
    if (isContent(event)) this.hasContent = true;
    this.#emit(event);
  }

  #fail(error: unknown): void {
    const { code, message, retryable, retryAfterMs } = toGenerationError(error);
    const event: GenerationEvent = {
      type: "error",
      code,
      message,
      retryable,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
    this.#end("failed", event, error);
    // Exceptions with a status of their own keep it, as if they had been thrown in a route.
    this.#start.reject(error instanceof HttpException ? error : toGenerationError(error));
  }

  #end(state: "finished" | "failed" | "aborted", last: GenerationEvent, error?: unknown): void {
    this.record.state = state;
    this.endedAt = Date.now();
    clearTimeout(this.#holdTimer);
    const entry = this.#log.append(last);
    this.#onEnd(this, error);
    this.#send(entry);
    this.#reader?.subscriber?.complete();
  }

  #emit(event: GenerationEvent): void {
    this.#send(this.#log.append(event));
  }

  #send(entry: SequencedEvent): void {
    const reader = this.#reader;
    reader?.heartbeat?.refresh();
    reader?.subscriber?.next(this.#toMessage(entry));
  }

  #toMessage({ id, event }: SequencedEvent): MessageEvent {
    return { id: String(id), data: dataOf(event, this.#isChunked) };
  }
}
