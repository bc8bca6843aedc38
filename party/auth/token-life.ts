/** How long a token can live. */

/** A token stolen from a log or a laptop is worth this long at most. */
export const maxTokenLifeMs = 3_600_000;
/** Between the clock of who signs tokens and ours. */
export const clockSkewMs = 10_000;
