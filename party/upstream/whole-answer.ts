/**
 * An answer that comes whole instead of streamed (U6): JSON in one of the shapes that chat backends have, or plain text.
 * Read to its end within a bound, then handed on as one batch. What is no answer (HTML, an event stream under a wrong name,
 * an object that none of the shapes fits) is `upstream-malformed`: a reader is never shown it.
 */
import * as z from "zod/mini";
import { unifiedEvents } from "../../shared/upstream-contract.ts";
import { type UpstreamBatch, UpstreamFailure } from "../core/ports.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { chunksOf } from "./chunks.ts";
import { checked, isObject, json, malformed } from "./dialects/dialect.ts";
import * as openai from "./dialects/openai.ts";
import { endOfError, saysError } from "./dialects/said-error.ts";

/** As much as an answer may be long (T6). In UTF-16 units of the body. */
const maxBodyUnits = 1_048_576;

export type WholeKind = "json" | "text";

/** Which kind of whole answer a media type promises; undefined where it is none. */
export function wholeKind(mediaType: string): WholeKind | undefined {
  if (/^application\/(?:[\w.-]+\+)?json$/.test(mediaType)) return "json";
  if (mediaType === "text/plain" || mediaType === "text/markdown") return "text";
  return undefined;
}

export async function* wholeAnswer(
  body: ReadableStream<Uint8Array>,
  kind: WholeKind,
  charset: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<UpstreamBatch> {
  const text = await readAll(body, kind === "json" ? undefined : charset, signal);
  // As a stream without an event: the answer never began.
  if (text.trim() === "") throw new UpstreamFailure("upstream-truncated", true, { cause: "empty body" });
  const builder = new BatchBuilder();
  builder.start({ resumable: false });
  if (kind === "json") {
    if (text.length > maxBodyUnits) throw malformed("body too large");
    addJson(json(text), builder);
  } else {
    if (looksLikeMarkup(text)) throw malformed("HTML under a text type");
    if (looksLikeEvents(text)) throw malformed("an event stream under a text type");
    builder.text("text", text);
  }
  if (!builder.ended) builder.end({ kind: "done" });
  const batch = builder.take();
  // A failure is no answer, whole or not.
  yield batch.end?.kind === "error" ? batch : { ...batch, whole: true };
}

/** Stops a little beyond the bound: a text that is too long is shown as far as an answer goes, and the turn says so (T6). */
async function readAll(
  body: ReadableStream<Uint8Array>,
  charset: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const decoder = decoderFor(charset);
  let text = "";
  for await (const bytes of chunksOf(body, signal)) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > maxBodyUnits) return text;
  }
  return text + decoder.decode();
}

function decoderFor(charset = "utf-8") {
  try {
    return new TextDecoder(charset);
  } catch (cause) {
    throw malformed(cause);
  }
}

function looksLikeMarkup(text: string): boolean {
  return /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text);
}

function looksLikeEvents(text: string): boolean {
  return /^\s*(?:(?:event|id|retry):[^\n\r]*(?:\r\n?|\n))*(?:data|event): ?\S/.test(text);
}

const completion = z.object({
  choices: z.array(z.object({ message: openai.messageSchema, finish_reason: z.nullish(z.string()) })),
  usage: openai.usageSchema,
});
const dataPart = z.object({ name: z.string(), value: z.unknown() });

/** Where backends of their own making put the text, in the order in which it is looked for. */
const textKeys = ["text", "content", "answer", "message", "output"] as const;

function addJson(value: unknown, into: BatchBuilder): void {
  if (typeof value === "string") {
    into.text("text", value);
    return;
  }
  if (!isObject(value)) throw malformed("no object");
  if (saysError(value)) {
    into.end(endOfError(value));
    return;
  }
  const { model, finishReason, usage, parts } = value;
  if (typeof model === "string") into.start({ model, resumable: false });
  into.usageIn(usage);
  if (value["choices"] !== undefined) addCompletion(value, into);
  else {
    if (Array.isArray(parts)) for (const part of parts) addPart(part, into);
    else into.text("text", textOf(value));
    into.end({ kind: "done", ...(typeof finishReason === "string" ? { finishReason } : {}) });
  }
}

function addCompletion(value: unknown, into: BatchBuilder): void {
  const { choices, usage } = checked(completion, value);
  openai.addUsage(usage, into);
  const [choice] = choices;
  if (choice === undefined) throw malformed("no choice");
  openai.addText(choice.message, into);
  const calls = new openai.ToolCalls();
  calls.collect(choice.message.tool_calls ?? []);
  calls.flush(into);
  into.end(openai.endOfFinish(choice.finish_reason));
}

/** Of the unified format, which says `kind`, or of an AI SDK message, which says `type`; of the latter the text counts. */
function addPart(part: unknown, into: BatchBuilder): void {
  if (!isObject(part)) throw malformed("a part that is no object");
  const kind = part["kind"] ?? part["type"];
  if (kind === "text" || kind === "reasoning") into.text(kind, checked(unifiedEvents.token, part).text);
  else if (part["kind"] === "tool") into.part({ kind: "tool", ...checked(unifiedEvents.tool, part) });
  else if (part["kind"] === "data") into.part({ kind: "data", ...checked(dataPart, part) });
}

function textOf(value: Readonly<Record<string, unknown>>): string {
  for (const key of textKeys) {
    const text = value[key];
    if (typeof text === "string") return text;
    // A message as chat services have it: `{role, content}`.
    if (isObject(text) && typeof text["content"] === "string") return text["content"];
  }
  throw malformed("no text in it");
}
