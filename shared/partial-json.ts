/**
 * Reads JSON of which only the beginning is known: a tool's input while the model writes it. What is begun is closed, and a key
 * without a value is left out, as the AI SDK's clients do. Used by the fold of an answer (`message-fold.ts`).
 */

/** A string up to its closing quote, half an escape excluded; a bracket or a mark; a number or a literal. */
const token = /"(?:[^"\\]|\\(?:u[\da-fA-F]{4}|[^u]))*("?)|[{}[\],:]|[^\s{}[\],:"]+/g;
const number = /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/;
const literals = ["true", "false", "null"];

/** Undefined where nothing is known yet. Of what can't become JSON, what comes before the fault. */
export function parsePartialJson(text: string): unknown {
  const whole = parsed(text);
  if (whole !== undefined) return whole;
  let closers = "";
  let isKey = false;
  /** Where the newest value begins that can be closed, and how it ends. */
  let start = 0;
  let ending = "";
  for (const { 0: found, 1: quote, index } of text.matchAll(token)) {
    if (found === "," || found === ":") isKey = found === "," && closers.startsWith("}");
    else if (!isKey || found === "}") {
      if (found === "{") closers = `}${closers}`;
      else if (found === "[") closers = `]${closers}`;
      else if (found === "}" || found === "]") closers = closers.slice(1);
      const value = quote === undefined ? wordOf(found) : quote === "" ? `${found}"` : found;
      isKey = found === "{";
      if (value === undefined) continue;
      start = index;
      ending = value + closers;
      // The value is whole. What follows isn't JSON.
      if (closers === "") break;
    }
  }
  return parsed(text.slice(0, start) + ending);
}

function wordOf(found: string): string | undefined {
  if ("{}[]".includes(found)) return found;
  return number.exec(found)?.[0] ?? literals.find((literal) => literal.startsWith(found));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Expected: the rest is still to come.
    return undefined;
  }
}
