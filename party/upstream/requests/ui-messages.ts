/**
 * The body of the AI SDK's `DefaultChatTransport`: `{id, messages, trigger}` with UI messages. A backend made for `useChat` takes
 * it unchanged.
 */
import { defined } from "../../../shared/defined.ts";
import type { UpstreamMessage } from "../../core/ports.ts";
import type { RequestAdapter } from "./adapter.ts";

export const uiMessages: RequestAdapter = {
  toBody: ({ facts: { room, generationId, messages, params, answers } }) => ({
    ...params,
    id: room,
    // As the SDK's hooks do that send an answer with outputs and decisions again.
    ...defined({ messageId: answers === undefined ? undefined : messages.at(-1)?.id }),
    messages: messages.map((message, index) => uiMessageOf(message, `${generationId}-${index}`)),
    trigger: "submit-message",
  }),
};

function uiMessageOf({ id: ownId, role, content, parts }: UpstreamMessage, id: string) {
  return { id: ownId ?? id, role, parts: parts ?? [{ type: "text", text: content }] };
}
