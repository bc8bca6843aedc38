/**
 * What must not reach a log (S1), taken out of text that is not ours: messages and stacks of errors. Our own fields hold
 * no secret by construction; an error's text holds whatever its thrower had at hand, such as a URL with its query.
 */

const hidden = "[redacted]";

const secrets: readonly (readonly [pattern: RegExp, by: string])[] = [
  // Of every URL the query: a ticket travels there.
  [/(\bhttps?:\/\/[^\s"'<>?#]*)\?[^\s"'<>)]*/gi, `$1?${hidden}`],
  [/(\bhttps?:\/\/)[^\s/@"'<>]+@/gi, `$1${hidden}@`],
  // JSON Web Tokens (RFC 7519): three parts, the first begins with {"
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, hidden],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${hidden}`],
  [/\b(sk|pk|rk)-[\w-]{8,}/g, hidden],
  [/\b(token|ticket|secret|password|api[_-]?key|authorization)(["']?\s*[:=]\s*["']?)[^\s"',;&)}]+/gi, `$1$2${hidden}`],
];

/** The longest text of one field: a stack of some frames, not a page of HTML. */
const maxText = 2_048;

export function redact(text: string): string {
  let clean = text.length > maxText ? `${text.slice(0, maxText)}…` : text;
  for (const [pattern, by] of secrets) clean = clean.replace(pattern, by);
  return clean;
}

/** An error as the log shows it: its stack, without secrets. */
export function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return redact(String(cause));
  return redact(cause.stack ?? `${cause.name}: ${cause.message}`);
}
