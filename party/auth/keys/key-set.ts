/** A JSON Web Key Set (RFC 7517), and which of its keys may sign tokens here. */

import { importJWK } from "jose/key/import";
import * as z from "zod/mini";
import { jsonOr } from "../../../shared/parse-json.ts";
import { kidPattern, type TokenAlgorithm, type VerifyKey } from "./keys.ts";

const jwkSchema = z.object({
  kty: z.string(),
  kid: z.string().check(z.regex(kidPattern)),
  use: z.optional(z.string()),
  alg: z.optional(z.string()),
  crv: z.optional(z.string()),
  x: z.optional(z.string()),
  y: z.optional(z.string()),
  n: z.optional(z.string()),
  e: z.optional(z.string()),
});
type PublicJwk = z.infer<typeof jwkSchema>;
/** A hundred RSA keys fit in a third of this. */
export const maxKeySetBytes = 128 * 1024;
const jwksSchema = z.object({ keys: z.array(z.unknown()).check(z.maxLength(100)) });

/**
 * A key set's public keys that may sign tokens here, by kid (RFC 7517). Others (symmetric, for encryption, of kinds we do
 * not take, without a kid) are left aside, as the standard asks. Undefined for what is no key set.
 */
export async function parseKeySet(text: string): Promise<ReadonlyMap<string, VerifyKey> | undefined> {
  const set = jwksSchema.safeParse(jsonOr(text, maxKeySetBytes));
  if (!set.success) return undefined;
  const keys = new Map<string, VerifyKey>();
  for (const entry of set.data.keys) {
    const parsed = jwkSchema.safeParse(entry);
    const alg = parsed.success ? algorithmOf(parsed.data) : undefined;
    if (!parsed.success || alg === undefined) continue;
    const { kid } = parsed.data;
    try {
      keys.set(kid, { alg, key: await importJWK(withoutAbsent(parsed.data), alg) });
    } catch {
      // A broken key among good ones: tokens that name it are refused as those of an unknown key.
    }
  }
  return keys;
}

function algorithmOf({ kty, crv, use, alg }: PublicJwk): TokenAlgorithm | undefined {
  if (use !== undefined && use !== "sig") return undefined;
  const kind =
    kty === "OKP" && crv === "Ed25519"
      ? "EdDSA"
      : kty === "EC" && crv === "P-256"
        ? "ES256"
        : kty === "RSA"
          ? "RS256"
          : undefined;
  const isNamed = alg === undefined || alg === kind || (alg === "Ed25519" && kind === "EdDSA");
  return isNamed ? kind : undefined;
}

function withoutAbsent({ kty, crv, x, y, n, e }: PublicJwk): Record<string, string> & { kty: string } {
  const given = Object.entries({ crv, x, y, n, e }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { kty, ...Object.fromEntries(given) };
}
