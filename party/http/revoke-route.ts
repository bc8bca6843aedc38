/** `POST /ops/revoke`, for operators: refuses a token, or all that somebody has, before they run out. */

import * as z from "zod/mini";
import { jsonOr } from "../../shared/parse-json.ts";
import { audit } from "../auth/audit-log.ts";
import { revocationsMaxAgeMs } from "../auth/revocation-cache.ts";
import type { Revocation } from "../auth/revocation-list.ts";
import { tenantPattern } from "../auth/tenant-name.ts";
import { everyTenant } from "../auth/tenants.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { readBounded } from "../platform/read-bounded.ts";
import { problem } from "../responses/refusal-response.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { refuseOperator } from "./operator-auth.ts";

/** What of the Revocations object is used here. */
export interface RevocationStore {
  revoke(entry: Revocation): Promise<boolean>;
}

const maxBodyBytes = 4_096;
const id = z.string().check(z.minLength(1), z.maxLength(256));
const tenant = z.exactOptional(z.string().check(z.regex(tenantPattern)));
const bodySchema = z.union([z.strictObject({ jti: id, tenant }), z.strictObject({ sub: id, tenant })]);

/** @param storeOf the tenant's Revocations object; undefined on a host without them. */
export async function routeRevoke(
  request: Request,
  config: GatewayConfig,
  storeOf: ((tenant: string) => RevocationStore) | undefined,
): Promise<Response> {
  const refused = await refuseOperator(request, config.operatorToken);
  if (refused !== undefined) return refused;
  if (storeOf === undefined) return problem("not-found");
  const body = bodySchema.safeParse(jsonOr((await readBounded(request, maxBodyBytes)) ?? "", maxBodyBytes));
  const expected = 'The body is {"sub": "…"} or {"jti": "…"}, with "tenant" beside it where TENANT is *.';
  if (!body.success) return problem("bad-request", { detail: expected });
  const owner = body.data.tenant ?? (config.tenant === everyTenant ? undefined : config.tenant);
  if (owner === undefined) return problem("bad-request", { detail: expected });
  const at = Date.now();
  const entry = "jti" in body.data ? { tokenId: body.data.jti, at } : { sub: body.data.sub, at };
  try {
    if (!(await storeOf(owner).revoke(entry))) {
      return problem("rate-limited", {
        detail: "The list of this tenant is full: rotate the key that signed the tokens.",
      });
    }
  } catch (error) {
    reportFault("revoke", error);
    return problem("draining", { retryAfterMs: 1_000 });
  }
  const { at: _at, ...named } = entry;
  audit("operator", { name: "revoked", tenant: owner, ...named });
  return Response.json(
    { revokedAt: at, actsWithinMs: revocationsMaxAgeMs },
    { headers: { "cache-control": "no-store" } },
  );
}
