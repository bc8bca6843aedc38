/**
 * What a client may say. A socket's story: `hello` first, within 5 s; the room answers `welcome`, then one `sync`, then
 * live frames. A frame sent before the welcome waits (at most 8). A frame that is not one of these ends the socket with
 * `bad-frame`: the room is strict, so that nothing half-understood is ever acted on. Absent keys are left out, never null.
 */
import * as z from "zod/mini";
import { utf8Length } from "../text.ts";
import { callAnswersSchema } from "./answers.ts";
import { epochPattern, maxHaveOffsets, maxParamsBytes, turnIdPattern } from "./limits.ts";
import { asksSomething, type QuestionPart, questionPartSchema } from "./question.ts";

export const turnIdSchema = z.string().check(z.regex(turnIdPattern, "must be 1–64 of A–Z a–z 0–9 _ -"));
export const epochSchema = z.string().check(z.regex(epochPattern, "must be 1–32 of A–Z a–z 0–9 _ -"));
const seqSchema = z.int().check(z.minimum(0));
const offsetSchema = z.int().check(z.minimum(0));

/** `params` and `metadata`: an object of the application, within a limit. */
export const smallJson = z
  .record(z.string(), z.json())
  .check(
    z.refine(
      (value) => utf8Length(JSON.stringify(value)) <= maxParamsBytes,
      `must be at most ${maxParamsBytes} bytes as JSON`,
    ),
  );

/** A reader's cursor (design §4): `offsets` lists every turn it does not hold whole. */
export const haveSchema = z.strictObject({
  epoch: epochSchema,
  seq: seqSchema,
  offsets: z
    .record(turnIdSchema, offsetSchema)
    .check(
      z.refine((offsets) => Object.keys(offsets).length <= maxHaveOffsets, `must name at most ${maxHaveOffsets} turns`),
    ),
});

/** `parts` are what `content`, the text alone, leaves out: files and data. */
export const messageSchema = z.strictObject({
  role: z.enum(["system", "user", "assistant"]),
  content: z.string(),
  parts: z.exactOptional(z.array(questionPartSchema)),
});

/** A message of a conversation that a client keeps itself, with the parts of an answer as the client has them. */
export const contextMessageSchema = z.strictObject({
  id: z.exactOptional(z.string()),
  role: z.enum(["system", "user", "assistant"]),
  content: z.string(),
  parts: z.exactOptional(z.array(z.looseObject({ type: z.string() }))),
});

const hasText = z.refine<string>((text) => text.trim() !== "", "must not be empty");
const isAsking = z.refine<QuestionPart[]>(asksSomething, "must hold text, a file or data");

/** One question after the room's own history, as text or as parts, or `messages` in place of that history; or answers. */
export const inputSchema = z.union([
  z.strictObject({ prompt: z.string().check(hasText) }),
  z.strictObject({ parts: z.array(questionPartSchema).check(isAsking) }),
  z.strictObject({ messages: z.array(messageSchema).check(z.minLength(1)) }),
  /** Of a turn that `continues` another: what that one left open. */
  z.strictObject({ answers: callAnswersSchema }),
]);

export const helloFrame = z.strictObject({
  type: z.literal("hello"),
  version: z.int(),
  token: z.exactOptional(z.string()),
  have: z.exactOptional(haveSchema),
});

export const turnSubmitFrame = z.strictObject({
  type: z.literal("turn-submit"),
  turnId: turnIdSchema,
  epoch: z.exactOptional(epochSchema),
  input: inputSchema,
  provider: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(64))),
  model: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(128))),
  params: z.exactOptional(smallJson),
  metadata: z.exactOptional(smallJson),
  replaces: z.exactOptional(turnIdSchema),
  continues: z.exactOptional(turnIdSchema),
  onLeave: z.exactOptional(z.enum(["cancel", "keep"])),
});

export const turnCancelFrame = z.strictObject({ type: z.literal("turn-cancel"), turnId: turnIdSchema });
export const syncRequestFrame = z.strictObject({ type: z.literal("sync-request"), have: haveSchema });
export const roomClearFrame = z.strictObject({ type: z.literal("room-clear") });
export const tokenRefreshFrame = z.strictObject({ type: z.literal("token-refresh"), token: z.string() });

export const clientFrame = z.discriminatedUnion("type", [
  helloFrame,
  turnSubmitFrame,
  turnCancelFrame,
  syncRequestFrame,
  roomClearFrame,
  tokenRefreshFrame,
]);

export type Have = z.infer<typeof haveSchema>;
export type ChatMessage = z.infer<typeof messageSchema>;
export type ContextMessage = z.infer<typeof contextMessageSchema>;
export type TurnInput = z.infer<typeof inputSchema>;
export type HelloFrame = z.infer<typeof helloFrame>;
export type TurnSubmitFrame = z.infer<typeof turnSubmitFrame>;
export type ClientFrame = z.infer<typeof clientFrame>;
