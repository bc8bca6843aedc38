/**
 * Reads JSON that somebody else wrote, within bounds. Every boundary uses it: a deep value would overflow the stack of
 * whoever walks it later, and the message of a `SyntaxError` quotes the text into the log. It says nothing about the shape:
 * a schema follows.
 */
import { fail, ok, type Result } from "./result.ts";
import { utf8Length } from "./text.ts";

/** Deeper than any real message or tool result, and far less than what a recursive walk can hold. */
export const maxJsonDepth = 64;

export type JsonProblem = "too-large" | "too-deep" | "not-json";

/** @param maxBytes of UTF-8. */
export function parseJson(text: string, maxBytes: number, maxDepth = maxJsonDepth): Result<unknown, JsonProblem> {
  if (text.length > maxBytes) return fail("too-large");
  // A UTF-16 unit has at most three bytes, so most texts need no counting.
  if (text.length * 3 > maxBytes && utf8Length(text) > maxBytes) return fail("too-large");
  if (isDeeperThan(text, maxDepth)) return fail("too-deep");
  try {
    return ok(JSON.parse(text));
  } catch {
    // Expected of strangers: the caller says what was expected. The error would quote the text.
    return fail("not-json");
  }
}

/** The same where the caller's schema explains every problem: undefined for what can't be read. */
export function jsonOr(text: string, maxBytes: number): unknown {
  const parsed = parseJson(text, maxBytes);
  return parsed.ok ? parsed.value : undefined;
}

const [quote, backslash, openArray, closeArray, openObject, closeObject] = [34, 92, 91, 93, 123, 125];

/** Counts brackets outside of strings. What isn't JSON may get either answer, and is refused by the parser. */
function isDeeperThan(text: string, maxDepth: number): boolean {
  if (text.length <= maxDepth) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === quote) at = endOfString(text, at);
    else if (unit === openObject || unit === openArray) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (unit === closeObject || unit === closeArray) depth -= 1;
  }
  return false;
}

/** The closing quote of the string that begins at `start`; the end of the text where there is none. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
