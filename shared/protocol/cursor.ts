/**
 * The cursor as a string, for `id:`, `Last-Event-ID` and `?cursor=`: opaque to everyone but this file.
 * Shape: `1.<epoch>.<seq>` then `.<turnId>:<offset>` for each turn not held whole. No character needs escaping in SSE.
 */
import type { Have } from "./client-frames.ts";
import { epochPattern, maxHaveOffsets, turnIdPattern } from "./limits.ts";

/** Longer ones are not ours: 32 turns of 64 characters with offsets fit easily. */
const maxCursorLength = 4096;

export function formatCursor(have: Have): string {
  let cursor = `1.${have.epoch}.${have.seq}`;
  for (const [turnId, offset] of Object.entries(have.offsets)) cursor += `.${turnId}:${offset}`;
  return cursor;
}

/** Undefined for anything unreadable: such a reader gets a snapshot. */
export function parseCursor(text: string): Have | undefined {
  if (text.length > maxCursorLength) return undefined;
  const [version, epoch, seqText, ...turns] = text.split(".");
  const seq = parseCount(seqText);
  if (version !== "1" || epoch === undefined || !epochPattern.test(epoch) || seq === undefined) return undefined;
  if (turns.length > maxHaveOffsets) return undefined;
  const offsets = new Map<string, number>();
  for (const turn of turns) {
    const [turnId, offsetText, ...rest] = turn.split(":");
    const offset = parseCount(offsetText);
    if (turnId === undefined || !turnIdPattern.test(turnId) || offset === undefined || rest.length > 0)
      return undefined;
    if (offsets.has(turnId)) return undefined;
    offsets.set(turnId, offset);
  }
  return { epoch, seq, offsets: Object.fromEntries(offsets) };
}

function parseCount(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
