/** Reads the flags of an event's object: whether it is the last event, and whether its text is a thought. */
import { isObject, type JsonObject } from "../stream-event.ts";
import { roleOf } from "./tag-roles.ts";

/** Whether flags in the object say that it is the last: true, false where they say that more comes, undefined without any. */
export function flagIn(value: JsonObject, depth: number): boolean | undefined {
  let said: boolean | undefined;
  for (const key in value) {
    const flag = value[key];
    if (typeof flag === "boolean") {
      const role = roleOf(key);
      if (role !== "end" && role !== "soft-end" && key !== "is_completion" && key !== "isCompletion") continue;
      if (flag) return true;
      said = false;
    } else if (depth < 2 && isObject(flag) && envelopes.has(key)) {
      const inner = flagIn(flag, depth + 1);
      if (inner === true) return true;
      said ??= inner;
    }
  }
  return said;
}

/** Keys of objects that wrap an event. */
export const envelopes: ReadonlySet<string> = new Set([
  "data",
  "payload",
  "message",
  "output",
  "result",
  "body",
  "response",
]);

/** Whether a flag says that the text is a thought: `{"thinking": true, "content": "…"}`. */
export function saysThinking(value: JsonObject): boolean {
  for (const key in value) if (value[key] === true && roleOf(key) === "reasoning") return true;
  return false;
}
