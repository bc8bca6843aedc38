/** A submit as it goes over the wire, made from what a caller passes: what the room would not take is found out here. */
import type { TurnInput, TurnSubmitFrame } from "../shared/protocol/client-frames.ts";
import { maxFrameBytes, maxParamsBytes, turnIdPattern } from "../shared/protocol/limits.ts";
import type { ErrorFrame } from "../shared/protocol/server-frames.ts";
import { utf8Length } from "../shared/text.ts";
import type { SubmitOptions } from "./api.ts";

/** Named field by field: one more than the room knows would end the session (`bad-frame`). */
export function submitFrame(input: string | TurnInput, options: SubmitOptions): TurnSubmitFrame {
  const { turnId = newTurnId(), provider, model, params, metadata, replaces, onLeave } = options;
  return {
    type: "turn-submit",
    turnId,
    input: plainInput(typeof input === "string" ? { prompt: input } : input),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(params === undefined ? {} : { params: params as NonNullable<TurnSubmitFrame["params"]> }),
    ...(metadata === undefined ? {} : { metadata: metadata as NonNullable<TurnSubmitFrame["metadata"]> }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(onLeave === undefined ? {} : { onLeave }),
  };
}

function plainInput(input: TurnInput): TurnInput {
  if ("prompt" in input) return { prompt: input.prompt };
  return { messages: input.messages.map(({ role, content }) => ({ role, content })) };
}

/** 128 random bits as hex. Not `randomUUID`, which pages served over plain HTTP do not have. */
export function newTurnId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A frame that is not well-formed would end the session for good (`bad-frame`), so a mistake is told where it was made. */
export function assertSendable(frame: TurnSubmitFrame): void {
  const { turnId, input, provider, model, params, metadata, replaces } = frame;
  if (!turnIdPattern.test(turnId)) throw new TypeError("turnId must be 1–64 of A–Z a–z 0–9 _ -");
  if (replaces !== undefined && !turnIdPattern.test(replaces)) throw new TypeError("replaces must be a turn id");
  if ("prompt" in input ? input.prompt.trim() === "" : input.messages.length === 0) {
    throw new TypeError("there is nothing to submit");
  }
  if (provider !== undefined && !isBetween(provider.length, 1, 64)) throw new TypeError("provider must be 1–64 long");
  if (model !== undefined && !isBetween(model.length, 1, 128)) throw new TypeError("model must be 1–128 long");
  for (const record of [params, metadata]) {
    if (record !== undefined && utf8Length(JSON.stringify(record)) > maxParamsBytes) {
      throw new RangeError(`params and metadata are each at most ${maxParamsBytes} bytes as JSON`);
    }
  }
}

function isBetween(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

/** A prompt may well be too long, and is a person's text: refused as the room would, but without losing the socket to it. */
export function tooLarge(frame: TurnSubmitFrame): ErrorFrame | undefined {
  // 64 more: the epoch is stamped later.
  if (utf8Length(JSON.stringify(frame)) + 64 <= maxFrameBytes) return undefined;
  const { turnId } = frame;
  return { type: "error", code: "frame-too-large", message: "The message is too large.", turnId, retryable: false };
}
