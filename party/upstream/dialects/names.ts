/** The values of `UPSTREAM_DIALECT`. Apart from the dialects, so that knowing their names costs no start-up their schemas. */
export const dialectNames = ["auto", "unified", "openai", "ui-message", "text"] as const;
export type DialectName = (typeof dialectNames)[number];
