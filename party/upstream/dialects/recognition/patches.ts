/**
 * Text in patches of a document: `{op: "add", path: "/streamed_output/-", value}` as LangServe logs, `{o: "APPEND", p, v}` as chat
 * pages get them. The names in a patch's path say whether its value is the answer's text.
 */
import { isObject, type JsonObject } from "../stream-event.ts";
import { roleOf } from "./tag-roles.ts";

const operations: ReadonlySet<string> = new Set(["add", "append", "replace", "set", "remove", "patch", "batch"]);

/** The text that patches append; undefined where the object holds none. */
export function textInPatches(value: JsonObject): string | undefined {
  const list = value["ops"] ?? value["patches"] ?? value["v"];
  if (Array.isArray(list) && list.length > 0 && list.every((item) => isObject(item) && isPatch(item)))
    return list.map((item: JsonObject) => textInPatch(item)).join("");
  return isPatch(value) ? textInPatch(value) : undefined;
}

function isPatch(value: JsonObject): boolean {
  const operation = value["op"] ?? value["o"];
  const isKnown = typeof operation === "string" && operations.has(operation.toLowerCase());
  return isKnown && typeof (value["path"] ?? value["p"]) === "string";
}

/** The first text of a document is set, not appended; a document that is replaced later is left to the patches before. */
function textInPatch(patch: JsonObject): string {
  const operation = String(patch["op"] ?? patch["o"]).toLowerCase();
  const path = String(patch["path"] ?? patch["p"]);
  const text = patch["value"] ?? patch["v"];
  if (typeof text !== "string" || (operation !== "add" && operation !== "append")) return "";
  return roleOf(path) === "text" ? text : "";
}
