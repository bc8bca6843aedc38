/** Query and body as the operator wrote them, for backends with field names of their own. */
import type { RequestAdapter } from "./adapter.ts";
import { fillJson, fillText } from "./placeholders.ts";

export const template: RequestAdapter = {
  toQuery: ({ setting: { query }, values }) =>
    query.map(([name, value]) => [name, fillText(value, values)] as const).filter(([, value]) => value !== ""),
  toBody: ({ setting: { body }, values }) => (body === undefined ? undefined : fillJson(body, values)),
};
