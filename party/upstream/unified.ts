/**
 * The unified dialect (shared/upstream-contract.ts): one SSE event in, what it adds to a batch out. Unknown event names
 * are ignored, so that a backend may say more than we understand; a known one that fails its schema ends the answer (U5).
 */
import type { Part, TextKind } from "../../shared/content.ts";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import type { Usage } from "../../shared/protocol/server-frames.ts";
import { unifiedEvents } from "../../shared/upstream-contract.ts";
import { type UpstreamBatch, type UpstreamEnd, UpstreamFailure } from "../core/ports.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Collects events until the next read. Adjacent text is one part: a burst of tokens costs one string, not hundreds. */
export class BatchBuilder {
  #parts: Part[] = [];
  #kind: TextKind | undefined;
  #text = "";
  #rest: Mutable<Omit<UpstreamBatch, "parts">> = {};

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

  eventId(id: string): void {
    this.#rest.eventId = id;
  }

  start(start: { readonly model?: string; readonly resumable: boolean }): void {
    this.#rest.start = start;
  }

  usage(usage: Usage): void {
    this.#rest.usage = { ...this.#rest.usage, ...usage };
  }

  end(end: UpstreamEnd): void {
    this.#rest.end = end;
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

/** @throws UpstreamFailure `upstream-malformed` */
export function readUnified(name: string | undefined, data: string, into: BatchBuilder): void {
  switch (name) {
    case "token":
      into.text("text", textIn(data));
      return;
    case "reasoning":
      into.text("reasoning", textIn(data));
      return;
    case "start": {
      const { model, resumable } = parse(unifiedEvents.start, data);
      into.start({ resumable: resumable ?? false, ...(model === undefined ? {} : { model }) });
      return;
    }
    case "tool":
      into.part({ kind: "tool", ...parse(unifiedEvents.tool, data) });
      return;
    case "usage":
      into.usage(parse(unifiedEvents.usage, data));
      return;
    case "done": {
      const { finishReason, usage } = parse(unifiedEvents.done, data);
      if (usage !== undefined) into.usage(usage);
      into.end({ kind: "done", ...(finishReason === undefined ? {} : { finishReason }) });
      return;
    }
    case "error":
      into.end(endOfError(data));
      return;
    default:
  }
}

/** `{text}` of the hot path: one string, checked by hand because a schema would cost more than the parse. */
function textIn(data: string): string {
  const event = json(data);
  if (typeof event === "object" && event !== null && "text" in event && typeof event.text === "string")
    return event.text;
  throw malformed();
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

function parse<T>(schema: Schema<T>, data: string): T {
  const parsed = schema.safeParse(json(data));
  if (!parsed.success) throw malformed();
  return parsed.data;
}

function json(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw malformed(cause);
  }
}

function malformed(cause?: unknown): UpstreamFailure {
  return new UpstreamFailure("upstream-malformed", false, { cause });
}

/**
 * `error` in the contract's JSON, or as NestJS writes a failure after the headers: the exception's message as text, or its
 * response as other JSON. Its words stay here; people are told our sentence for the code.
 */
function endOfError(data: string): UpstreamEnd {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    // Text: an exception the backend did not expect. Before content it may be tried again.
    return { kind: "error", code: "upstream-unavailable", retryable: true };
  }
  const parsed = unifiedEvents.error.safeParse(event);
  if (!parsed.success) return { kind: "error", code: "upstream-unavailable", retryable: true };
  const { code = "", retryable = true, retryAfterMs } = parsed.data;
  return {
    kind: "error",
    code: codeOfError(code, retryable),
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function codeOfError(code: string, retryable: boolean): ErrorCode {
  if (/rate|429/i.test(code)) return "upstream-rate-limited";
  return retryable ? "upstream-unavailable" : "upstream-rejected";
}
