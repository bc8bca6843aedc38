/**
 * Events whose keys are one letter, to save bytes: `{t: "Hello"}`, or `{t: "delta", d: "Hello"}` where one of them is the tag. Text
 * is the one string that isn't the tag, and only where there is no second one.
 */
import type { JsonObject } from "../stream-event.ts";
import { type Role, roleOf } from "./tag-roles.ts";

/** Letters of type, event and kind. */
const tagLetters = ["t", "e", "k"] as const;
/** Letters of text, token, content, chunk, data, delta, value, word, answer, message, response and output. */
const textLetters: ReadonlySet<string> = new Set([..."tcdvwamro"]);
/** A tag that stands alone, before there is text: a token may be the same word, but not one of these. */
const loneRoles: ReadonlySet<Role> = new Set(["end", "soft-end", "failure", "keep-alive", "other"]);

/** The tag under one letter, or undefined. */
export function shortTag(value: JsonObject): string | undefined {
  for (const letter of tagLetters) {
    const tag = value[letter];
    if (typeof tag !== "string" || !/^[a-z][\w.-]{1,31}$/.test(tag)) continue;
    const role = roleOf(tag);
    if (role !== "unknown" && (hasOther(value, letter) || loneRoles.has(role))) return tag;
  }
  return undefined;
}

function hasOther(value: JsonObject, letter: string): boolean {
  for (const key in value) if (key !== letter && key.length === 1) return true;
  return false;
}

/** The text under one letter, or undefined. */
export function shortText(value: JsonObject): string | undefined {
  let text: string | undefined;
  const tag = shortTag(value);
  for (const key in value) {
    const inner = value[key];
    if (key.length !== 1 || typeof inner !== "string" || inner === tag) continue;
    if (text !== undefined || !textLetters.has(key)) return undefined;
    text = inner;
  }
  return text;
}
