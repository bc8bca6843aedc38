/** The keys of `AUTH_KEYS`: secrets that the application and this gateway share, by `kid`. */
import { fail, ok, type Result } from "../../../shared/result.ts";
import { fromBase64Url, namedTextsIn } from "../../platform/base64url.ts";
import { type KeySource, kidPattern, type VerifyKey } from "./keys.ts";

/** HS256 is as strong as its key: RFC 7518 §3.2 asks for 256 bits. */
const minSecretBytes = 32;

/** `AUTH_KEYS`: JSON of base64url secrets by kid. The error says what is wrong and quotes no secret. */
export function parseSecrets(text: string): Result<ReadonlyMap<string, Uint8Array>, string> {
  const named = namedTextsIn(text);
  if (named === undefined) return fail("is no JSON object of kid and secret");
  const secrets = new Map<string, Uint8Array>();
  for (const [kid, secret] of Object.entries(named)) {
    if (!kidPattern.test(kid)) return fail("has a kid that is not 1–128 of A–Z a–z 0–9 _ . : -");
    const bytes = fromBase64Url(secret);
    if (bytes === undefined || bytes.length < minSecretBytes) {
      return fail(`has under ${kid} no base64url secret of ${minSecretBytes} bytes or more`);
    }
    secrets.set(kid, bytes);
  }
  return secrets.size === 0 ? fail("holds no key") : ok(secrets);
}

export class SecretKeys implements KeySource {
  readonly #secrets: ReadonlyMap<string, Uint8Array>;

  constructor(secrets: ReadonlyMap<string, Uint8Array>) {
    this.#secrets = secrets;
  }

  async find(kid: string): Promise<VerifyKey | undefined> {
    const key = this.#secrets.get(kid);
    return key === undefined ? undefined : { alg: "HS256", key };
  }
}
