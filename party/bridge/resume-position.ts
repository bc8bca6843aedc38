/**
 * Where a reader of the bridge stands, as the `id:` of its events and the `Last-Event-ID` with which it comes back. Nothing is
 * kept between two requests, so the id itself names the generation: the backend continues it, and nobody asks it twice.
 */

/** A generation of the bridge's own. Rooms name theirs otherwise, so an id made up by a reader never meets a room's. */
const pattern = /^(b-[0-9a-f]{32})(?:\.(.+)|;(lost|over))$/;

export type Position =
  /** The backend can go on after this event of its own. */
  | { readonly kind: "at"; readonly generationId: string; readonly eventId: string }
  /** An answer was begun that the backend cannot continue. */
  | { readonly kind: "lost"; readonly generationId: string }
  /** There is nothing to come back for: all was said, or it went through raw. */
  | { readonly kind: "over"; readonly generationId: string };

export function newGenerationId(): string {
  return `b-${crypto.randomUUID().replaceAll("-", "")}`;
}

export function formatPosition(position: Position): string {
  return position.kind === "at"
    ? `${position.generationId}.${position.eventId}`
    : `${position.generationId};${position.kind}`;
}

/**
 * An id that is not ours is the backend's own, of a stream that went through raw. It names no generation, so there is none to
 * continue; and its reader has some of an answer, so the question is not asked again.
 */
export function parsePosition(text: string): Position {
  const [, generationId, eventId, kind] = pattern.exec(text) ?? [];
  if (generationId !== undefined && eventId !== undefined) return { kind: "at", generationId, eventId };
  if (generationId !== undefined && kind === "lost") return { kind, generationId };
  return { kind: "over", generationId: generationId ?? newGenerationId() };
}
