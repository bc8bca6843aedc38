/**
 * The fold of an answer's parts into a message: what the AI SDK's `readUIMessageStream` makes of the same chunks. `reset-step`
 * drops what came since the last step began, a data part with a known id replaces the earlier one, and transient data is left
 * out. Pure; it knows no turns and no frames. Used by pages, the history and the AI SDK's routes.
 */
import { type ChunkPart, isRun, isText, type Part, type TextPart, type ToolInputPart } from "./content.ts";
import { parsePartialJson } from "./partial-json.ts";
import { isToolUiPart, type ToolState, type UiPart } from "./ui-parts.ts";

export interface FoldedMessage {
  readonly parts: readonly UiPart[];
  /** What `start`, `message-metadata` and `finish` said, merged. */
  readonly metadata?: unknown;
}

/** Whether an answer came as a UI message stream. Any other is plain: its text has no ids and no boundaries. */
export function isUiMessageAnswer(parts: readonly Part[]): boolean {
  return parts[0]?.type === "start";
}

export function foldMessage(parts: readonly Part[]): FoldedMessage {
  const fold = new MessageFold();
  if (parts.length > 0 && !isUiMessageAnswer(parts)) fold.add({ type: "start-step" });
  for (const part of parts) fold.add(part);
  return fold.metadata === undefined ? { parts: fold.parts } : { parts: fold.parts, metadata: fold.metadata };
}

type Fields = Record<string, unknown>;
type Working = Fields & { type: string };

/** Chunks that are parts of the message as they are. */
const shown = /^(?:custom|file|reasoning-file|source-\w+|steering-message)$/;
/** The fields of them that the SDK keeps. */
const shownFields = "sourceId mediaType url title filename kind id parts".split(" ");

/** A tool's input while it streams. */
interface Input {
  readonly call: ChunkPart;
  text: string;
}

class MessageFold {
  parts: Working[] = [];
  metadata: unknown;
  /** Open text and reasoning by type and id. */
  #runs = new Map<string, Working>();
  #inputs = new Map<string, Input>();
  /** The newest text of a plain answer, while it may grow. */
  #plain: Working | undefined;

  add(part: Part): void {
    if (isText(part)) this.#addText(part);
    else if (part.type === "tool-input-delta") this.#addInput(part as ToolInputPart);
    else this.#addChunk(part as ChunkPart);
  }

  #addText(part: TextPart): void {
    const type = part.type === "text-delta" ? "text" : "reasoning";
    if (part.id === undefined) {
      if (this.#plain?.type !== type || this.#plain !== this.parts.at(-1)) {
        this.#plain = { type, text: "", state: "done" };
        this.parts.push(this.#plain);
      }
      this.#plain["text"] = `${String(this.#plain["text"])}${part.delta}`;
      return;
    }
    const open = this.#runs.get(`${type} ${part.id}`);
    if (open === undefined) return;
    open["text"] = `${String(open["text"])}${part.delta}`;
    if (!isRun(part)) setAll(open, { providerMetadata: (part as ChunkPart)["providerMetadata"] });
  }

