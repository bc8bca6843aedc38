/**
 * Text to client frame, on the room's side. Past `parseClientFrame` a frame is typed, never cast.
 * The client's side of the wire is `server-guard.ts`, which needs no schema library.
 */
import { type JsonProblem, parseJson } from "../parse-json.ts";
import { fail, ok, type Result } from "../result.ts";
import { mayBeIllFormed, wellFormed } from "../text.ts";
import { type ClientFrame, clientFrame } from "./client-frames.ts";
import type { ErrorCode } from "./errors.ts";
import { maxFrameBytes, turnIdPattern } from "./limits.ts";
import { PROTOCOL_VERSION } from "./version.ts";

export interface FrameProblem {
  readonly code: ErrorCode;
  /** What was wrong and what is expected; safe to send: it never quotes a value. */
  readonly detail: string;
  /** The turn the frame spoke of, where that much could be read. */
  readonly turnId?: string;
}

export function parseClientFrame(text: string): Result<ClientFrame, FrameProblem> {
  const json = parseJson(text, maxFrameBytes);
  if (!json.ok) return fail(unreadable[json.error]);
  const value = mayBeIllFormed(text) ? wellFormed(json.value) : json.value;
  const parsed = clientFrame.safeParse(value);
  return parsed.success ? ok(parsed.data) : fail(problemOf(value, parsed.error.issues));
}

const unreadable: Readonly<Record<JsonProblem, FrameProblem>> = {
  "too-large": { code: "frame-too-large", detail: `A frame is at most ${maxFrameBytes} bytes.` },
  "too-deep": { code: "bad-frame", detail: "A frame is nested too deeply." },
  "not-json": { code: "bad-frame", detail: 'A frame is one JSON object with a "type", or the bare text "ping".' },
};

/** A path names keys the client chose; more of it than this would quote the client to itself. */
const maxPathLength = 64;

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Of fields that nobody knows, their names. */
  readonly keys?: readonly string[];
}

function problemOf(json: unknown, issues: readonly Issue[]): FrameProblem {
  const frame =
    typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
  const turnId =
    typeof frame["turnId"] === "string" && turnIdPattern.test(frame["turnId"]) ? frame["turnId"] : undefined;
  const about = turnId === undefined ? {} : { turnId };
  const version = frame["version"];
  if (frame["type"] === "hello" && Number.isInteger(version) && version !== PROTOCOL_VERSION) {
    // Said before anything else: a hello of another version may well have other fields.
    return { code: "version-unsupported", detail: `This room speaks version ${PROTOCOL_VERSION}.` };
  }
  if (frame["type"] === "turn-submit" && hasOtherThanText(frame["input"])) {
    return { code: "unsupported-content", detail: "The content of a message is a string.", ...about };
  }
  const issue = issues[0];
  const where = issue?.path.map(String).join(".").slice(0, maxPathLength) || issue?.keys?.[0]?.slice(0, maxPathLength);
  const type = typeof frame["type"] === "string" ? frame["type"].slice(0, 32) : "frame";
  const what = issue?.keys === undefined ? (issue?.message ?? "is not valid") : "is not a field that is known here";
  return { code: "bad-frame", detail: `${type}: ${where ?? "type"}: ${what}`, ...about };
}

/** Whether an input is the right shape but for content that is not text (images, files): a promise of a later version. */
function hasOtherThanText(input: unknown): boolean {
  if (typeof input !== "object" || input === null || !("messages" in input) || !Array.isArray(input.messages))
    return false;
  return input.messages.some(
    (message: unknown) =>
      typeof message === "object" && message !== null && "content" in message && Array.isArray(message.content),
  );
}
