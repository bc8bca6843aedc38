/** The body of a submit over HTTP: a `turn-submit` frame without its `type`, whose `turnId` may be left to the room. */

import { jsonOr } from "../../shared/parse-json.ts";
import type { TurnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import { parseClientFrame } from "../../shared/protocol/codec.ts";
import { maxParamsBytes, maxSubmitBytes } from "../../shared/protocol/limits.ts";
import { fail, ok, type Result } from "../../shared/result.ts";
import { utf8Length } from "../../shared/text.ts";
import type { AccessRefusal } from "../core/principal.ts";
import { readBounded } from "../platform/read-bounded.ts";
import { tooLarge } from "../responses/refusal-response.ts";

const example = '{"turnId": "q-1", "input": {"prompt": "Hello"}}';

/** @param newId for a turn whose asker did not choose one. */
export async function readSubmit(
  request: Request,
  newId: () => string,
): Promise<Result<TurnSubmitFrame, AccessRefusal>> {
  const text = await readBounded(request, maxSubmitBytes);
  if (text === undefined) return fail(tooLarge);
  const body = jsonOr(text, maxSubmitBytes);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return fail({ code: "bad-request", detail: `The body is one JSON object, for example ${example}.` });
  }
  const parsed = parseClientFrame(JSON.stringify({ turnId: newId(), ...traced(body, request), type: "turn-submit" }));
  if (parsed.ok && parsed.value.type === "turn-submit") return ok(parsed.value);
  const { code, detail } = parsed.ok ? { code: "bad-frame" as const, detail: "" } : parsed.error;
  // Over HTTP there is no socket to close, and the sentence of the code speaks of a page that is out of date.
  if (code !== "bad-frame") return fail({ code, detail });
  return fail({ code: "bad-request", detail: `${detail} (for example ${example}).` });
}

/** A trace comes as the header that HTTP has for it, and travels as every other client's does: in the turn's metadata. */
export function traced(body: object, request: Request): object {
  const traceparent = request.headers.get("traceparent");
  const metadata: unknown = "metadata" in body ? body.metadata : {};
  if (traceparent === null || typeof metadata !== "object" || metadata === null) return body;
  const whole = { traceparent, ...metadata };
  // The Worker adds one to each question: it must not be what makes the client's own too large.
  return utf8Length(JSON.stringify(whole)) > maxParamsBytes ? body : { ...body, metadata: whole };
}
