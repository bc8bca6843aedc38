/**
 * An answer that comes whole instead of streamed (U6): JSON in one of the shapes that chat backends have, or plain text. What is
 * no answer (HTML, an object in which nothing is an answer) is a failure: a reader is never shown it.
 */
import { type UpstreamBatch, UpstreamFailure } from "../core/ports.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { chunksOf } from "./chunks.ts";
import { decoderFor, promisedBy } from "./content-type.ts";
import { DialectReader } from "./dialects/recognition/auto.ts";
import { addUsage } from "./dialects/said-usage.ts";
import {
  isObject,
  type JsonObject,
  jsonOrUndefined,
  looksLikeMarkup,
  malformed,
  textAt,
} from "./dialects/stream-event.ts";
import { ToolSteps } from "./dialects/tool-steps.ts";
import { maxEventUnits } from "./framing-contract.ts";
import { unrecognized } from "./unread-events.ts";

/** Reads a body to its end, for callers that read no streams. */
export async function* wholeAnswer(
  body: ReadableStream<Uint8Array>,
  contentType: string,
  signal: AbortSignal,
): AsyncGenerator<UpstreamBatch> {
  const promised = promisedBy(contentType) ?? "text";
  const decoder = decoderFor(contentType, promised);
  if (decoder === undefined) throw malformed("unknown character set");
  let text = "";
  for await (const bytes of chunksOf(body, signal)) {
    text += decoder.decode(bytes, { stream: true });
    // A text that is too long is shown as far as an answer goes, and the turn says so (T6).
    if (text.length > maxEventUnits) break;
  }
  text += decoder.decode();
  if (text.trim() === "") throw new UpstreamFailure("upstream-truncated", true, { cause: "empty body" });
  if (looksLikeMarkup(text)) throw malformed("HTML");
  const builder = new BatchBuilder();
  if (promised === "text") {
    builder.start({ resumable: false });
    builder.text("text", text);
    builder.end({ kind: "done" });
  } else readDocument(text, new DialectReader("auto"), builder);
  const unrecognized = unrecognizedIn(builder);
  if (unrecognized !== undefined) throw unrecognized;
  const batch = builder.take();
  yield batch.end?.kind === "error" ? batch : { ...batch, whole: true };
}

/** Reads one JSON document as an answer. @throws UpstreamFailure */
export function readDocument(text: string, dialect: DialectReader, into: BatchBuilder): void {
  if (text.length > maxEventUnits) throw malformed("body too large");
  const value = jsonOrUndefined(text);
  if (value === undefined) throw malformed("a document that is no JSON");
  into.start({ resumable: false });
  if (typeof value === "string") into.text("text", value);
  else if (isObject(value) && isUnifiedWhole(value)) readParts(value, into);
  // Words alone are no messages.
  else if (!Array.isArray(value) || value.some(isObject)) {
    const model = isObject(value) ? textAt(value, "model") : "";
    dialect.read(undefined, text, undefined, into);
    if (!into.ended) dialect.endOfStream(into);
    if (model !== "") into.start({ resumable: false, model });
  }
  if (!into.ended && into.hasContent) into.end({ kind: "done" });
  if (!into.ended) into.ignored({ name: undefined, data: text, value, id: undefined });
}

/**
 * The failure of an answer with data of which nothing was understood.
 * @param isOver false where the upstream may still send.
 */
export function unrecognizedIn(builder: BatchBuilder, isOver = true): UpstreamFailure | undefined {
  const { unread } = builder;
  if (builder.hasContent || unread === undefined || builder.failed) return undefined;
  return unrecognized(unread, isOver);
}

/** Parts of the unified format, which say `kind`, or of an AI SDK message, which say `type`. */
function isUnifiedWhole(value: JsonObject): boolean {
  const { parts } = value;
  return Array.isArray(parts) && parts.some((part) => isObject(part) && ("kind" in part || "type" in part));
}

function readParts(value: JsonObject, into: BatchBuilder): void {
  const tools = new ToolSteps();
  const model = textAt(value, "model");
  if (model !== "") into.start({ resumable: false, model });
  addUsage(value["usage"], into);
  for (const part of value["parts"] as unknown[]) {
    if (!isObject(part)) throw malformed("a part that is no object");
    const kind = part["kind"] ?? part["type"];
    if (kind === "text" || kind === "reasoning") into.text(kind, textAt(part, "text"));
    else if (kind === "data") into.data(textAt(part, "name"), part["value"] ?? null);
    else if (kind === "tool") readTool(part, tools, into);
  }
  const finishReason = textAt(value, "finishReason");
  into.end({ kind: "done", ...(finishReason === "" ? {} : { finishReason }) });
}

function readTool(part: JsonObject, tools: ToolSteps, into: BatchBuilder): void {
  const [id, name] = [textAt(part, "toolCallId"), textAt(part, "toolName")];
  const { phase, value } = part;
  if (phase === "result" || phase === "error") tools.settle(id || undefined, name, phase, value, into, true);
  else tools.call(id || undefined, name, value, into);
}
