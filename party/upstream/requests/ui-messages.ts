/**
 * The body of the AI SDK's `DefaultChatTransport`: `{id, messages, trigger, messageId?}` with UI messages. A backend made for
 * `useChat` takes it unchanged. An answer has the id that the backend gave it, where it gave one.
 */
import { defined } from "../../../shared/defined.ts";
import type { UpstreamMessage } from "../../core/ports.ts";
import type { RequestAdapter } from "./adapter.ts";

export const uiMessages: RequestAdapter = {
  toBody: ({ facts: { room, generationId, messages, params, answers, regenerates } }) => ({
    ...params,
    id: room,
    // As the SDK's hooks do that send an answer with outputs and decisions again.
    ...defined({ messageId: answers === undefined ? undefined : messages.at(-1)?.id }),
    messages: messages.map((message, index) => uiMessageOf(message, `${generationId}-${index}`)),
    ...(regenerates === undefined
      ? { trigger: "submit-message" }
      : { trigger: "regenerate-message", messageId: regenerates }),
  }),
};

/** @param unnamed the id of a message without one. */
function uiMessageOf({ id, role, content, parts, metadata }: UpstreamMessage, unnamed: string) {
  return defined({ id: id ?? unnamed, role, metadata, parts: parts ?? [{ type: "text", text: content }] });
}
