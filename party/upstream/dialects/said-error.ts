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
const sentenceKeys = [
  ...["message", "msg", "detail", "error_description", "errorText", "title", "content"],
  ...["Message", "error_msg", "status_msg", "error_message"],
] as const;
/** Keys under which services put a word or a number for programs. */
const nameKeys = ["code", "type", "__type", "error_type", "Code", "error_code", "status_code"] as const;
/** The same keys also hold words that mean nothing here ("failed", "stop"), so only constants are read: RESOURCE_EXHAUSTED. */
const constantKeys = ["status", "reason"] as const;
/** Keys under which services put what went wrong, inside of an object that only says that something did. */
const innerKeys = [
  ...["error", "Error", "innererror", "inner_error", "metadata", "raw", "details"],
  ...["response", "Response", "last_error", "data", "base_resp", "header"],
] as const;
/** A refusal has few layers. What lies deeper, or beyond so many objects, isn't read. */
const maxDepth = 5;
const maxLayers = 24;

/** Has no schema: nothing in it is required, and a field of the wrong type counts as absent. */
export function saidIn(said: unknown): SaidError {
  const layers: SaidError[] = [];
  collectLayers(said, layers, 0);
  const joined = (pick: (facts: SaidError) => string) => [...new Set(layers.map(pick))].filter(Boolean).join(" ");
  const first = <Value>(pick: (facts: SaidError) => Value | undefined) =>
    layers.map(pick).find((value) => value !== undefined);
  return {
    names: joined(({ names }) => names),
    sentence: joined(({ sentence }) => sentence),
    status: first(({ status }) => status),
    retryable: first(({ retryable }) => retryable),
    waitMs: first(({ waitMs }) => waitMs),
  };
}

/** The innermost layer first: it says the most. */
function collectLayers(said: unknown, layers: SaidError[], depth: number): void {
  if (depth > maxDepth || layers.length >= maxLayers) return;
  if (Array.isArray(said)) {
    for (const item of said) if (isObject(item)) collectLayers(item, layers, depth + 1);
    return;
  }
  if (isObject(said)) {
    for (const key of innerKeys) {
      const inner = said[key];
      // OpenRouter quotes a provider's JSON as a string.
      const value = typeof inner === "string" ? (jsonOrUndefined(inner) ?? inner) : inner;
      if (isObject(value) || Array.isArray(value) || (typeof value === "string" && isWordKey(key))) {
        collectLayers(value, layers, depth + 1);
      }
    }
  }
  layers.push(factsIn(said));
}

/** Under these keys a string is a sentence, too. */
function isWordKey(key: string): boolean {
  return key === "error" || key === "raw";
}

function factsIn(value: unknown): SaidError {
  const said = isObject(value) ? value : {};
  const text = (key: string) => (typeof said[key] === "string" ? said[key] : undefined);
  const number = (key: string) => (typeof said[key] === "number" ? said[key] : undefined);
  const seconds = number("retry_after") ?? secondsIn(text("retryDelay"));
  const waitMs =
    number("retryAfterMs") ?? number("retry_after_ms") ?? (seconds === undefined ? undefined : seconds * 1_000);
  const sentences: string[] = [];
  for (const key of sentenceKeys) {
    const sentence = said[key];
    // NestJS's ValidationPipe answers with a list.
    if (Array.isArray(sentence)) sentences.push(...sentence.filter((item) => typeof item === "string"));
    else if (typeof sentence === "string") sentences.push(sentence);
  }
  const names: string[] = [];
  for (const key of nameKeys) {
    const name = text(key) ?? number(key)?.toString();
    // A tag says nothing about the reason, and some services put a sentence where others put a code.
    if (name === undefined || name === "error") continue;
    if (name.includes(" ")) sentences.push(name);
    else names.push(name);
  }
  names.push(...constantKeys.map((key) => text(key) ?? "").filter((name) => /^[A-Z][A-Z_]+$/.test(name)));
  return {
    names: names.join(" "),
    sentence: typeof value === "string" ? value : sentences.join(" "),
    status: [number("status"), number("statusCode"), number("code"), Number(text("code") ?? "")].find(isStatus),
    retryable: typeof said["retryable"] === "boolean" ? said["retryable"] : undefined,
    waitMs: waitMs !== undefined && waitMs >= 0 ? Math.round(waitMs) : undefined,
  };
}

/** The duration of Google's `RetryInfo`: "36s", "1.5s". */
function secondsIn(duration: string | undefined): number | undefined {
  const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(duration ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds);
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
