/**
 * The AI SDK's UI message stream, version 1 (`toUIMessageStreamResponse()`). Its chunks are the parts of the answer, as they are,
 * also those of types that aren't known here. What a client of the SDK would refuse ends the answer (`ui-message-rules.ts`). The
 * end is `[DONE]`, or a connection that closes after `finish`: backends write data between the two.
 */
import type { ChunkPart, RunPart } from "../../../../shared/content.ts";
import { defined } from "../../../../shared/defined.ts";
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { saysError } from "../recognition/failure-signs.ts";
import { readStray } from "../recognition/stray-events.ts";
import { roleOf } from "../recognition/tag-roles.ts";
import { endOfError } from "../said-error.ts";
import { addUsage } from "../said-usage.ts";
import { isEndMark, isObject, type JsonObject, malformed, type StreamEvent } from "../stream-event.ts";
import { ToolSteps } from "../tool-steps.ts";
import { isKnownChunk, maxIdUnits, UiMessageRules } from "./ui-message-rules.ts";

/** Whether an object can only be of this stream. `text-start` or `finish` are types of other formats, too. */
export function isUiMessage(value: JsonObject): boolean {
  const has = (...fields: string[]) => fields.every((field) => typeof value[field] === "string");
  switch (value["type"]) {
    case "start":
      return has("messageId");
    case "text-delta":
    case "reasoning-delta":
      return has("id", "delta");
    case "tool-input-start":
    case "tool-input-available":
      return has("toolCallId", "toolName");
    case "tool-output-available":
      return has("toolCallId");
    case "source-url":
      return has("sourceId");
    case "file":
      return has("url", "mediaType");
    case "finish":
      return isObject(value["messageMetadata"]);
    default:
      return typeof value["type"] === "string" && value["type"].startsWith("data-") && "data" in value;
  }
}

/** The start or end of a text. Another stream of the SDK has the same. */
export function isTextBoundary(value: JsonObject): boolean {
  const { type, id } = value;
  return typeof id === "string" && typeof type === "string" && /^(?:text|reasoning)-(?:start|end)$/.test(type);
}

/** Chunks that show nothing. Held until something follows, so that an attempt without content can be made again. */
const silentTypes: ReadonlySet<string> = new Set(["start", "start-step", "text-start", "reasoning-start"]);
/** More of them than any stream begins with. */
const maxOpening = 16;

/** The first chunks of a stream whose format isn't known yet. */
export class OpeningChunks {
  readonly events: StreamEvent[] = [];

  keep(event: StreamEvent): void {
    const { name, value } = event;
    const isChunk = name === undefined && isObject(value) && isKnownChunk(String(value["type"]));
    if (isChunk && this.events.length < maxOpening) this.events.push(event);
  }
}

export class UiMessageDialect implements Dialect {
  readonly #rules: UiMessageRules;
  readonly #tools = new ToolSteps();
  /** Chunks that wait for content. Undefined once there was some. */
  #held: ChunkPart[] | undefined = [];
  #hasBegun = false;
  #end: Extract<UpstreamEnd, { kind: "done" }> | undefined;

  /** @param known ids of calls and approvals in the answer that this one continues. */
  constructor(known: readonly string[] = []) {
    this.#rules = new UiMessageRules(known);
  }

  get isFinished(): boolean {
    return this.#end !== undefined;
  }

  read(event: StreamEvent, into: BatchBuilder): void {
    const { value, name, data } = event;
    if (isEndMark(data)) {
      this.#over(into);
      return;
    }
    if (name !== undefined || !isObject(value) || typeof value["type"] !== "string") {
      if (name === undefined && value === undefined && data.trim().startsWith("{"))
        throw malformed("an event that is no JSON");
      this.#stray(event, into);
      return;
    }
    const { type } = value;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      const { messageId } = value;
      const isUsable = type === "start" && typeof messageId === "string" && messageId.length <= maxIdUnits;
      into.start({ resumable: false, ...defined({ messageId: isUsable ? messageId : undefined }) });
      // What follows is a UI message stream, and this is how the readers of the log know it.
      if (type !== "start") this.#held?.push({ type: "start" });
    }
    this.#chunk(value as ChunkPart, event, into);
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    if (this.#end !== undefined) this.#over(into);
    return this.#end;
  }

  #chunk(chunk: ChunkPart, event: StreamEvent, into: BatchBuilder): void {
    const { type } = chunk;
    switch (type) {
      case "text-delta":
      case "reasoning-delta":
      case "tool-input-delta":
        this.#rules.check(chunk);
        this.#delta(chunk, into);
        return;
      case "finish":
        this.#rules.check(chunk);
        this.#finish(chunk, into);
        return;
      case "error":
        into.end(endOfError(chunk["errorText"] ?? chunk));
        return;
      case "abort":
        // Nobody here asked for it: to the reader it is an answer that broke off.
        into.end({ kind: "error", code: "upstream-truncated", retryable: true });
        return;
      default:
        // A type without a hyphen may be an event that the backend added: a keep-alive, or text of another format.
        if (!isKnownChunk(type) && !type.includes("-") && (saysError(chunk) || roleOf(type) !== "unknown")) {
          this.#stray(event, into);
          return;
        }
        this.#rules.check(chunk);
        this.#add(chunk, into);
    }
  }

  /** Text merges with its run, so what else a delta says becomes a chunk of its own behind it. */
  #delta(chunk: ChunkPart, into: BatchBuilder): void {
    const { run, more } = split(chunk);
    if (this.#held !== undefined) this.#release(into);
    into.run(run);
    if (more !== undefined) into.part(more);
  }

  #finish(chunk: ChunkPart, into: BatchBuilder): void {
    const { finishReason, messageMetadata } = chunk;
    // Backends that tell usage put it here, under the name that the AI SDK gives it.
    if (isObject(messageMetadata)) addUsage(messageMetadata["usage"] ?? messageMetadata["totalUsage"], into);
    this.#end = { kind: "done", ...(typeof finishReason === "string" ? { finishReason } : {}) };
    this.#add(chunk, into);
  }

  #add(chunk: ChunkPart, into: BatchBuilder): void {
    if (this.#held !== undefined) {
      if (silentTypes.has(chunk.type) && this.#held.length < maxOpening) {
        this.#held.push(chunk);
        return;
      }
      this.#release(into);
    }
    into.part(chunk);
  }

  #release(into: BatchBuilder): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const chunk of held) into.part(chunk);
  }

  #over(into: BatchBuilder): void {
    this.#end ??= { kind: "done" };
    if (this.#hasBegun && this.#held !== undefined) this.#release(into);
    into.end(this.#end);
  }

  #stray(event: StreamEvent, into: BatchBuilder): void {
    if (readStray(event, this.#tools, into) === "end") this.#over(into);
  }
}

function split(chunk: ChunkPart): { readonly run: RunPart; readonly more?: ChunkPart } {
  if (chunk.type === "tool-input-delta") {
    const { type, toolCallId, inputTextDelta, ...rest } = chunk as ChunkPart & {
      toolCallId: string;
      inputTextDelta: string;
    };
    const run = { type: "tool-input-delta", toolCallId, inputTextDelta } as const;
    return Object.keys(rest).length === 0 ? { run } : { run, more: { ...rest, type, toolCallId, inputTextDelta: "" } };
  }
  const { type, id, delta, ...rest } = chunk as ChunkPart & { id: string; delta: string };
  const run = { type: type === "text-delta" ? "text-delta" : "reasoning-delta", id, delta } as const;
  return Object.keys(rest).length === 0 ? { run } : { run, more: { ...rest, type, id, delta: "" } };
}
