/** An upstream that says what the test tells it to, when it tells it to. */

import type { Upstream, UpstreamBatch, UpstreamFailure, UpstreamRequest } from "../../../party/core/ports.ts";
import type { Part } from "../../../shared/content.ts";
import { defined } from "../../../shared/defined.ts";

export class UpstreamCall {
  readonly request: UpstreamRequest;
  readonly signal: AbortSignal;
  #queue: UpstreamBatch[] = [];
  #isOver = false;
  #failure: unknown;
  #wake: () => void = () => undefined;
  #answer: (() => void) | undefined;
  #refuse: ((error: unknown) => void) | undefined;
  /** What the reader throws once the call is aborted. Undefined: the reason. */
  whenAborted: UpstreamFailure | undefined;
  readonly opened: Promise<AsyncIterable<UpstreamBatch>>;

  constructor(request: UpstreamRequest, signal: AbortSignal, answersAtOnce: boolean) {
    this.request = request;
    this.signal = signal;
    this.opened = new Promise((resolve, reject) => {
      this.#answer = () => resolve(this.#batches());
      this.#refuse = reject;
      signal.addEventListener("abort", () => {
        this.#wake();
        reject(signal.reason);
      });
    });
    // The core may have left before the answer: nobody need hear of it then.
    this.opened.catch(() => undefined);
    if (answersAtOnce) this.answer();
  }

  get isAborted(): boolean {
    return this.signal.aborted;
  }

  /** The headers arrive. */
  answer(): void {
    this.#answer?.();
  }

  /** The call fails before its headers, or in the middle of the answer. */
  fail(error: unknown): void {
    this.#refuse?.(error);
    this.#failure = error;
    this.#wake();
  }

  emit(batch: Partial<UpstreamBatch>): void {
    this.#queue.push({ parts: [], ...batch });
    this.#wake();
  }

  start(resumable = false): void {
    this.emit({ start: { model: "echo-1", resumable }, eventId: "1" });
  }

  text(text: string, eventId?: string): void {
    this.part({ type: "text-delta", delta: text }, eventId);
  }

  part(part: Part, eventId?: string): void {
    this.emit({ parts: [part], ...defined({ eventId }) });
  }

  done(finishReason = "stop"): void {
    this.emit({ end: { kind: "done", finishReason } });
  }

  /** The stream ends without its end event. */
  truncate(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *#batches(): AsyncGenerator<UpstreamBatch> {
    for (;;) {
      if (this.signal.aborted) throw this.whenAborted ?? this.signal.reason;
      const batch = this.#queue.shift();
      if (batch !== undefined) yield batch;
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#isOver) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

export class ScriptedUpstream implements Upstream {
  readonly calls: UpstreamCall[] = [];
  readonly stops: string[] = [];
  /** How a stop is answered. */
  stopAnswer: "confirmed" | "unsupported" | "unreachable" | "never" = "confirmed";
  /** Whether headers come by themselves. */
  answersAtOnce = true;

  open(request: UpstreamRequest, signal: AbortSignal): Promise<AsyncIterable<UpstreamBatch>> {
    const call = new UpstreamCall(request, signal, this.answersAtOnce);
    this.calls.push(call);
    return call.opened;
  }

  stop(generationId: string, signal: AbortSignal): Promise<"confirmed" | "unsupported"> {
    this.stops.push(generationId);
    const answer = this.stopAnswer;
    if (answer === "unreachable") return Promise.reject(new Error("unreachable"));
    if (answer !== "never") return Promise.resolve(answer);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("timeout"))));
  }

  /** The newest call. */
  get call(): UpstreamCall {
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error("the upstream was not called");
    return call;
  }
}
