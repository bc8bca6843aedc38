/**
 * Shares of a budget. Where a budget is full, the holder of most entries loses its oldest one, so that no user and no address
 * can take everything and keep newcomers out. Used for sockets, polls, tickets and places in the queue.
 */
import type { Principal } from "../principal.ts";

/** The oldest entry of the holder with the most entries. @param entries oldest first. */
export function oldestOfLargest<T>(entries: Iterable<T>, holderOf: (entry: T) => string): T | undefined {
  const held = new Map<string, { readonly oldest: T; count: number }>();
  for (const entry of entries) {
    const holder = holderOf(entry);
    const known = held.get(holder);
    if (known === undefined) held.set(holder, { oldest: entry, count: 1 });
    else known.count += 1;
  }
  let largest: { readonly oldest: T; readonly count: number } | undefined;
  for (const candidate of held.values()) if (candidate.count > (largest?.count ?? 0)) largest = candidate;
  return largest?.oldest;
}

/**
 * Whether the name stands for one user. Where nobody needs a token everybody has the same name, and a share by name would be a
 * share for all of them together.
 */
export function isOneUser({ expiresAt, tokenId }: Principal): boolean {
  return expiresAt !== undefined || tokenId !== undefined;
}
