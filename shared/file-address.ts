/**
 * Which addresses a file of a question may have: https, http where the operator allows it, a data URL, or a path of the gateway
 * where the file was uploaded. Addresses are passed on to the backend and never fetched here.
 */

export type FileAddress = "https" | "http" | "loopback" | "data" | "path";

/** Without a user name, which could make a host look like another, and without blanks and backslashes, which parsers repair. */
const web = /^(https?):\/\/(\[[\da-f:.]+\]|[^\s/?#@:\\\p{Cc}]+)(?::\d{1,5})?(?:[/?#][^\s\\\p{Cc}]*)?$/iu;
const gatewayPath = /^\/(?![/\\])[^\s\\\p{Cc}]*$/u;
/** RFC 2397, with the media type that it makes optional. */
const dataUrl = /^data:[\w.+-]+\/[\w.+-]+(?:;[\w.+-]+=[^;,\s]*)*(?:;base64)?,/i;

/** Undefined for any other scheme (`javascript:`, `file:`, `blob:` …) and for what isn't an address. */
export function fileAddressOf(url: string): FileAddress | undefined {
  if (dataUrl.test(url)) return "data";
  if (gatewayPath.test(url)) return "path";
  const [, scheme = "", host = ""] = web.exec(url) ?? [];
  if (scheme === "") return undefined;
  if (scheme.toLowerCase() === "https") return "https";
  return isLoopback(host.toLowerCase()) ? "loopback" : "http";
}

/** A developer's own machine: 127.0.0.0/8, ::1 and localhost (RFC 6761 §6.3). */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
