/**
 * The readers of `ai` 5, 6 and 7, as `useChat` uses them: the transport's parser, which checks every event against the
 * version's schema, and the processor that turns chunks into a message.
 */
import * as ai7 from "ai";
import * as ai5 from "ai5";
import * as ai6 from "ai6";
import { sseHeaders } from "../../../party/responses/sse.ts";
import { eventOfChunk, uiMessageStreamDone, uiMessageStreamHeader } from "../../../party/sockets/ui-message-socket.ts";
import type { UiMessageChunk } from "../../../shared/ui-message-stream.ts";
import type { Version } from "./stories.ts";

/** A message of any of the versions, as far as the tests look. */
export interface ReadMessage {
  readonly id: string;
  readonly role: string;
  readonly parts: readonly { readonly type: string; readonly text?: unknown }[];
}

export interface Reading {
  /** As it stood at the end; undefined where the stream made none. */
  readonly message: ReadMessage | undefined;
  /** What reading it threw, an `error` chunk included. */
  readonly errors: readonly unknown[];
}

/** The SSE body that says `chunks`, without its end when `isCut`. */
export function bodyOf(chunks: readonly UiMessageChunk[], { isCut = false } = {}): string {
  return chunks.map((chunk) => eventOfChunk(chunk)).join("") + (isCut ? "" : uiMessageStreamDone);
}

/** Reads a body from its first byte to its last. `message`: what an earlier reading left, to be gone on with. */
export async function read(version: Version, body: string, message?: ReadMessage): Promise<Reading> {
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  let last: ReadMessage | undefined = message;
  try {
    for await (const snapshot of await messagesOf(version, body, message, onError)) last = snapshot;
  } catch (error) {
    errors.push(error);
  }
  return { message: last, errors };
}

const ask = () => ({
  chatId: "c",
  messages: [],
  abortSignal: undefined,
  trigger: "submit-message" as const,
  messageId: undefined,
});

async function messagesOf(
  version: Version,
  body: string,
  message: ReadMessage | undefined,
  onError: (error: unknown) => void,
): Promise<AsyncIterable<ReadMessage>> {
  const headers = { ...sseHeaders, [uiMessageStreamHeader.name]: uiMessageStreamHeader.value };
  const fetch = () => Promise.resolve(new Response(body, { headers }));
  // What an earlier reading of the same version left is a message of that version.
  switch (version) {
    case "ai5": {
      const stream = await new ai5.DefaultChatTransport({ fetch }).sendMessages(ask());
      return ai5.readUIMessageStream({ stream, onError, ...(message && { message: message as ai5.UIMessage }) });
    }
    case "ai6": {
      const stream = await new ai6.DefaultChatTransport({ fetch }).sendMessages(ask());
      return ai6.readUIMessageStream({ stream, onError, ...(message && { message: message as ai6.UIMessage }) });
    }
    case "ai7": {
      const stream = await new ai7.DefaultChatTransport({ fetch }).sendMessages(ask());
      return ai7.readUIMessageStream({ stream, onError, ...(message && { message: message as ai7.UIMessage }) });
    }
  }
}

/** The text a person sees of a message. */
export function textIn(message: ReadMessage | undefined, type = "text"): string {
  return (message?.parts ?? []).map((part) => (part.type === type ? part.text : "")).join("");
}
