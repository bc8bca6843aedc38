/**
 * What a client of the AI SDK refuses: a chunk without its fields, a delta or an end without its start, an output without its
 * call. Such a chunk would break every reader of the answer, now and after each reload, so it ends the answer instead.
 */
import type { ChunkPart } from "../../../../shared/content.ts";
import { UpstreamFailure } from "../../../core/ports.ts";
import { hasRefusedKeys } from "../../refused-keys.ts";
import { malformed } from "../stream-event.ts";

/** Longer ids than any SDK makes: each delta carries one. */
export const maxIdUnits = 256;

/** The fields that each chunk must have; all are strings unless `fieldTypes` says otherwise. */
const requiredFields: ReadonlyMap<string, readonly string[]> = new Map([
  ["start", []],
  ["finish", []],
  ["message-metadata", []],
  ["start-step", []],
  ["finish-step", []],
  ["reset-step", []],
  ["text-start", ["id"]],
  ["text-delta", ["id", "delta"]],
  ["text-end", ["id"]],
  ["reasoning-start", ["id"]],
  ["reasoning-delta", ["id", "delta"]],
  ["reasoning-end", ["id"]],
  ["tool-input-start", ["toolCallId", "toolName"]],
  ["tool-input-delta", ["toolCallId", "inputTextDelta"]],
  ["tool-input-available", ["toolCallId", "toolName"]],
  ["tool-input-error", ["toolCallId", "toolName", "errorText"]],
  ["tool-approval-request", ["approvalId", "toolCallId"]],
  ["tool-approval-response", ["approvalId", "approved"]],
  ["tool-output-available", ["toolCallId"]],
  ["tool-output-error", ["toolCallId", "errorText"]],
  ["tool-output-denied", ["toolCallId"]],
  ["source-url", ["sourceId", "url"]],
  ["source-document", ["sourceId", "mediaType", "title"]],
  ["file", ["url", "mediaType"]],
  ["reasoning-file", ["url", "mediaType"]],
  ["custom", ["kind"]],
  ["steering-message", ["id", "parts"]],
]);

/** The types of fields, wherever they occur in a known chunk. */
const fieldTypes: ReadonlyMap<string, "string" | "boolean" | "object"> = new Map([
  ...["id", "delta", "toolCallId", "toolName", "inputTextDelta", "errorText", "approvalId", "sourceId", "url"].map(
    (name) => [name, "string"] as const,
  ),
  ...[
    "mediaType",
    "title",
    "filename",
    "kind",
    "reason",
    "signature",
    "messageId",
    "finishReason",
    "inputEncoding",
  ].map((name) => [name, "string"] as const),
  ...["approved", "providerExecuted", "dynamic", "preliminary", "isAutomatic"].map(
    (name) => [name, "boolean"] as const,
  ),
  ...["providerMetadata", "toolMetadata", "parts", "citations"].map((name) => [name, "object"] as const),
]);

export function isKnownChunk(type: string): boolean {
  return requiredFields.has(type) || type.startsWith("data-");
}

/** Follows one stream. */
export class UiMessageRules {
  readonly #texts = new Set<string>();
  readonly #inputs = new Set<string>();
  /** Calls by id. The value: whether the call began in this step, so that `reset-step` removes it. */
  readonly #calls = new Map<string, boolean>();
  /** The call that each approval is asked for. */
  readonly #approvals = new Map<string, string>();

  /** @param known ids of calls and approvals in the answer that this stream continues: its chunks may be about them. */
  constructor(known: readonly string[]) {
    for (const id of known) {
      this.#calls.set(id, false);
      this.#approvals.set(id, id);
    }
  }

  /** @throws UpstreamFailure `upstream-malformed` or `part-too-large` */
  check(chunk: ChunkPart): void {
    const { type } = chunk;
    for (const name in chunk)
      if (hasRefusedKeys(chunk[name])) throw refused(type, "a key that could change a prototype");
    if (type.startsWith("data-")) {
      if (chunk["id"] !== undefined && typeof chunk["id"] !== "string") throw refused(type, "id");
      if (chunk["transient"] !== undefined && typeof chunk["transient"] !== "boolean") throw refused(type, "transient");
      return;
    }
    const required = requiredFields.get(type);
    // Of a newer SDK.
    if (required === undefined) return;
    checkFields(chunk, required);
    this.#follow(chunk, type);
  }

  #follow(chunk: ChunkPart, type: string): void {
    const { id, toolCallId, approvalId } = chunk as ChunkPart & {
      readonly id: string;
      readonly toolCallId: string;
      readonly approvalId: string;
    };
    switch (type) {
      case "text-start":
      case "reasoning-start":
        this.#texts.add(`${type.slice(0, 4)} ${id}`);
        return;
      case "text-delta":
      case "reasoning-delta":
        if (!this.#texts.has(`${type.slice(0, 4)} ${id}`)) throw refused(type, "no start");
        return;
      case "text-end":
      case "reasoning-end":
        if (!this.#texts.delete(`${type.slice(0, 4)} ${id}`)) throw refused(type, "no start");
        return;
      case "tool-input-start":
        this.#inputs.add(toolCallId);
        this.#call(toolCallId);
        return;
      case "tool-input-delta":
        if (!this.#inputs.has(toolCallId)) throw refused(type, "no start");
        return;
      case "tool-input-available":
      case "tool-input-error":
        this.#call(toolCallId);
        return;
      case "tool-approval-request":
        this.#mustKnow(type, toolCallId);
        this.#approvals.set(approvalId, toolCallId);
        return;
      case "tool-approval-response":
        this.#mustKnow(type, this.#approvals.get(approvalId));
        return;
      case "tool-output-available":
      case "tool-output-error":
      case "tool-output-denied":
        this.#mustKnow(type, toolCallId);
        return;
      case "start-step":
        for (const call of this.#calls.keys()) this.#calls.set(call, false);
        return;
      case "reset-step":
        this.#texts.clear();
        this.#inputs.clear();
        for (const [call, isOfStep] of this.#calls) if (isOfStep) this.#calls.delete(call);
        return;
      default:
    }
  }

  /** A call of an earlier step stays known when this step is reset. */
  #call(toolCallId: string): void {
    if (!this.#calls.has(toolCallId)) this.#calls.set(toolCallId, true);
  }

  #mustKnow(type: string, toolCallId: string | undefined): void {
    if (toolCallId === undefined || !this.#calls.has(toolCallId)) throw refused(type, "no call");
  }
}

function checkFields(chunk: ChunkPart, required: readonly string[]): void {
  const { type } = chunk;
  for (const name of required) if (chunk[name] === undefined) throw refused(type, name);
  for (const name in chunk) {
    const expected = fieldTypes.get(name);
    const value = chunk[name];
    if (expected === undefined || value === undefined) continue;
    if (value === null || typeof value !== expected) throw refused(type, name);
  }
  for (const name of ["id", "toolCallId"] as const) {
    const id = chunk[name];
    if (typeof id === "string" && id.length > maxIdUnits) throw new UpstreamFailure("part-too-large", false);
  }
}

function refused(type: string, why: string): UpstreamFailure {
  return malformed(`a ${type} that the AI SDK refuses: ${why}`);
}
