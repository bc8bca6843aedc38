/**
 * Verifies the tokens that the gateway signs for its calls: the signature by the gateway's public keys, the claims, and that a
 * token is used once. There is one for each application. `gateway-guard.ts` compares the claims with the request.
 */
import { Inject, Injectable, Logger } from "@nestjs/common";
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import { EDGE_CHAT_SETTINGS, type EdgeChatSettings } from "../options.ts";
import { ChatProblem } from "../problem.ts";

/** As the gateway names itself. */
const issuer = "edge-chat-gateway";
/** The tokens live a minute; one that says otherwise is not the gateway's. */
const maxTokenAgeS = 60;
const clockToleranceS = 5;

const claimsSchema = z.object({
  exp: z.number(),
  iat: z.number(),
  jti: z.string().min(1).max(128),
  method: z.string(),
  /** Path and query as the gateway sent them. */
  path: z.string(),
  /** SHA-256 of the body, as base64url; absent where there is none. */
  bodySha256: z.string().optional(),
  room: z.string().optional(),
  generation: z.string().optional(),
});
export type GatewayClaims = z.infer<typeof claimsSchema>;

@Injectable()
export class GatewayTokens {
  readonly #logger = new Logger("EdgeChat");
  readonly #settings: EdgeChatSettings;
  readonly #keys: JWTVerifyGetKey | undefined;

  constructor(@Inject(EDGE_CHAT_SETTINGS) settings: EdgeChatSettings) {
    this.#settings = settings;
    // An unknown kid makes it look again: a rotated key is good at once. At most once a second, whatever strangers send.
    this.#keys =
      settings.jwksUrl === undefined ? undefined : createRemoteJWKSet(settings.jwksUrl, { cooldownDuration: 1_000 });
  }

  /** False where the options name no gateway: then anybody may call. */
  get isRequired(): boolean {
    return this.#keys !== undefined;
  }

  /** @param token the bearer token of a call. @throws ChatProblem 401 `unauthenticated`, or 503 `keys-unavailable` */
  async verify(token: string | undefined): Promise<GatewayClaims> {
    try {
      if (token === undefined || this.#keys === undefined) throw new errors.JWTInvalid("no token");
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms: ["EdDSA"],
        issuer,
        audience: this.#settings.audience,
        maxTokenAge: maxTokenAgeS,
        clockTolerance: clockToleranceS,
        requiredClaims: ["exp"],
      });
      return claimsSchema.parse(payload);
    } catch (error) {
      if (isOurTrouble(error)) {
        this.#logger.error(`The gateway's keys can't be read from ${this.#settings.jwksUrl}: ${String(error)}`);
        throw new ChatProblem(503, "keys-unavailable", "The gateway's keys cannot be read at the moment.");
      }
      throw new ChatProblem(401, "unauthenticated", "A token of the gateway is needed.");
    }
  }

  /** Records that a call was let in with its token. @throws ChatProblem 401 `token-used` for a second call */
  async use({ jti, exp }: GatewayClaims): Promise<void> {
    if (!(await this.#settings.usedTokens.use(jti, exp + clockToleranceS, Date.now() / 1_000))) {
      throw new ChatProblem(401, "token-used", "The token was used before. Each call needs one of its own.");
    }
  }
}

/** The keys could not be had: not the caller's fault, and worth another try. */
function isOurTrouble(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof TypeError) return true;
  return error instanceof errors.JOSEError && error.code === "ERR_JOSE_GENERIC";
}
