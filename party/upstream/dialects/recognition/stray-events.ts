/**
 * Events in a stream of a fixed format that aren't of this format: a keep-alive, a tool step that a backend added, a failure in
 * its own words. Text of another format is refused: a stream that turns into another one in the middle can't be trusted.
 */
import type { BatchBuilder } from "../../batch-builder.ts";
import { endOfError, endOfSaidError } from "../said-error.ts";
import { isEndMark, isFailureMark, isObject, looksLikeMarkup, malformed, type StreamEvent } from "../stream-event.ts";
import type { ToolSteps } from "../tool-steps.ts";
import { saysError } from "./failure-signs.ts";
import { findText, speakerOf } from "./find-text.ts";
import { type Role, roleOf } from "./tag-roles.ts";

/** Reads such an event. `end` where it says that the answer is over. */
export function readStray(event: StreamEvent, tools: ToolSteps, into: BatchBuilder): "end" | undefined {
  const { name, data, value } = event;
  if (isEndMark(data)) return "end";
  if (isFailureMark(data)) {
    into.end(endOfError(data));
    return undefined;
  }
  if (!isObject(value)) return readText(event, into);
  const { type } = value;
  const role = roleIn(name, typeof type === "string" ? type : undefined);
  if (role === "failure" || (role !== "tool" && saysError(value))) {
    into.end(endOfError(value));
    return undefined;
  }
  switch (role) {
    case "end":
      return "end";
    case "tool":
      tools.read(name ?? String(type), value, into);
      return undefined;
    case "keep-alive":
      return undefined;
    case "text":
    case undefined:
      if (speakerOf(value) === undefined && findText(value).some(({ text }) => text !== ""))
        throw malformed("text of another format");
  }
  into.ignored(event);
  return undefined;
}

function roleIn(name: string | undefined, type: string | undefined): Role | undefined {
  const role = type === undefined ? undefined : roleOf(type);
  if (name === undefined) return role;
  const named = roleOf(name);
  return role === undefined || role === "unknown" || role === "text" ? named : role;
}

function readText(event: StreamEvent, into: BatchBuilder): "end" | undefined {
  const { name, data } = event;
  if (looksLikeMarkup(data)) throw malformed("HTML in the stream");
  if (name === undefined) {
    const word = data.trim();
    if (/^\w+$/.test(word) && roleOf(word) === "end") return "end";
    if (word === "" || word === "null" || roleOf(word) === "keep-alive") return undefined;
    throw malformed("text between events of JSON");
  }
  switch (roleOf(name)) {
    case "failure":
      into.end(endOfSaidError(data));
      return undefined;
    case "end":
      return "end";
    case "text":
      throw malformed("text of another format");
    default:
      into.ignored(event);
      return undefined;
  }
}
