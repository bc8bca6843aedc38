/**
 * A failure in the upstream's own words, in whatever shape it has them: the contract's JSON, an object under `error` as
 * OpenAI-compatible services write it, NestJS's `{statusCode, message}`, or plain text. Only its meaning goes on: a code,
 * whether to try again, and when. The words stay here (U4).
 */
import type { UpstreamEnd } from "../../core/ports.ts";
import { retryableCode } from "../status.ts";
import { isObject, jsonOrUndefined } from "./dialect.ts";

interface Facts {
  readonly code: string | number | undefined;
  readonly type: string | undefined;
  readonly message: string | undefined;
  readonly status: number | undefined;
  readonly retryable: boolean | undefined;
  readonly waitMs: number | undefined;
}

/** No schema: nothing in it is required, and what is of the wrong type is absent. It is an error whatever it looks like. */
function factsIn(value: unknown): Facts {
  const said = isObject(value) ? value : {};
  const text = (key: string) => (typeof said[key] === "string" ? said[key] : undefined);
  const number = (key: string) => (typeof said[key] === "number" ? said[key] : undefined);
  const seconds = number("retry_after");
  return {
    code: text("code") ?? number("code"),
    type: text("type"),
    message: text("message"),
    status: [number("status"), number("statusCode"), number("code")].find(isStatus),
    retryable: typeof said["retryable"] === "boolean" ? said["retryable"] : undefined,
    waitMs: number("retryAfterMs") ?? number("retry_after_ms") ?? (seconds === undefined ? undefined : seconds * 1_000),
  };
}

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
  const facts = factsIn(inner);
  // Some put the status or the wait beside `error`, not into it.
  const outer = factsIn(said);
  const named = [facts.code, facts.type].filter((word) => typeof word === "string").join(" ");
  const sentence = typeof inner === "string" ? inner : (facts.message ?? "");
  const status = facts.status ?? outer.status;
  const code = status === undefined ? undefined : retryableCode(status);
  const isBusy =
    code === "upstream-rate-limited" || busyWords.test(named) || (named === "" && busyWords.test(sentence));
  const isFinal = finalWords.test(named) || (status !== undefined && code === undefined);
  const retryable = facts.retryable ?? !isFinal;
  const whenNotBusy = retryable ? "upstream-unavailable" : "upstream-rejected";
  const waitMs = facts.waitMs ?? outer.waitMs;
  return {
    kind: "error",
    code: isBusy && (retryable || !isFinal) ? "upstream-rate-limited" : whenNotBusy,
    retryable,
    ...(waitMs === undefined || !(waitMs >= 0) ? {} : { retryAfterMs: Math.round(waitMs) }),
  };
}

function isStatus(value: unknown): value is number {
  return typeof value === "number" && value >= 400 && value < 600;
}
