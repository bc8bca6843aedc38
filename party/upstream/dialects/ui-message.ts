/**
 * The AI SDK's UI message stream, version 1 (`toUIMessageStreamResponse()`). Text and reasoning keep their order; a tool's
 * input is shown when it is whole, and preliminary outputs are left out because the final one follows. Data parts are
 * appended, also where one with the same id came before. The end is `finish`; `[DONE]` after it is not waited for.
 */
import type { EventSourceMessage } from "eventsource-parser";
import * as z from "zod/mini";
import type { ToolPhase } from "../../../shared/content.ts";
import type { UpstreamEnd } from "../../core/ports.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import { checked, type Dialect, doneData, isObject, json, malformed, nameOf } from "./dialect.ts";
import { endOfError, endOfSaidError } from "./said-error.ts";

const toolCallId = z.string();
const parts = {
  "tool-input-available": z.object({ toolCallId, toolName: z.string(), input: z.optional(z.unknown()) }),
  "tool-input-error": z.object({ toolCallId, toolName: z.string(), errorText: z.string() }),
  "tool-output-available": z.object({
    toolCallId,
    output: z.optional(z.unknown()),
    preliminary: z.optional(z.boolean()),
  }),
  "tool-output-error": z.object({ toolCallId, errorText: z.string() }),
  "tool-output-denied": z.object({ toolCallId }),
  finish: z.object({ finishReason: z.optional(z.string()), messageMetadata: z.optional(z.unknown()) }),
  error: z.object({ errorText: z.string() }),
} as const;
const dataPart = z.object({ data: z.optional(z.unknown()), transient: z.optional(z.boolean()) });
const otherTypes: ReadonlySet<string> = new Set([
  ...["start", "start-step", "finish-step", "message-metadata", "abort"],
  ...["text-start", "text-delta", "text-end", "reasoning-start", "reasoning-delta", "reasoning-end"],
  ...["tool-input-start", "tool-input-delta", "source-url", "source-document", "file"],
]);

export function isUiMessageType(type: unknown): boolean {
  return typeof type === "string" && (otherTypes.has(type) || Object.hasOwn(parts, type) || type.startsWith("data-"));
}

/** Tool calls whose output has not come; beyond this many the oldest loses its name. */
const maxOpenCalls = 1_024;

export class UiMessageDialect implements Dialect {
  /** Names by call id: outputs do not carry them. */
  readonly #toolNames = new Map<string, string>();
  #started = false;

  read(event: EventSourceMessage, into: BatchBuilder): void {
    const name = nameOf(event);
    if (name === "error") into.end(endOfSaidError(event.data));
    if (name !== undefined) return;
    if (event.data.trim() === doneData) {
      into.end({ kind: "done" });
      return;
    }
    const value = json(event.data);
    if (!isObject(value) || typeof value["type"] !== "string") throw malformed();
    if (!this.#started) into.start({ resumable: false });
    this.#started = true;
    const { type } = value;
    switch (type) {
      // The hot path: one string, checked by hand because a schema would cost more than the parse.
      case "text-delta":
      case "reasoning-delta":
        if (typeof value["delta"] !== "string") throw malformed();
        into.text(type === "text-delta" ? "text" : "reasoning", value["delta"]);
        return;
      case "tool-input-available": {
        const { toolCallId, toolName, input } = checked(parts[type], value);
        this.#remember(toolCallId, toolName);
        this.#tool(into, "call", toolCallId, input);
        return;
      }
      case "tool-input-error": {
        const { toolCallId, toolName, errorText } = checked(parts[type], value);
        this.#remember(toolCallId, toolName);
        this.#tool(into, "error", toolCallId, errorText);
        return;
      }
      case "tool-output-available": {
        const { toolCallId, output, preliminary } = checked(parts[type], value);
        if (preliminary !== true) this.#tool(into, "result", toolCallId, output);
        return;
      }
      case "tool-output-error": {
        const { toolCallId, errorText } = checked(parts[type], value);
        this.#tool(into, "error", toolCallId, errorText);
        return;
      }
      case "tool-output-denied":
        this.#tool(into, "error", checked(parts[type], value).toolCallId, "denied");
        return;
      case "finish": {
        const { finishReason, messageMetadata } = checked(parts.finish, value);
        // Backends that tell usage put it here, under the name that the AI SDK gives it.
        if (isObject(messageMetadata)) into.usageIn(messageMetadata["usage"] ?? messageMetadata["totalUsage"]);
        into.end({ kind: "done", ...(finishReason === undefined ? {} : { finishReason }) });
        return;
      }
      case "error":
        into.end(endOfError(checked(parts.error, value).errorText));
        return;
      case "abort":
        // Nobody here asked for it: to the reader it is an answer that broke off.
        into.end({ kind: "error", code: "upstream-truncated", retryable: true });
        return;
      default:
        if (type.startsWith("data-")) addData(type.slice("data-".length), value, into);
    }
  }

  endOfStream(): UpstreamEnd | undefined {
    return undefined;
  }

  #remember(toolCallId: string, toolName: string): void {
    this.#toolNames.set(toolCallId, toolName);
    if (this.#toolNames.size <= maxOpenCalls) return;
    for (const oldest of this.#toolNames.keys()) {
      this.#toolNames.delete(oldest);
      return;
    }
  }

  #tool(into: BatchBuilder, phase: ToolPhase, toolCallId: string, value: unknown): void {
    const toolName = this.#toolNames.get(toolCallId) ?? "";
    into.part({ kind: "tool", toolCallId, toolName, phase, value: value ?? null });
    if (phase !== "call") this.#toolNames.delete(toolCallId);
  }
}

function addData(name: string, value: unknown, into: BatchBuilder): void {
  const { data, transient } = checked(dataPart, value);
  // For the moment it is sent in, not for the answer.
  if (transient !== true) into.part({ kind: "data", name, value: data ?? null });
}
