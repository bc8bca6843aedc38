/**
 * Whether a token was signed by a key of ours, for us, and is still good; what it says is read by `claims.ts`. Signatures,
 * issuer, audience and `nbf` are checked by `jose`. Loaded only where tokens are checked (`AUTH=jwt`).
 */
import { JWTClaimValidationFailed, JWTExpired } from "jose/errors";
import { type JWTVerifyGetKey, jwtVerify } from "jose/jwt/verify";
import { defined } from "../../shared/defined.ts";
import { fail, type Result } from "../../shared/result.ts";
import type { Clock } from "../core/ports.ts";
import type { AccessRefusal } from "../core/principal.ts";
import { parseClaims, type TokenFacts } from "./claims.ts";
import { type KeyEvent, type KeySource, kidPattern } from "./keys/keys.ts";
import { clockSkewMs } from "./token-life.ts";

export interface VerifierOptions {
  readonly keys: KeySource;
  /** `AUTH_ISSUER`; undefined where any issuer that has a key is ours. */
  readonly issuer: string | undefined;
  /** `AUTH_AUDIENCE`. */
  readonly audience: string | undefined;
  readonly clock: Pick<Clock, "now">;
  readonly report: (event: KeyEvent) => void;
}

/** Our claims fit many times; what is longer is not worth hashing. */
const maxTokenLength = 8_192;
/** Kids reported as rejected: strangers make them up, and the log is not theirs to fill. */
const maxRejectedKids = 100;

class UnknownKey extends Error {}
class KeysUnavailable extends Error {}

export class TokenVerifier {
  readonly #options: VerifierOptions;
  readonly #used = new Set<string>();
  readonly #rejected = new Set<string>();

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Never rejects. What is wrong with a signature or a key is one sentence: the difference helps only who tries keys. */
  async verify(token: string | undefined): Promise<Result<TokenFacts, AccessRefusal>> {
    const { issuer, audience, clock } = this.#options;
    if (token === undefined || token === "") return refuse("A token is needed.");
    if (token.length > maxTokenLength) return refuse(`A token has at most ${maxTokenLength} characters.`);
    const now = clock.now();
    try {
      const { payload } = await jwtVerify(token, this.#keyFor, {
        algorithms: ["HS256", "EdDSA", "Ed25519", "ES256", "RS256"],
        ...defined({ issuer, audience }),
        clockTolerance: clockSkewMs / 1_000,
        currentDate: new Date(now),
      });
      return parseClaims(payload, now);
    } catch (error) {
      if (error instanceof KeysUnavailable) return fail({ code: "internal" });
      if (error instanceof JWTExpired) return refuse("The token has expired.");
      if (error instanceof JWTClaimValidationFailed) return refuse(`The token's ${error.claim} is not accepted here.`);
      return refuse("The token's signature is not accepted here.");
    }
  }

  readonly #keyFor: JWTVerifyGetKey = async ({ kid, alg }) => {
    if (kid === undefined || !kidPattern.test(kid)) throw new UnknownKey();
    const found = await this.#options.keys.find(kid).catch((cause: unknown) => {
      throw new KeysUnavailable("no keys", { cause });
    });
    // RFC 9864 calls by its curve what RFC 8037 called EdDSA.
    if (found === undefined || found.alg !== (alg === "Ed25519" ? "EdDSA" : alg)) {
      this.#once(this.#rejected, { name: "key-rejected", kid });
      throw new UnknownKey();
    }
    this.#once(this.#used, { name: "key-first-used", kid });
    return found.key;
  };

  #once(seen: Set<string>, event: Extract<KeyEvent, { kid: string }>): void {
    if (seen.has(event.kid) || seen.size >= maxRejectedKids) return;
    seen.add(event.kid);
    this.#options.report(event);
  }
}

function refuse(detail: string): Result<never, AccessRefusal> {
  return fail({ code: "unauthenticated", detail });
}
