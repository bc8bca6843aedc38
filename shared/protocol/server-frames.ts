/**
 * What the room says. A client ignores types and fields it does not know, so that an old tab survives a new deploy.
 *
 * `seq` numbers room-level changes (a turn queued, started, ended, removed), one by one, each durable before it is sent.
 * Between a turn's `turn-start` and `turn-end` its text comes as `turn-delta`s that say where they start; a client skips
 * what it has, and asks for a sync when a delta starts beyond what it has. A `sync` is authoritative: it cuts the client's
 * copy of each turn it lists to `from`, appends `parts`, and the result is exactly `length` long.
 */
import * as z from "zod/mini";
import { openCallSchema } from "./answers.ts";
import { epochSchema, inputSchema, smallJson, turnIdSchema } from "./client-frames.ts";
import { partSchema } from "./parts.ts";

const count = z.int().check(z.minimum(0));

export const turnStateSchema = z.enum(["queued", "waiting", "opening", "streaming", "resuming", "settled"]);
export const outcomeSchema = z.enum(["completed", "cancelled", "failed", "interrupted"]);
/** How a stop is known: the backend said so, or only our side was closed (T3). */
export const stopSchema = z.enum(["confirmed", "closed"]);
export const usageSchema = z.object({ inputTokens: z.exactOptional(count), outputTokens: z.exactOptional(count) });
export const turnErrorSchema = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() });

const settledFields = {
  outcome: z.exactOptional(outcomeSchema),
  stop: z.exactOptional(stopSchema),
  finishReason: z.exactOptional(z.string()),
  model: z.exactOptional(z.string()),
  usage: z.exactOptional(usageSchema),
  error: z.exactOptional(turnErrorSchema),
  /** Calls that wait for an answer, where the turn ended with some, and until when one is taken (ms since 1970). */
  open: z.exactOptional(z.array(openCallSchema)),
  openUntil: z.exactOptional(count),
};

export const welcomeFrame = z.object({
  type: z.literal("welcome"),
  version: count,
  sessionId: z.string(),
  room: z.string(),
  heartbeatMs: count,
  limits: z.object({ maxFrameBytes: count, maxQueuedTurns: count, maxActiveTurns: count }),
  /** When the session's token expires, ms since 1970 by the room's clock. Absent where there is no token. */
  expiresAt: z.exactOptional(count),
  /** The same as a duration, for a client whose clock is wrong. */
  expiresInMs: z.exactOptional(count),
});

/** One turn in a sync. `input`, `continues`, `author`, `createdAt` and `metadata` come only for turns queued after the reader's `seq`. */
export const syncTurnSchema = z.object({
  id: turnIdSchema,
  state: turnStateSchema,
  from: count,
  parts: z.array(partSchema),
  length: count,
  position: z.exactOptional(count),
  etaMs: z.exactOptional(count),
  ...settledFields,
  simulated: z.exactOptional(z.boolean()),
  input: z.exactOptional(inputSchema),
  continues: z.exactOptional(turnIdSchema),
  author: z.exactOptional(z.string()),
  metadata: z.exactOptional(smallJson),
  createdAt: z.exactOptional(count),
});

export const syncFrame = z.object({
  type: z.literal("sync"),
  epoch: epochSchema,
  seq: count,
  floor: count,
  mode: z.enum(["delta", "snapshot"]),
  /** In the conversation's order, oldest first. In a snapshot all from 0 and with their input. */
  turns: z.array(syncTurnSchema),
  removed: z.exactOptional(z.array(turnIdSchema)),
  /** Older turns exist that are not listed: page them. */
  more: z.exactOptional(z.boolean()),
});

export const turnQueuedFrame = z.object({
  type: z.literal("turn-queued"),
  seq: count,
  turnId: turnIdSchema,
  input: inputSchema,
  /** The turn with which the message begins that this one continues. */
  continues: z.exactOptional(turnIdSchema),
  author: z.string(),
  createdAt: count,
  metadata: z.exactOptional(smallJson),
  position: count,
  etaMs: z.exactOptional(count),
});
export const turnPositionFrame = z.object({
  type: z.literal("turn-position"),
  turnId: turnIdSchema,
  position: count,
  etaMs: z.exactOptional(count),
});
export const turnStartFrame = z.object({ type: z.literal("turn-start"), seq: count, turnId: turnIdSchema });
export const turnDeltaFrame = z.object({
  type: z.literal("turn-delta"),
  turnId: turnIdSchema,
  offset: count,
  parts: z.array(partSchema),
  simulated: z.exactOptional(z.boolean()),
});
export const turnEndFrame = z.object({
  type: z.literal("turn-end"),
  seq: count,
  turnId: turnIdSchema,
  length: count,
  ...settledFields,
  outcome: outcomeSchema,
});
export const turnRemovedFrame = z.object({
  type: z.literal("turn-removed"),
  seq: count,
  turnIds: z.array(turnIdSchema),
});

export const noticeFrame = z.object({
  type: z.literal("notice"),
  code: z.string(),
  scope: z.enum(["session", "turn", "room", "tenant", "ip", "upstream"]),
  turnId: z.exactOptional(turnIdSchema),
  retryAfterMs: z.exactOptional(count),
  attempt: z.exactOptional(count),
  maxAttempts: z.exactOptional(count),
  willRetry: z.boolean(),
  message: z.string(),
});
export const errorFrame = z.object({
  type: z.literal("error"),
  code: z.string(),
  message: z.string(),
  turnId: z.exactOptional(turnIdSchema),
  retryable: z.boolean(),
  retryAfterMs: z.exactOptional(count),
});
export const tokenAcceptedFrame = z.object({
  type: z.literal("token-accepted"),
  expiresAt: count,
  /** Absent where the token doesn't expire. */
  expiresInMs: z.exactOptional(count),
});
export const presenceFrame = z.object({ type: z.literal("presence"), viewers: count });
export const heartbeatFrame = z.object({ type: z.literal("heartbeat"), at: count });
export const goawayFrame = z.object({ type: z.literal("goaway"), reason: z.string(), reconnectInMs: count });

export const serverFrame = z.discriminatedUnion("type", [
  welcomeFrame,
  syncFrame,
  turnQueuedFrame,
  turnPositionFrame,
  turnStartFrame,
  turnDeltaFrame,
  turnEndFrame,
  turnRemovedFrame,
  noticeFrame,
  errorFrame,
  tokenAcceptedFrame,
  presenceFrame,
  heartbeatFrame,
  goawayFrame,
]);

export type TurnState = z.infer<typeof turnStateSchema>;
export type Outcome = z.infer<typeof outcomeSchema>;
export type StopProof = z.infer<typeof stopSchema>;
export type Usage = z.infer<typeof usageSchema>;
export type TurnError = z.infer<typeof turnErrorSchema>;
export type SyncTurn = z.infer<typeof syncTurnSchema>;
export type WelcomeFrame = z.infer<typeof welcomeFrame>;
export type SyncFrame = z.infer<typeof syncFrame>;
export type TurnQueuedFrame = z.infer<typeof turnQueuedFrame>;
export type TurnDeltaFrame = z.infer<typeof turnDeltaFrame>;
export type TurnEndFrame = z.infer<typeof turnEndFrame>;
export type NoticeFrame = z.infer<typeof noticeFrame>;
export type ErrorFrame = z.infer<typeof errorFrame>;
export type ServerFrame = z.infer<typeof serverFrame>;
