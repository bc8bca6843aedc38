/** Decides which links of an answer may be followed. Everything in an answer comes from outside and isn't trusted. */

const followable: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

/**
 * Returns the address as the browser's own URL parser reads it (`java\tscript:` becomes `javascript:`), if it is absolute and
 * has an allowed scheme. Relative addresses are refused, because they lead into this page.
 */
export function safeHref(href: string): string | undefined {
  try {
    const url = new URL(href);
    return followable.has(url.protocol) ? url.href : undefined;
  } catch {
    return undefined; // Not an absolute address.
  }
}
