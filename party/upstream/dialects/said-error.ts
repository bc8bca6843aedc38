/**
 * Reads a failure in the upstream's own words: the contract's JSON, an object under `error` as OpenAI-compatible services write
 * it, NestJS's `{statusCode, message}`, or plain text. Only its meaning goes on: a code, whether to retry, and when. The words
 * stay here (U4).
 */
import type { UpstreamEnd } from "../../core/ports.ts";
import { reasonOf } from "../refusal-reason.ts";
import { retryableCode } from "../status.ts";
import { isObject, jsonOrUndefined } from "./stream-event.ts";

/** What a failure says, from the object under `error` and from the object around it. */
export interface SaidError {
  /** Codes and types, for programs. */
  readonly names: string;
  /** Sentences, for people. */
  readonly sentence: string;
  readonly status: number | undefined;
  readonly retryable: boolean | undefined;
  readonly waitMs: number | undefined;
}

/** Keys under which services put a sentence. */
const sentenceKeys = ["message", "msg", "detail", "error_description", "errorText", "title", "content"] as const;

/** Has no schema: nothing in it is required, and a field of the wrong type counts as absent. */
export function saidIn(said: unknown): SaidError {
  const outer = factsIn(said);
  const within = innerOf(said);
  const inner = within === said ? outer : factsIn(within);
  const layers = inner === outer ? [outer] : [inner, outer];
  const joined = (pick: (facts: SaidError) => string) => [...new Set(layers.map(pick))].filter(Boolean).join(" ");
  return {
    names: joined(({ names }) => names),
    sentence: joined(({ sentence }) => sentence),
    status: inner.status ?? outer.status,
    retryable: inner.retryable ?? outer.retryable,
    waitMs: inner.waitMs ?? outer.waitMs,
  };
}

/** What went wrong inside of an object that only says that something did. */
function innerOf(said: unknown): unknown {
  if (!isObject(said)) return said;
  const { error } = said;
  if (isObject(error) || typeof error === "string") return error;
  for (const key of ["response", "last_error", "data"]) {
    const nested = said[key];
    if (isObject(nested) && ("error" in nested || "code" in nested)) return innerOf(nested);
  }
  return said;
}

function factsIn(value: unknown): SaidError {
  const said = isObject(value) ? value : {};
  const text = (key: string) => (typeof said[key] === "string" ? said[key] : undefined);
  const number = (key: string) => (typeof said[key] === "number" ? said[key] : undefined);
  const seconds = number("retry_after");
  const waitMs =
    number("retryAfterMs") ?? number("retry_after_ms") ?? (seconds === undefined ? undefined : seconds * 1_000);
  const sentences = sentenceKeys.map((key) => {
    const sentence = said[key];
    // NestJS's ValidationPipe answers with a list.
    return Array.isArray(sentence) ? sentence.filter((item) => typeof item === "string").join(" ") : text(key);
  });
  // A tag says nothing about the reason.
  const type = text("type") === "error" ? undefined : text("type");
  return {
    names: [text("code"), type, text("error_type"), number("code")?.toString()]
      .filter((word) => word !== undefined)
      .join(" "),
    sentence: typeof value === "string" ? value : sentences.filter((sentence) => sentence !== undefined).join(" "),
    status: [number("status"), number("statusCode"), number("code"), Number(text("code") ?? "")].find(isStatus),
    retryable: typeof said["retryable"] === "boolean" ? said["retryable"] : undefined,
    waitMs: waitMs !== undefined && waitMs >= 0 ? Math.round(waitMs) : undefined,
  };
}

/** Words that say "too many requests". Within a longer word the letters mean something else: "generate", "moderated". */
const busyWords = /(?:^|[^a-z])rate|too.?many.?request|throttl|(?:^|\D)429(?:\D|$)/i;
/** Codes and types after which a retry is useless. Never looked for in sentences. */
const finalWords =
  /invalid|authenticat|permission|forbidden|not.?found|context.?length|quota|billing|unsupported|polic/i;

/** For the data of an `error` event. */
export function endOfSaidError(data: string): UpstreamEnd {
  return endOfError(jsonOrUndefined(data) ?? data);
}

export function endOfError(said: unknown): UpstreamEnd {
  const { names, sentence, status, retryable: saidRetryable, waitMs } = saidIn(said);
  const wait = waitMs === undefined ? {} : { retryAfterMs: waitMs };
  const code = status === undefined ? undefined : retryableCode(status);
  const isBusy =
    code === "upstream-rate-limited" || busyWords.test(names) || (names === "" && busyWords.test(sentence));
  const spoken = isBusy ? 429 : status;
  // A service that says "retry" means a passing trouble, whatever its words are.
  const reason =
    saidRetryable === true ? undefined : reasonOf({ status: spoken, names, sentence, hasWait: waitMs !== undefined });
  if (reason !== undefined) return { kind: "error", code: reason, retryable: false, ...wait };
  const isFinal = finalWords.test(names) || (status !== undefined && code === undefined);
  const retryable = saidRetryable ?? !isFinal;
  const whenNotBusy = retryable ? "upstream-unavailable" : "upstream-rejected";
  return {
    kind: "error",
    code: isBusy && (retryable || !isFinal) ? "upstream-rate-limited" : whenNotBusy,
    retryable,
    ...wait,
  };
}

function isStatus(value: unknown): value is number {
  return typeof value === "number" && value >= 400 && value < 600;
}
