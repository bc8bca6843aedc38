/**
 * Text to server frame, on the client's side. No schema library: the client's size is budgeted, and the room is trusted to
 * speak its own schemas. The guard checks only what a fold would fail on; `tests/wire` holds it against the schemas.
 */
import type { ServerFrame } from "./server-frames.ts";

/** For each known type: its fields a fold reads without asking. s: string, n: number, a: array. */
const required: Readonly<Record<ServerFrame["type"], Readonly<Record<string, "s" | "n" | "a">>>> = {
  welcome: { sessionId: "s", room: "s", version: "n" },
  sync: { epoch: "s", seq: "n", floor: "n", mode: "s", turns: "a" },
  "turn-queued": { seq: "n", turnId: "s", author: "s", createdAt: "n", position: "n" },
  "turn-position": { turnId: "s", position: "n" },
  "turn-start": { seq: "n", turnId: "s" },
  "turn-delta": { turnId: "s", offset: "n", parts: "a" },
  "turn-end": { seq: "n", turnId: "s", length: "n", outcome: "s" },
  "turn-removed": { seq: "n", turnIds: "a" },
  notice: { code: "s", scope: "s", message: "s" },
  error: { code: "s", message: "s" },
  "token-accepted": { expiresAt: "n" },
  presence: { viewers: "n" },
  heartbeat: { at: "n" },
  goaway: { reason: "s", reconnectInMs: "n" },
};

/** The frame, or undefined for what this version does not know: a newer server may say more. */
export function parseServerFrame(text: string): ServerFrame | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    // "pong" and anything else that is not ours.
    return undefined;
  }
  if (typeof frame !== "object" || frame === null) return undefined;
  const record = frame as Record<string, unknown>;
  const type = record["type"];
  if (typeof type !== "string" || !Object.hasOwn(required, type)) return undefined;
  for (const [key, kind] of Object.entries(required[type as ServerFrame["type"]])) {
    const value = record[key];
    if (kind === "a" ? !Array.isArray(value) : typeof value !== (kind === "s" ? "string" : "number")) return undefined;
  }
  return frame as ServerFrame;
}
