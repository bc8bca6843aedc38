/**
 * The one canonical form of a gateway's address: scheme, host and path prefix. Requests, sockets, storage keys, locks and the
 * shared clients of a page all use it. It is read without the `URL` class, which React Native implements in part only.
 */

export interface GatewayUrl {
  /** `https` or `http`; `wss` and `ws` in an option mean the same. */
  readonly scheme: "https" | "http";
  /** Host and path prefix, without a slash at the end: `chat.example.com` or `example.com/ai-gateway`. */
  readonly hostAndPrefix: string;
}

/** @param url the option: an origin with or without a path prefix, or in a page a path. Default: the page's own origin. */
export function gatewayUrl(url: string | undefined): GatewayUrl {
  const isPath = url === undefined || /^\/(?!\/)/.test(url);
  const page = typeof location === "undefined" ? undefined : location.href;
  if (isPath && page === undefined) throw new TypeError("`url` is required outside a page");
  const full = isPath ? `${/^\w+:\/\/[^/?#]*/.exec(page ?? "")?.[0] ?? page}${url ?? ""}` : url;
  const [, scheme = "", host = "", path = ""] = /^(https?|wss?):\/\/([^/?#@\s]+)(\/[^?#\s]*)?$/i.exec(full) ?? [];
  if (host === "") {
    throw new TypeError(`\`url\` must be an origin such as https://chat.example.com, with or without a path: ${full}`);
  }
  const isSecure = /^(https|wss)$/i.test(scheme);
  const defaultPort = isSecure ? /:443$/ : /:80$/;
  const prefix = path.replace(/\/+$/, "");
  return {
    scheme: isSecure ? "https" : "http",
    hostAndPrefix: `${host.toLowerCase().replace(defaultPort, "")}${prefix}`,
  };
}

/** The canonical form as text: `https://example.com/ai-gateway`. */
export function gatewayHref({ scheme, hostAndPrefix }: GatewayUrl): string {
  return `${scheme}://${hostAndPrefix}`;
}
