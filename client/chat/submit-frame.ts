/** Makes a submit frame from what a caller passes, and finds what the room would refuse. */
import { defined } from "../../shared/defined.ts";
import type { TurnInput, TurnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import { maxFrameBytes, maxParamsBytes, maxSubmitBytes, turnIdPattern } from "../../shared/protocol/limits.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import { utf8Length, wellFormed } from "../../shared/text.ts";
import type { SubmitOptions } from "../api/api.ts";
import { randomId } from "../transports/random-id.ts";

/** Built field by field: a field that the room doesn't know would end the session (`bad-frame`). */
export function submitFrame(input: string | TurnInput, options: SubmitOptions): TurnSubmitFrame {
  const { turnId = randomId(), provider, model, params, metadata, replaces, continues, onLeave } = options;
  return defined({
    type: "turn-submit",
    turnId,
    input: wellFormed(plainInput(typeof input === "string" ? { prompt: input } : input)),
    provider,
    model,
    params: wellFormed(params) as TurnSubmitFrame["params"],
    metadata: wellFormed(metadata) as TurnSubmitFrame["metadata"],
    replaces,
    continues,
    onLeave,
  });
}

function plainInput(input: TurnInput): TurnInput {
  if ("prompt" in input) return { prompt: input.prompt };
  if ("parts" in input) return { parts: input.parts };
  if ("answers" in input) return { answers: input.answers };
  return { messages: input.messages.map(({ role, content, parts }) => defined({ role, content, parts })) };
}

/** Throws for a malformed frame, which would end the session (`bad-frame`): from a caller without types, or from storage. */
export function assertSendable(frame: TurnSubmitFrame): void {
  const { turnId, input, provider, model, params, metadata, replaces, continues, onLeave } = frame;
  if (!isId(turnId)) throw new TypeError("turnId must be 1–64 of A–Z a–z 0–9 _ -");
  for (const id of [replaces, continues]) {
    if (id !== undefined && !isId(id)) throw new TypeError("replaces and continues must be turn ids");
  }
  const { prompt, parts, messages, answers } = input as Partial<Record<string, unknown>>;
  if ((answers === undefined) !== (continues === undefined)) throw new TypeError("answers need continues");
  // What a part may be is judged by the room, whose refusal keeps the question and the session.
  if (isText(prompt) ? prompt.trim() === "" : ![parts, messages, answers].some(isFull))
    throw new TypeError("nothing to submit");
  if ("messages" in input && !input.messages.every(({ role, content }) => roles.includes(role) && isText(content))) {
    throw new TypeError("messages must each have a role and text content");
  }
  assertName("provider", provider, 64);
  assertName("model", model, 128);
  for (const record of [params, metadata]) {
    if (record === undefined || (isRecord(record) && utf8Length(JSON.stringify(record)) <= maxParamsBytes)) continue;
    throw new RangeError(`params and metadata are each an object of at most ${maxParamsBytes} bytes as JSON`);
  }
  if (onLeave !== undefined && onLeave !== "cancel" && onLeave !== "keep") {
    throw new TypeError("onLeave must be cancel or keep");
  }
}

const roles: readonly unknown[] = ["system", "user", "assistant"];

export function isId(value: unknown): value is string {
  return isText(value) && turnIdPattern.test(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFull(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function assertName(field: string, name: unknown, max: number): void {
  if (name === undefined || (isText(name) && name.length >= 1 && name.length <= max)) return;
  throw new TypeError(`${field} must be 1–${max} long`);
}

/** A question that is too large is refused here, because the room would close the socket for it. */
export function tooLarge(frame: TurnSubmitFrame): ErrorFrame | undefined {
  const max = "prompt" in frame.input ? maxFrameBytes : maxSubmitBytes;
  // 64 bytes more, for the epoch that is added later.
  if (utf8Length(JSON.stringify(frame)) + 64 <= max) return undefined;
  const { turnId } = frame;
  const message = `The question is larger than ${max} bytes.`;
  return { type: "error", code: "prompt-too-large", message, turnId, retryable: false };
}
