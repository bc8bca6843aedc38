/**
 * Decides which origins may use the gateway (S2). Origins are compared in one canonical form, which also covers the schemes of
 * app shells (capacitor, ionic, tauri, Electron, browser extensions). Headers of answers are `responses/cors.ts`.
 */

import { isLoopback } from "../../shared/file-address.ts";
import { fail, ok, type Result } from "../../shared/result.ts";

const defaultPorts: Readonly<Record<string, string>> = { http: "80", https: "443" };
const originPattern = /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[a-z0-9._*-]+)(?::(\d{1,5}))?$/;

interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

/** Undefined for what isn't an origin: `null` (sandboxed frames, files), or an address with a path. */
function parseOrigin(text: string): Origin | undefined {
  const [, scheme, host, port] = originPattern.exec(text.toLowerCase()) ?? [];
  if (scheme === undefined || host === undefined) return undefined;
  return { scheme, host, port: port ?? defaultPorts[scheme] ?? "" };
}

const example = "for example ALLOWED_ORIGINS=https://app.example.com,https://*.example.com,capacitor://localhost.";

/** `ALLOWED_ORIGINS`: origins with commas between. The error says which entry is wrong and why. */
export function parseOrigins(list: string | undefined): Result<readonly string[] | undefined, string> {
  if (list === undefined) return ok(undefined);
  const origins: string[] = [];
  for (const entry of list.split(",").map((text) => text.trim())) {
    // A browser sends no slash at the end; people copy one from the address bar.
    const text = entry.replace(/\/$/, "");
    const reason = problemOf(text);
    if (reason !== undefined) return fail(`ALLOWED_ORIGINS has "${entry.slice(0, 100)}", which ${reason}; ${example}`);
    origins.push(text.toLowerCase());
  }
  return ok(origins);
}

function problemOf(text: string): string | undefined {
  if (text === "*") return "would let every site use the gateway. List the origins";
  if (text.toLowerCase() === "null") {
    return "can't be listed: every sandboxed frame and local file has it. Serve the page from an origin of its own";
  }
  const origin = parseOrigin(text);
  if (origin === undefined) return "isn't an origin: scheme, host and port, without a path";
  const wild = origin.host.replace(/^\*\./, "");
  if (wild.includes("*"))
    return "has a * in a place where it can't match. A * stands for a whole label in front, as in https://*.example.com";
  if (origin.host.startsWith("*.") && !wild.includes(".")) return "would match every site under a top-level domain";
  return undefined;
}

/**
 * @param origin the request's `Origin`; null for a request that no page made.
 * @param allowed `ALLOWED_ORIGINS`; undefined: the gateway's own pages, and on loopback those of other ports.
 */
export function isAllowedOrigin(
  origin: string | null,
  url: URL,
  allowed: readonly string[] | undefined,
  isLocal = isLoopback(url.hostname),
): boolean {
  if (origin === null) return true;
  const from = parseOrigin(origin);
  if (from === undefined || from.host.includes("*")) return false;
  const isWeb = from.scheme === "http" || from.scheme === "https";
  if (isWeb && hostOf(from) === url.host) return true;
  if (allowed?.some((entry) => matches(entry, from)) === true) return true;
  // A front end on another port of the developer's own machine.
  return isWeb && allowed === undefined && isLocal && isLoopback(from.host);
}

/** The host as a URL has it: a scheme's default port is left out. */
function hostOf({ scheme, host, port }: Origin): string {
  return port === "" || port === defaultPorts[scheme] ? host : `${host}:${port}`;
}

function matches(entry: string, from: Origin): boolean {
  const allowed = parseOrigin(entry);
  if (allowed === undefined || allowed.scheme !== from.scheme || allowed.port !== from.port) return false;
  if (!allowed.host.startsWith("*.")) return allowed.host === from.host;
  const end = allowed.host.slice(1);
  return from.host.endsWith(end) && from.host.length > end.length;
}

/** Headers that only a proxy in between adds. `X-Forwarded-Proto` is left out: local runtimes use it themselves. */
const forwardingHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/**
 * Whether a request comes from the developer's own machine. The `Host` alone doesn't say so: behind a proxy that doesn't pass
 * it on, every request has the loopback address that the proxy calls.
 */
export function isLocalRequest({ headers, url }: Pick<Request, "headers" | "url">): boolean {
  return isLoopback(new URL(url).hostname) && !forwardingHeaders.some((name) => headers.has(name));
}
