/**
 * Text to client frame, on the room's side. Past `parseClientFrame` a frame is typed, never cast.
 * The client's side of the wire is `server-guard.ts`, which needs no schema library.
 */
import { type JsonProblem, parseJson } from "../parse-json.ts";
import { fail, ok, type Result } from "../result.ts";
import { mayBeIllFormed, utf8Length, wellFormed } from "../text.ts";
import { type ClientFrame, clientFrame } from "./client-frames.ts";
import type { ErrorCode } from "./errors.ts";
import { maxFrameBytes, maxSubmitBytes, turnIdPattern } from "./limits.ts";
import { partsProblem, type QuestionProblem, questionProblem, shapeProblem } from "./question.ts";
import { PROTOCOL_VERSION } from "./version.ts";

export interface FrameProblem {
  readonly code: ErrorCode;
  /** What was wrong and what is expected; safe to send: it never quotes a value. */
  readonly detail: string;
  /** The turn the frame spoke of, where that much could be read. */
  readonly turnId?: string;
}

/** @param maxBytes of a submit with files; any other frame has at most `maxFrameBytes`. */
export function parseClientFrame(text: string, maxBytes = maxSubmitBytes): Result<ClientFrame, FrameProblem> {
  const json = parseJson(text, maxBytes);
  // Only what may be a submit is read beyond the size of a frame.
  const bytes = text.length * 3 <= maxFrameBytes ? text.length : utf8Length(text);
  const isLarge = bytes > maxFrameBytes;
  if (!json.ok) return fail(unreadable[isLarge ? "too-large" : json.error]);
  const value = mayBeIllFormed(text) ? wellFormed(json.value) : json.value;
  const parsed = clientFrame.safeParse(value);
  if (!parsed.success) {
    const problem = problemOf(value, parsed.error.issues);
    return fail(isLarge && problem.code === "bad-frame" ? unreadable["too-large"] : problem);
  }
  if (parsed.data.type !== "turn-submit") return isLarge ? fail(unreadable["too-large"]) : ok(parsed.data);
  const { turnId, input, continues } = parsed.data;
  if ("answers" in input !== (continues !== undefined)) {
    return fail({ code: "bad-frame", detail: "turn-submit: answers and continues come together.", turnId });
  }
  const problem = questionProblem(input, bytes);
  return problem === undefined ? ok(parsed.data) : fail({ ...problem, turnId });
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
  const content = frame["type"] === "turn-submit" ? contentProblem(frame["input"]) : undefined;
  if (content !== undefined) return { ...content, ...about };
  const issue = issues[0];
  const where = issue?.path.map(String).join(".").slice(0, maxPathLength) || issue?.keys?.[0]?.slice(0, maxPathLength);
  const type = typeof frame["type"] === "string" ? frame["type"].slice(0, 32) : "frame";
  const what = issue?.keys === undefined ? (issue?.message ?? "is not valid") : "is not a field that is known here";
  return { code: "bad-frame", detail: `${type}: ${where ?? "type"}: ${what}`, ...about };
}

/** What is wrong with the content of a question, where that is what is wrong: the session stays and its user is told. */
function contentProblem(input: unknown): QuestionProblem | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  if ("parts" in input) return partsProblem(input.parts);
  if (!("messages" in input) || !Array.isArray(input.messages)) return undefined;
  for (const message of input.messages as unknown[]) {
    if (typeof message !== "object" || message === null) continue;
    if ("content" in message && Array.isArray(message.content)) {
      const detail = 'The content of a message is a string; files and data are in its "parts".';
      return { code: "unsupported-content", detail };
    }
    const problem = "parts" in message ? shapeProblem(message.parts) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}
