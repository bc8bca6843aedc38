/**
 * Text to server frame, on the client's side. No schema library: the client's size is budgeted, and the room is trusted to
 * speak its own schemas. The guard checks only what a fold would fail on; `tests/wire` holds it against the schemas.
 */
import { maxJsonDepth, parseJson } from "../parse-json.ts";
import type { ServerFrame, SyncTurn } from "./server-frames.ts";

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const string: Check = (value) => typeof value === "string";
const boolean: Check = (value) => typeof value === "boolean";
/** Every number on the wire counts something: an offset that is negative or broken would cut text at random. */
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const object: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const arrayOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

function has(value: unknown, fields: Fields): boolean {
  if (!object(value)) return false;
  const record = value as Readonly<Record<string, unknown>>;
  return Object.entries(fields).every(([key, check]) => check(record[key]));
}

/** What a part must have so that its text can be counted and shown. A part of any other type counts one unit. */
const textFields: Fields = { delta: string, id: optional(string) };
const partFields: Readonly<Record<string, Fields>> = {
  "text-delta": textFields,
  "reasoning-delta": textFields,
  "tool-input-delta": { toolCallId: string, inputTextDelta: string },
};

const part: Check = (value) => {
  if (!has(value, { type: string })) return false;
  const { type } = value as { type: string };
  return !Object.hasOwn(partFields, type) || has(value, partFields[type] ?? {});
};

const syncTurn: Check = (value) =>
  has(value, {
    id: string,
    state: string,
    from: count,
    parts: arrayOf(part),
    length: count,
    input: optional(object),
    metadata: optional(object),
    error: optional(object),
    usage: optional(object),
    open: optional(arrayOf(object)),
  });

/** For each known type: the fields that a fold, or a page that shows its result, reads without asking. */
const required: Readonly<Record<ServerFrame["type"], Fields>> = {
  welcome: {
    sessionId: string,
    room: string,
    version: count,
    heartbeatMs: count,
    limits: object,
    expiresAt: optional(count),
    expiresInMs: optional(count),
  },
  sync: {
    epoch: string,
    seq: count,
    floor: count,
    mode: string,
    turns: arrayOf(syncTurn),
    removed: optional(arrayOf(string)),
  },
  "turn-queued": {
    seq: count,
    turnId: string,
    input: object,
    author: string,
    createdAt: count,
    position: count,
    metadata: optional(object),
  },
  "turn-position": { turnId: string, position: count },
  "turn-start": { seq: count, turnId: string },
  "turn-delta": { turnId: string, offset: count, parts: arrayOf(part) },
  "turn-end": {
    seq: count,
    turnId: string,
    length: count,
    outcome: string,
    open: optional(arrayOf(object)),
    error: optional(object),
    usage: optional(object),
  },
  "turn-removed": { seq: count, turnIds: arrayOf(string) },
  notice: { code: string, scope: string, message: string },
  error: { code: string, message: string },
  "token-accepted": { expiresAt: count, expiresInMs: optional(count) },
  presence: { viewers: count },
  heartbeat: { at: count },
  goaway: { reason: string, reconnectInMs: count },
};

/** The frame, or undefined for what this version does not know: a newer server may say more. */
export function parseServerFrame(text: string): ServerFrame | undefined {
  return checkServerFrame(jsonOf(text));
}

/** More than the largest sync (R3); bytes of UTF-8. */
const maxServerFrameBytes = 64 * 1024 * 1024;

/** Undefined for what isn't JSON: "pong", or a proxy's page in the room's place. A frame may wrap values of `maxJsonDepth`. */
function jsonOf(text: string): unknown {
  const json = parseJson(text, maxServerFrameBytes, 2 * maxJsonDepth);
  return json.ok ? json.value : undefined;
}

function checkServerFrame(frame: unknown): ServerFrame | undefined {
  if (!object(frame)) return undefined;
  const type = (frame as { type?: unknown }).type;
  if (typeof type !== "string" || !Object.hasOwn(required, type)) return undefined;
  return has(frame, required[type as ServerFrame["type"]]) ? (frame as ServerFrame) : undefined;
}

/** A page of older turns (`GET …/turns`), or undefined for what is none. */
export function parseTurnsPage(text: string): { epoch: string; turns: SyncTurn[]; more: boolean } | undefined {
  const page = jsonOf(text);
  const fields = { epoch: string, turns: arrayOf(syncTurn), more: boolean };
  return has(page, fields) ? (page as NonNullable<ReturnType<typeof parseTurnsPage>>) : undefined;
}

/** The answer to a long-poll, or undefined for what is none. Frames that this version does not know are left out. */
export function parsePoll(text: string): { frames: ServerFrame[]; retryAfterMs: number } | undefined {
  const answer = jsonOf(text);
  if (!has(answer, { frames: arrayOf(object), retryAfterMs: optional(count) })) return undefined;
  const { frames, retryAfterMs = 0 } = answer as { frames: unknown[]; retryAfterMs?: number };
  return { frames: frames.flatMap((frame) => checkServerFrame(frame) ?? []), retryAfterMs };
}
