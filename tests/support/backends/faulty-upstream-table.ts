/**
 * Every fault that the gateway is tried with: what the backend does, and what people then see. `faulty-upstream.ts` does it,
 * `tests/workerd/upstream/faults.test.ts` runs each through the gateway, and docs/faults.md shows the table.
 */
import type { ErrorCode } from "../../../shared/protocol/errors.ts";

export const faultKinds = [
  "connect",
  "headers",
  "stall",
  "truncation",
  "encoding",
  "content type",
  "status",
  "event shape",
] as const;

export interface Fault {
  readonly kind: (typeof faultKinds)[number];
  /** What the backend does. */
  readonly does: string;
  readonly outcome: "completed" | "failed" | "interrupted";
  readonly error?: ErrorCode;
  /** What is shown of the answer. */
  readonly text: string;
  /** How often the backend is asked, with 3 attempts and 2 resumes allowed. */
  readonly calls: number;
}

export const answerText = "Hello, world";
const soFar = "Hello, ";

const completed = (kind: Fault["kind"], does: string, calls = 1, text = answerText): Fault => ({
  ...{ kind, does, outcome: "completed", text, calls },
});
/** Before anything was shown. Asked again where that is safe. */
const failed = (kind: Fault["kind"], does: string, error: ErrorCode, calls = 1, text = ""): Fault => ({
  ...{ kind, does, outcome: "failed", error, text, calls },
});
/** After something was shown. */
const interrupted = (kind: Fault["kind"], does: string, error: ErrorCode, calls = 1): Fault => ({
  ...{ kind, does, outcome: "interrupted", error, text: soFar, calls },
});

