/** Who a request acts for, as the Worker has told the room (`principal-header.ts`). */
import { type Principal, principalSchema } from "../core/principal-schema.ts";
import { principalHeader } from "../responses/principal-header.ts";

/** Undefined where there is none, or what an object of another version cannot read. */
export function principalIn(headers: Headers): Principal | undefined {
  const text = headers.get(principalHeader);
  if (text === null) return undefined;
  try {
    const parsed = principalSchema.safeParse(JSON.parse(decodeURIComponent(text)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not JSON: nothing the Worker wrote.
    return undefined;
  }
}