  #addInput({ toolCallId, inputTextDelta }: ToolInputPart): void {
    const input = this.#inputs.get(toolCallId);
    if (input === undefined) return;
    input.text += inputTextDelta;
    const { call, text } = input;
    const known = call["inputEncoding"] === "text" ? text : parsePartialJson(text);
    const facts = { providerMetadata: undefined, providerExecuted: undefined };
    this.#setTool(call, "input-streaming", { ...facts, input: known, rawInput: text });
  }

  #addChunk(chunk: ChunkPart): void {
    const { type } = chunk;
    switch (type) {
      case "text-start":
      case "reasoning-start":
        this.#open(type === "text-start" ? "text" : "reasoning", chunk);
        return;
      case "text-end":
      case "reasoning-end":
        this.#close(type === "text-end" ? "text" : "reasoning", chunk);
        return;
      case "tool-input-start":
        this.#inputs.set(String(chunk["toolCallId"]), { call: chunk, text: "" });
        this.#setTool(chunk, "input-streaming", {});
        return;
      case "tool-input-available":
        this.#setTool(chunk, "input-available", { input: chunk["input"] });
        return;
      case "tool-input-error":
        // As the SDK does, which keeps the title of the input that was begun.
        this.#setTool(chunk, "output-error", { title: undefined });
        return;
      case "tool-approval-request":
        this.#request(chunk);
        return;
      case "tool-approval-response":
        this.#respond(chunk);
        return;
      case "tool-output-denied":
        this.#toolOf(chunk)["state"] = "output-denied";
        return;
      case "tool-output-available":
      case "tool-output-error":
        this.#settle(chunk);
        return;
      case "start-step":
        this.parts.push({ type: "step-start" });
        return;
      case "reset-step":
        this.parts.length = this.#stepStart();
        this.#runs.clear();
        this.#inputs.clear();
        return;
      case "start":
      case "finish":
      case "message-metadata":
        this.metadata = merged(this.metadata, chunk["messageMetadata"]);
        return;
      case "finish-step":
      case "error":
      case "abort":
        return;
      default:
        if (type.startsWith("data-")) this.#addData(chunk);
        else if (shown.test(type)) this.#show(chunk);
    }
  }

  #open(type: "text" | "reasoning", chunk: ChunkPart): void {
    const part: Working = { type, ...(type === "reasoning" ? { id: chunk["id"] } : {}), text: "", state: "streaming" };
    setAll(part, { providerMetadata: chunk["providerMetadata"] });
    this.#runs.set(`${type} ${String(chunk["id"])}`, part);
    this.parts.push(part);
  }

  #close(type: "text" | "reasoning", chunk: ChunkPart): void {
    const key = `${type} ${String(chunk["id"])}`;
    const part = this.#runs.get(key);
    if (part === undefined) return;
    const { citations, providerMetadata } = chunk;
    setAll(part, { state: "done", citations, providerMetadata });
    this.#runs.delete(key);
  }

  #addData(chunk: ChunkPart): void {
    if (chunk["transient"] === true) return;
    const { type, id } = chunk;
    const known = id === undefined ? undefined : this.parts.find((part) => part.type === type && part["id"] === id);
    if (known === undefined) this.parts.push({ ...chunk });
    else known["data"] = chunk["data"];
  }

  #show(chunk: ChunkPart): void {
    const part: Working = { type: chunk.type };
    for (const field of shownFields) setAll(part, { [field]: chunk[field] });
    if (!part["parts"]) setAll(part, { providerMetadata: chunk["providerMetadata"] });
    this.parts.push(part);
  }

  #stepStart(): number {
    return this.parts.findLastIndex(({ type }) => type === "step-start") + 1;
  }

  /** Where a call of this step stands, or one of an earlier step. A plain answer may tell a result without its call. */
  #toolOf(chunk: ChunkPart): Working {
    const { toolCallId, toolName } = chunk;
    const known = this.#findTool(toolCallId);
    if (known !== undefined) return known;
    return this.#setTool({ type: "", toolCallId, toolName: toolName ?? "" }, "input-available", {
      input: {},
      providerExecuted: chunk["providerExecuted"],
    });
  }

  #findTool(toolCallId: unknown): Working | undefined {
    const ofCall = (part: Working) => isToolUiPart(part) && part.toolCallId === toolCallId;
    return this.parts.slice(this.#stepStart()).find(ofCall) ?? this.parts.findLast(ofCall);
  }

  /** Sets what a chunk says of its call in this step. A call that is new is appended. */
  #setTool(chunk: ChunkPart, state: ToolState, facts: Fields): Working {
    const { toolCallId, toolName } = chunk;
    const step = this.parts.slice(this.#stepStart());
    const ofCall = (part: Working) => isToolUiPart(part) && part.toolCallId === toolCallId;
    const begun = step.find(ofCall);
    // The error of an input belongs to the call that was begun, whatever its chunk says of the type.
    const isDynamic =
      chunk.type === "tool-input-error" && begun !== undefined
        ? begun.type === "dynamic-tool"
        : chunk["dynamic"] === true;
    let part = step.find((known) => ofCall(known) && (known.type === "dynamic-tool") === isDynamic);
    if (part === undefined) {
      part = { type: "", toolCallId };
      this.parts.push(part);
    }
    if (isDynamic) part.type = "dynamic-tool";
    else part.type = `tool-${String(toolName)}`;
    if (isDynamic) part["toolName"] = toolName;
    this.#update(part, state, { ...chunk, ...facts });
    return part;
  }

  #update(part: Working, state: ToolState, facts: Fields): void {
    part["state"] = state;
    for (const field of ["input", "output", "errorText", "rawInput", "inputEncoding", "preliminary"] as const) {
      const isSaid = facts[field] !== undefined && (field !== "inputEncoding" || state === "input-streaming");
      if (isSaid) part[field] = facts[field];
      else delete part[field];
    }
    const { title, toolMetadata, providerExecuted, providerMetadata } = facts;
    const metadataOf = state.startsWith("output-") ? "resultProviderMetadata" : "callProviderMetadata";
    setAll(part, { title, toolMetadata, providerExecuted, [metadataOf]: providerMetadata });
  }

  #settle(chunk: ChunkPart): void {
    const part = this.#toolOf(chunk);
    const { input, rawInput } = part;
    const isError = chunk.type === "tool-output-error";
    const raw = isError && part.type !== "dynamic-tool" ? rawInput : undefined;
    this.#update(part, isError ? "output-error" : "output-available", { ...chunk, input, rawInput: raw });
  }

  #request(chunk: ChunkPart): void {
    const { approvalId: id, approvalDescriptor: descriptor, reason: requestReason, isAutomatic, signature } = chunk;
    const approval: Fields = { id };
    setAll(approval, { descriptor, requestReason, isAutomatic: isAutomatic || undefined, signature });
    if ("inputSchemaInput" in chunk) approval["inputSchemaInput"] = chunk["inputSchemaInput"];
    const part = this.#toolOf(chunk);
    part["state"] = "approval-requested";
    part["approval"] = approval;
  }

  #respond(chunk: ChunkPart): void {
    const { approvalId, approved, reason, providerExecuted, providerMetadata } = chunk;
    const part = this.parts.find((known) => (known["approval"] as Fields | undefined)?.["id"] === approvalId);
    if (part === undefined) return;
    part["state"] = "approval-responded";
    part["approval"] = { ...(part["approval"] as Fields), approved };
    setAll(part["approval"] as Fields, { reason });
    setAll(part, { providerExecuted, callProviderMetadata: providerMetadata });
  }
}

/** Sets the fields that say something. */
function setAll(fields: Fields, said: Fields): void {
  for (const name in said) if (said[name] !== undefined && said[name] !== null) fields[name] = said[name];
}

/** Objects are merged, anything else is replaced. */
function merged(before: unknown, after: unknown): unknown {
  if (after === undefined || after === null) return before;
  if (!isPlainObject(before) || !isPlainObject(after)) return after;
  const both: Fields = { ...before };
  for (const [key, value] of Object.entries(after)) {
    if (key === "__proto__" || key === "constructor" || key === "prototype") continue;
    both[key] = isPlainObject(both[key]) && isPlainObject(value) ? merged(both[key], value) : value;
  }
  return both;
}

function isPlainObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
