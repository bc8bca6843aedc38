/** Collects what events add until the next read: a burst of tokens becomes one batch, and adjacent text one part (U8). */
import type { Part, TextKind } from "../../shared/content.ts";
import type { Usage } from "../../shared/protocol/server-frames.ts";
import type { UpstreamBatch, UpstreamEnd } from "../core/ports.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An id is stored with each log row and sent back as a header: short, and in characters that a header may hold. */
const usableId = /^[\x21-\x7e][\x20-\x7e]{0,255}$/;

export class BatchBuilder {
  #parts: Part[] = [];
  #kind: TextKind | undefined;
  #text = "";
  #rest: Mutable<Omit<UpstreamBatch, "parts">> = {};
  #ended = false;

  /** The answer said its last word; what follows is not for us. */
  get ended(): boolean {
    return this.#ended;
  }

  text(kind: TextKind, text: string): void {
    if (this.#kind !== kind) {
      this.#closeText();
      this.#kind = kind;
    }
    this.#text += text;
  }

  part(part: Part): void {
    this.#closeText();
    this.#parts.push(part);
  }

  /**
   * The id of the event just read. One without a usable id takes back the id before it: a batch's id says that all of the
   * batch lies at or before it, and a resume after a smaller id only repeats what the turn skips.
   */
  eventId(id: string | undefined): void {
    if (id !== undefined && usableId.test(id)) this.#rest.eventId = id;
    else delete this.#rest.eventId;
  }

  start(start: { readonly model?: string; readonly resumable: boolean }): void {
    this.#rest.start = start;
  }

  usage(usage: Usage): void {
    this.#rest.usage = { ...this.#rest.usage, ...usage };
  }

  /** Takes the counts of an object that may have them. Nothing else in it is worth failing an answer for. */
  usageIn(value: unknown): void {
    const { inputTokens, outputTokens } = (value ?? {}) as Readonly<Record<string, unknown>>;
    if (isCount(inputTokens)) this.usage({ inputTokens });
    if (isCount(outputTokens)) this.usage({ outputTokens });
  }

  end(end: UpstreamEnd): void {
    this.#rest.end = end;
    this.#ended = true;
  }

  /** What came since the last call. */
  take(): UpstreamBatch {
    this.#closeText();
    const batch = { ...this.#rest, parts: this.#parts };
    this.#parts = [];
    this.#rest = {};
    return batch;
  }

  #closeText(): void {
    if (this.#kind !== undefined && this.#text !== "") this.#parts.push({ kind: this.#kind, text: this.#text });
    this.#kind = undefined;
    this.#text = "";
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
