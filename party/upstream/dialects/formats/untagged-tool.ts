/** Reads tool steps from objects without a tag, in which only a key says that there is a tool. Used by the tagged dialect. */
import type { BatchBuilder } from "../../batch-builder.ts";
import { flagIn } from "../recognition/event-flags.ts";
import { findText } from "../recognition/find-text.ts";
import { roleOf } from "../recognition/tag-roles.ts";
import { isObject, type JsonObject } from "../stream-event.ts";
import type { ToolSteps } from "../tool-steps.ts";

/** Objects that may hold the tool calls of a message. */
const messageKeys = ["message", "delta", "data"] as const;

/** An object without a tag, of which one key is a tool's: `{"toolUpdate": {…}}`. True where it holds nothing else. */
export function readUntaggedTool(value: JsonObject, tools: ToolSteps, into: BatchBuilder): boolean {
  let isStep = readSteps(value, tools, into);
  for (const key of messageKeys) {
    const message = value[key];
    if (isObject(message) && readSteps(message, tools, into)) isStep = true;
  }
  return isStep && flagIn(value, 0) !== true && findText(value).every(({ text }) => text === "");
}

function readSteps(holder: JsonObject, tools: ToolSteps, into: BatchBuilder): boolean {
  let isStep = false;
  for (const key in holder) {
    const step = holder[key];
    if (typeof step !== "object" || step === null || roleOf(key) !== "tool") continue;
    if (Array.isArray(step) && step.length === 0) continue;
    tools.read(key, step, into);
    isStep = true;
  }
  return isStep;
}
