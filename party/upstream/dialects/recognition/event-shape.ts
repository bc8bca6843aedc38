/**
 * What an operator is told of an event that nothing was read from: its keys and the types of their values, never a value, and the
 * setting that would read it.
 */
import { isObject, type StreamEvent } from "../stream-event.ts";

const maxKeys = 12;
const maxDepth = 3;
const maxKeyUnits = 40;

/** For the log. */
export function adviceFor({ name, data, value }: StreamEvent): string {
  const named = name === undefined || !/^[\w.:/-]{1,64}$/.test(name) ? "" : ` named "${name}"`;
  const shape = value === undefined ? `text of ${data.length} characters` : shapeOf(value, 0);
  const path = value === undefined ? undefined : pathOf(value);
  const tag = named === "" ? "" : `${name}:`;
  const setting =
    path === undefined
      ? named === ""
        ? "The event holds no text: is this the address of the answer's stream?"
        : `If its data is the text, set UPSTREAM_TEXT_PATH=${tag}.`
      : `If the text is there, set UPSTREAM_TEXT_PATH=${path}.`;
  return `nothing was understood; the first event${named} is ${shape}. ${setting}`;
}

/** Keys and types: `{id: string, payload: {say: string}}`. */
export function shapeOf(value: unknown, depth: number): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[${shapeOf(value[0], depth + 1)}]`;
  if (!isObject(value)) return typeof value;
  if (depth >= maxDepth) return "{…}";
  const keys = Object.keys(value);
  const shown = keys.slice(0, maxKeys).map((key) => `${safeKey(key)}: ${shapeOf(value[key], depth + 1)}`);
  return `{${shown.join(", ")}${keys.length > maxKeys ? ", …" : ""}}`;
}

/** A key may be made of anything, also of what a user wrote. */
function safeKey(key: string): string {
  return /^[\w.$-]+$/.test(key) && key.length <= maxKeyUnits ? key : "?";
}

/** Pointer to the string that most looks like text: the longest one. */
export function pathOf(value: unknown): string | undefined {
  let best: { readonly path: string; readonly length: number } | undefined;
  const visit = (inner: unknown, path: string, depth: number) => {
    if (typeof inner === "string") {
      if (best === undefined || inner.length > best.length) best = { path, length: inner.length };
    } else if (typeof inner === "object" && inner !== null && depth < 6) {
      for (const [key, item] of Object.entries(inner)) {
        const isName = key === "type" || key === "id" || key.endsWith("_id") || key.endsWith("Id");
        if (isName && typeof item === "string") continue;
        if (safeKey(key) === "?") continue;
        visit(item, `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, depth + 1);
      }
    }
  };
  visit(value, "", 0);
  return best === undefined || best.path === "" ? undefined : best.path;
}
