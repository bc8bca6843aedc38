/** Whether a request is the operator's (`OPERATOR_TOKEN`). */

import { bearerOf } from "../auth/bearer.ts";
import { problem } from "../responses/refusal-response.ts";

/** Undefined for the operator; otherwise the answer. Without the setting there are no such routes. */
export async function refuseOperator(
  request: Request,
  operatorToken: string | undefined,
): Promise<Response | undefined> {
  if (operatorToken === undefined) return problem("not-found");
  const given = bearerOf(request);
  if (given !== undefined && (await isSameSecret(given, operatorToken))) return undefined;
  return problem("unauthenticated", { headers: { "www-authenticate": "Bearer" } });
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
export async function isSameSecret(given: string, secret: string): Promise<boolean> {
  const digests = [given, secret].map((text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const [a, b] = (await Promise.all(digests)) as [ArrayBuffer, ArrayBuffer];
  return crypto.subtle.timingSafeEqual(a, b);
}
