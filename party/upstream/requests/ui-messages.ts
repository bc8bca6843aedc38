/**
 * The body of the AI SDK's `DefaultChatTransport`: `{id, messages, trigger}` with UI messages. A backend made for `useChat` takes
 * it unchanged.
 */
import type { UpstreamMessage } from "../../core/ports.ts";
import type { RequestAdapter } from "./adapter.ts";

export const uiMessages: RequestAdapter = {
  toBody: ({ facts: { room, generationId, messages, params } }) => ({
    ...params,
    id: room,
    messages: messages.map((message, index) => uiMessageOf(message, `${generationId}-${index}`)),
    trigger: "submit-message",
  }),
};

function uiMessageOf({ role, content, parts }: UpstreamMessage, id: string) {
  return { id, role, parts: parts ?? [{ type: "text", text: content }] };
}
