/**
 * The contract of this project: the whole conversation as a JSON body (`shared/upstream-contract.ts`), or the newest question in
 * the query of `GET /model/chat?provider=&prompt=`.
 */
import { defined } from "../../../shared/defined.ts";
import type { UpstreamMessage } from "../../core/ports.ts";
import type { RequestAdapter } from "./adapter.ts";

export const contract: RequestAdapter = {
  toQuery: ({ facts: { provider, model }, values: { prompt } }) => [
    ...(provider === undefined ? [] : [["provider", provider] as const]),
    ["prompt", prompt],
    ...(model === undefined ? [] : [["model", model] as const]),
  ],
  toBody: ({ facts: { generationId, room, provider, model, messages, params, answers } }) =>
    defined({
      generationId,
      room,
      messages: messages.map(messageOf),
      answers,
      provider,
      model,
      params,
    }),
};

/** A question with files or data, and an answer with more than text, has its parts beside its text. */
function messageOf({ role, content, parts }: UpstreamMessage) {
  return defined({ role, content, parts });
}
