/** The one decision about links in answers: which may be followed. An answer is text from outside, never trusted. */

const followable: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

/**
 * The address as the browser itself reads it, when it is absolute and harmless; else undefined. What was checked is what is
 * used: `java\tscript:` and its like are normalised by the URL parser first. Relative ones would lead into this page.
 */
export function safeHref(href: string): string | undefined {
  try {
    const url = new URL(href);
    return followable.has(url.protocol) ? url.href : undefined;
  } catch {
    return undefined; // Not an absolute address.
  }
}
