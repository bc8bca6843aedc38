/** The `authorize` hook as the Gate asks it: it may take from a verified caller, and never give. */
import { fail, ok, type Result } from "../../shared/result.ts";
import type { AccessRefusal, Principal } from "../core/principal.ts";
import { gatewayFactsIn, type Variables } from "./gateway-env.ts";
import type { AuthorizeAnswer } from "./gateway-options.ts";
import { runHook } from "./run-hook.ts";

export type Narrow = (principal: Principal, room: string | undefined) => Promise<Result<Principal, AccessRefusal>>;

/** Undefined where the gateway has no such hook. */
export function narrowOf(variables: Variables): Narrow | undefined {
  const facts = gatewayFactsIn(variables);
  const hook = facts?.options.authorize;
  if (facts === undefined || hook === undefined) return undefined;
  return async (principal, room) => {
    const { sub, tenant, scopes } = principal;
    const caller = { sub, tenant, scopes };
    const answer = await runHook("authorize", async () => checked(await hook({ caller, room }, facts.env as never)));
    if (!answer.ok) return fail({ code: "internal", retryAfterMs: 1_000 });
    if (answer.value === true) return ok(principal);
    if (answer.value === false) return fail({ code: room === undefined ? "forbidden" : "room-forbidden" });
    const { scopes: allowed } = answer.value;
    return ok({ ...principal, scopes: scopes.filter((scope) => allowed.includes(scope)) });
  };
}

/** Anything else, such as a forgotten return, must not let anybody in. */
function checked(answer: AuthorizeAnswer): AuthorizeAnswer {
  if (typeof answer === "boolean") return answer;
  if (Array.isArray(answer?.scopes)) return answer;
  throw new TypeError("authorize must return true, false or { scopes: [...] }.");
}
