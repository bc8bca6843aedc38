/**
 * A failure in the upstream's own words, in whatever shape it has them: the contract's JSON, an object under `error` as
 * OpenAI-compatible services write it, NestJS's `{statusCode, message}`, or plain text. Only its meaning goes on: a code,
 * whether to try again, and when. The words stay here (U4).
 */
import * as z from "zod/mini";
import type { UpstreamEnd } from "../../core/ports.ts";
import { retryableCode } from "../status.ts";
import { isObject, jsonOrUndefined } from "./dialect.ts";

const text = z.catch(z.optional(z.string()), undefined);
const number = z.catch(z.optional(z.number()), undefined);
/** Nothing in it is required, and nothing of the wrong type fails: it is an error whatever it looks like. */
const errorSchema = z.object({
  code: z.catch(z.optional(z.union([z.string(), z.number()])), undefined),
  type: text,
  message: text,
  status: number,
  statusCode: number,
  retryable: z.catch(z.optional(z.boolean()), undefined),
  retryAfterMs: number,
  retry_after_ms: number,
  /** In seconds, as in `Retry-After`. */
  retry_after: number,
});

/** Within a word it means something else: "generate", "moderated". */
const busyWords = /(?:^|[^a-z])rate|too.?many|throttl|(?:^|\D)429(?:\D|$)/i;
/** Codes and types that another try cannot mend. Never looked for in sentences. */
const finalWords =
  /invalid|authenticat|permission|forbidden|not.?found|context.?length|quota|billing|unsupported|polic/i;

/** Whether an object is a failure: something under `error`, or the body that NestJS gives to an exception. */
export function saysError(value: Readonly<Record<string, unknown>>): boolean {
  return Boolean(value["error"]) || (isStatus(value["statusCode"]) && "message" in value);
}

/** Of an `error` event's data. */
export function endOfSaidError(data: string): UpstreamEnd {
  return endOfError(jsonOrUndefined(data) ?? data);
}

export function endOfError(said: unknown): UpstreamEnd {
  const inner = isObject(said) && "error" in said ? said.error : said;
  const facts = errorSchema.parse(isObject(inner) ? inner : {});
  // Some put the status or the wait beside `error`, not into it.
  const outer = errorSchema.parse(isObject(said) ? said : {});
  const named = [facts.code, facts.type].filter((word) => typeof word === "string").join(" ");
  const sentence = typeof inner === "string" ? inner : (facts.message ?? "");
  const status = [facts.status, facts.statusCode, facts.code, outer.statusCode, outer.status].find(isStatus);
  const code = status === undefined ? undefined : retryableCode(status);
  const isBusy =
    code === "upstream-rate-limited" || busyWords.test(named) || (named === "" && busyWords.test(sentence));
  const isFinal = finalWords.test(named) || (status !== undefined && code === undefined);
  const retryable = facts.retryable ?? !isFinal;
  const whenNotBusy = retryable ? "upstream-unavailable" : "upstream-rejected";
  const seconds = facts.retry_after ?? outer.retry_after;
  const wait =
    facts.retryAfterMs ??
    facts.retry_after_ms ??
    outer.retryAfterMs ??
    outer.retry_after_ms ??
    (seconds === undefined ? undefined : seconds * 1_000);
  return {
    kind: "error",
    code: isBusy && (retryable || !isFinal) ? "upstream-rate-limited" : whenNotBusy,
    retryable,
    ...(wait === undefined || !(wait >= 0) ? {} : { retryAfterMs: Math.round(wait) }),
  };
}

function isStatus(value: unknown): value is number {
  return typeof value === "number" && value >= 400 && value < 600;
}
