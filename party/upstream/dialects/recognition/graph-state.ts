/**
 * States and updates of LangGraph: `{agent: {messages: [message]}}` of the mode `updates`, `{messages: [message, …]}` of the mode
 * `values`. Only what the model said after the user's last message is the answer.
 */
import { isObject, type JsonObject } from "../stream-event.ts";
import { type Found, findText } from "./find-text.ts";

/** Whether a name is that of one of these modes. */
export function isGraphState(name: string): boolean {
  return /^(?:updates|values)(?:\||$)/.test(name);
}

/** Whether an object without a name is an update: nodes by name, one of which has messages. */
export function isGraphUpdate(value: JsonObject): boolean {
  let hasMessages = false;
  for (const key in value) {
    const node = value[key];
    if (!isObject(node)) return false;
    hasMessages ||= messagesIn(node).some(
      (item) => isObject(item) && ("type" in item || "role" in item || "lc" in item),
    );
  }
  return hasMessages;
}

/** The text of a state or of an update, empty where it has none. */
export function textInGraph(value: JsonObject): Found[] {
  if ("messages" in value) return findText({ messages: messagesIn(value) });
  return Object.values(value).flatMap((node) => (isObject(node) ? textInNode(node) : []));
}

/** A node may write its answer into a field of the state in place of a message. */
function textInNode(node: JsonObject): Found[] {
  if ("messages" in node) return findText({ messages: messagesIn(node) });
  for (const key of ["answer", "generation", "response", "final_answer", "output"]) {
    const text = node[key];
    if (typeof text === "string" && text !== "") return [{ kind: "text", text }];
  }
  return [];
}

function messagesIn({ messages }: JsonObject): readonly unknown[] {
  return Array.isArray(messages) ? messages : isObject(messages) ? [messages] : [];
}
