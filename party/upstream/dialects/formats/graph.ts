/** Reads states and updates of LangGraph, which may repeat what its nodes streamed. Used by the tagged dialect. */
import type { BatchBuilder } from "../../batch-builder.ts";
import { textInGraph } from "../recognition/graph-state.ts";
import type { JsonObject } from "../stream-event.ts";
import type { TextTag } from "./text-tag.ts";

/** The tag of the messages that a graph streams: their text and that of its states are one answer. */
const messagesTag = "messages";

/** False where the state holds no text. */
export function readGraph(value: JsonObject, textTag: TextTag, into: BatchBuilder): boolean {
  let isFound = false;
  for (const { kind, text } of textInGraph(value)) {
    if (text === "" || !textTag.accepts(messagesTag)) continue;
    isFound = true;
    const received = into.received(kind);
    if (!received.endsWith(text)) into.repeated(kind, text.startsWith(received) ? text.slice(received.length) : text);
  }
  return isFound;
}
