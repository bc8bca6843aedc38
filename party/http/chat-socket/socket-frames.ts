/**
 * The frames of the AI SDK's own `WebSocketChatTransport` (`ai` 7.0.135 and later), as a server reads and writes them:
 * https://ai-sdk.dev/docs/reference/ai-sdk-ui/websocket-chat-transport. Lenient with fields that aren't read here, because the
 * SDK may add some. What a question may hold is checked where every question of the AI SDK is (`room-http/ai-sdk-body.ts`).
 */
import * as z from "zod/mini";
import { jsonOr } from "../../../shared/parse-json.ts";

/** The SDK makes ids of 16 characters, and an application may make its own. */
const idSchema = z.string().check(z.minLength(1), z.maxLength(128));

const requestFields = {
  requestId: idSchema,
  /** The chat's id, which is the room's name. */
  id: z.string().check(z.maxLength(256)),
  /** Names are lower-case. */
  headers: z.optional(z.record(z.string(), z.string())),
  body: z.optional(z.record(z.string(), z.unknown())),
  metadata: z.optional(z.unknown()),
};

const socketFrame = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("send"),
    ...requestFields,
    trigger: z.enum(["submit-message", "regenerate-message"]),
    messageId: z.nullish(z.string()),
    messages: z.array(z.unknown()),
  }),
  z.looseObject({ type: z.literal("resume"), ...requestFields, lastSequence: z.nullish(z.number()) }),
  z.looseObject({ type: z.literal("abort"), requestId: idSchema }),
]);

export type SocketFrame = z.infer<typeof socketFrame>;
export type SendFrame = Extract<SocketFrame, { type: "send" }>;
export type ResumeFrame = Extract<SocketFrame, { type: "resume" }>;

/** Undefined for what isn't a frame of the protocol. */
export function parseSocketFrame(text: string, maxBytes: number): SocketFrame | undefined {
  const parsed = socketFrame.safeParse(jsonOr(text, maxBytes));
  return parsed.success ? parsed.data : undefined;
}

/** The answer to a request. Clients ignore one for a request that they don't know. */
export type SocketAnswer =
  /** A resumed answer follows. Says nothing to a client that has it already, so it also keeps proxies from closing the socket. */
  | { readonly type: "start"; readonly requestId: string }
  /** `sequence` counts from 0 in each answer. */
  | { readonly type: "chunk"; readonly requestId: string; readonly sequence: number; readonly chunk: object }
  | { readonly type: "end"; readonly requestId: string }
  | { readonly type: "error"; readonly requestId: string; readonly errorText: string }
  | { readonly type: "no-active"; readonly requestId: string };