export const faults = {
  "closes-at-once": failed("connect", "takes the request and closes the connection", "upstream-unreachable", 3),
  "resets-at-once": failed("connect", "takes the request and resets the connection", "upstream-unreachable", 3),
  "no-http": failed("connect", "answers in something that is not HTTP", "upstream-unreachable", 3),
  "closes-once": completed("connect", "closes the first connection, answers the second", 2),

  "half-headers": failed("headers", "closes in the middle of the headers", "upstream-unreachable", 3),
  "bad-status-line": failed("headers", "sends a status that is no number", "upstream-unreachable", 3),
  "huge-headers": failed("headers", "sends a header of 1 MiB", "upstream-unreachable", 3),
  "no-colon": failed("headers", "sends a header line without a colon", "upstream-unreachable", 3),
  "odd-case": completed("headers", "writes header names and the media type in capitals"),

  "no-headers": failed("stall", "takes the request and says nothing", "upstream-headers-timeout"),
  "slow-headers": failed("stall", "sends its headers a byte at a time, without end", "upstream-headers-timeout"),
  "no-first-token": failed("stall", "sends headers and nothing after them", "upstream-first-token-timeout"),
  "comments-only": failed("stall", "sends comments and no answer", "upstream-first-token-timeout"),
  "whole-never-ends": failed("stall", "sends half of a JSON answer and no more", "upstream-first-token-timeout"),
  "falls-silent": interrupted("stall", "falls silent in the middle of the answer", "upstream-silence"),
  "silent-in-event": interrupted("stall", "falls silent in the middle of an event", "upstream-silence"),
  "never-done": failed("stall", "goes on with comments after the answer, without end", "upstream-deadline", 1, soFar),

  "ends-empty": failed("truncation", "ends the stream before its first event", "upstream-truncated", 3),
  "ends-early": interrupted("truncation", "ends the stream without its end event", "upstream-truncated"),
  "ends-in-event": interrupted("truncation", "ends the stream in the middle of an event", "upstream-truncated"),
  "no-last-newline": completed("truncation", "leaves out the blank line after the end event", 1, soFar),
  "resets-in-answer": interrupted("truncation", "resets the connection in the middle", "upstream-truncated"),
  "chunk-cut": interrupted("truncation", "closes without the last chunk of a chunked body", "upstream-truncated"),
  "short-body": interrupted("truncation", "closes before its Content-Length is reached", "upstream-truncated"),
  "json-cut": failed("truncation", "closes in the middle of a JSON answer of a known length", "upstream-truncated", 3),
  "json-cut-unseen": failed(
    "truncation",
    "closes in the middle of a JSON answer of no known length",
    "upstream-malformed",
  ),
  "cut-resumed": completed("truncation", "breaks off, and continues after Last-Event-ID", 2),
  "cut-gone": interrupted(
    "truncation",
    "breaks off, and has forgotten the answer (410) when asked to continue",
    "upstream-truncated",
    2,
  ),
  "cut-again": interrupted("truncation", "breaks off each time it is asked to continue", "upstream-truncated", 3),

  bom: completed("encoding", "begins with a byte order mark"),
  crlf: completed("encoding", "ends lines with CR LF"),
  cr: completed("encoding", "ends lines with CR"),
  "byte-by-byte": completed("encoding", "sends one byte at a time"),
  "invalid-utf8": completed("encoding", "sends bytes that are no UTF-8", 1, "Hello, \uFFFDworld"),
  "split-pair": completed("encoding", "splits an emoji's two halves over two tokens", 1, "Hello, 🌍"),
  "lone-half": completed("encoding", "sends half of an emoji", 1, "Hello, \uFFFD!"),
  "utf-16": failed("encoding", "sends UTF-16", "upstream-malformed"),
  gzip: completed("encoding", "compresses the stream"),
  "broken-gzip": failed("encoding", "says gzip and sends something else", "upstream-truncated", 3),
  "unknown-coding": failed("encoding", "uses a content coding that nobody asked for", "upstream-malformed"),
  gbk: completed("encoding", "sends text in GBK and says so", 1, "你好"),

  html: failed("content type", "answers 200 with an HTML page", "upstream-malformed"),
  "html-as-text": failed("content type", "sends HTML as text/plain", "upstream-malformed"),
  "stream-as-text": completed("content type", "sends an event stream as text/plain"),
  "no-type": failed("content type", "names no type", "upstream-malformed"),
  image: failed("content type", "sends an image", "upstream-malformed"),
  "json-without-text": failed("content type", "sends JSON in which there is no answer", "upstream-unrecognized"),
  "empty-json": failed("content type", "sends an empty body as JSON", "upstream-truncated", 3),
  "json-error": failed("content type", "says in JSON on a 200 that it failed", "upstream-unavailable", 3),
  "whole-json": completed("content type", "answers whole, in JSON"),
  "whole-completion": completed("content type", "answers with a whole chat completion"),
  "whole-text": completed("content type", "answers whole, in plain text"),

  "created-201": completed("status", "answers 201, as NestJS does for a POST"),
  "no-content-204": failed("status", "answers 204: nothing, on purpose", "upstream-malformed"),
  "redirect-302": failed("status", "redirects", "upstream-rejected"),
  "rejects-400": failed("status", "answers 400", "upstream-rejected"),
  "guard-403": failed("status", "a NestJS guard refuses: 403 with JSON", "upstream-auth-failed"),
  "context-400": failed("status", "answers 400: the context length is exceeded", "upstream-context-too-long"),
  "long-413": failed("status", "answers 413", "upstream-context-too-long"),
  "policy-400": failed("status", "answers 400: a content filter", "upstream-content-policy"),
  "quota-402": failed("status", "answers 402", "upstream-quota-exceeded"),
  "quota-429": failed("status", "answers 429: the quota is used up", "upstream-quota-exceeded"),
  "missing-404": failed("status", "has no such route", "upstream-rejected"),
  "busy-429-once": completed("status", "answers 429 with Retry-After, then the answer", 2),
  "down-500": failed("status", "answers 500", "upstream-unavailable", 3),
  "down-502-html": failed("status", "a proxy answers 502 with an HTML page", "upstream-unavailable", 3),
  "down-503-once": completed("status", "answers 503, then the answer", 2),
  "odd-retry-after": completed("status", "answers 503 with a Retry-After of -1, then the answer", 2),
  "far-retry-after": failed("status", "answers 503 and asks to come back in an hour", "upstream-unavailable"),

  "no-json": failed("event shape", "sends an event that is no JSON", "upstream-malformed", 1, soFar),
  "wrong-type": failed("event shape", "sends a token whose text is a number", "upstream-malformed", 1, soFar),
  "bad-usage": completed("event shape", "counts tokens below zero"),
  "huge-event": failed("event shape", "sends an event of 10 MiB", "upstream-malformed", 1, soFar),
  "huge-part": failed("event shape", "sends a tool result of 1.2 MB", "part-too-large", 1, soFar),
  "unknown-event": completed("event shape", "sends events and fields that nobody knows"),
  unrecognized: failed("event shape", "streams events of which nothing is understood", "upstream-unrecognized"),
  "unrecognized-open": failed("event shape", "sends one such event and stays open", "upstream-unrecognized"),
  "unrecognized-slow": failed("event shape", "sends such events now and then, without end", "upstream-unrecognized"),
  "unrecognized-flood": failed("event shape", "sends such events at full speed, without end", "upstream-unrecognized"),
  "mixed-formats": failed("event shape", "goes on in another format", "upstream-malformed", 1, soFar),
  "changed-tag": failed("event shape", "goes on under another tag", "upstream-malformed", 1, soFar),
  "html-in-stream": failed("event shape", "sends a page of HTML in the middle", "upstream-malformed", 1, soFar),
  "brief-events": completed("event shape", "streams the unified events of the brief's NestJS controller"),
  "brief-cut": interrupted("event shape", "streams those and closes without complete", "upstream-truncated"),
  "after-done": completed("event shape", "goes on after its end event"),
  "many-lines": completed("event shape", "spreads an event's JSON over many lines"),
  "automatic-ids": interrupted(
    "event shape",
    "numbers its events anew on each connection, as NestJS does, and breaks off",
    "upstream-truncated",
  ),
  "early-error": failed(
    "event shape",
    "fails after the headers: NestJS's event: error with its message as text",
    "upstream-unavailable",
    3,
  ),
  "late-error": failed("event shape", "fails so in the middle of the answer", "upstream-unavailable", 1, soFar),
  "busy-error": failed(
    "event shape",
    "says in an error event that the model is busy, and when to come back",
    "upstream-rate-limited",
    3,
  ),
  "final-error": failed("event shape", "says in an error event that asking again is no use", "upstream-rejected"),
  "context-error": failed(
    "event shape",
    "says in an error event, after some text, that the context length is exceeded",
    "upstream-context-too-long",
    1,
    soFar,
  ),
  "openai-chunks": completed("event shape", "streams chat completion chunks"),
  "openai-error": failed(
    "event shape",
    "streams chat completion chunks, then an error object",
    "upstream-unavailable",
    1,
    soFar,
  ),
  "ui-message": completed("event shape", "streams the AI SDK's UI messages"),
  "text-events": completed("event shape", "streams plain text and simply ends"),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

export const faultList = Object.entries(faults).map(([name, fault]) => ({
  name: name as FaultName,
  ...(fault as Fault),
}));

/** As docs/faults.md shows them. */
export function faultTables(): string {
  return faultKinds
    .map((kind) => {
      const rows = faultList
        .filter((fault) => fault.kind === kind)
        .map(({ name, does, outcome, error, text, calls }) => {
          const cells = [`\`${name}\``, does, error === undefined ? outcome : `${outcome}: \`${error}\``];
          return `| ${[...cells, text === "" ? "–" : text, calls].join(" | ")} |`;
        });
      const heading = `### ${kind.replace(/^./, (first) => first.toUpperCase())}`;
      return `${heading}\n\n| fault | the backend | the turn | shown | calls |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
    })
    .join("\n");
}
