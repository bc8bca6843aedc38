/** A chat completions body, for backends that speak OpenAI's API. `params` are its further fields, such as `temperature`. */
import { defined } from "../../../shared/defined.ts";
import type { RequestAdapter } from "./adapter.ts";

export const openai: RequestAdapter = {
  toBody: ({ facts: { model, messages, params, user } }) =>
    defined({
      stream_options: { include_usage: true },
      user,
      ...params,
      model,
      messages: messages.map(({ role, content }) => ({ role, content })),
      stream: true,
    }),
};
