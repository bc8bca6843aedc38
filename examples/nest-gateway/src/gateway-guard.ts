/**
 * Lets in the gateway alone: each call must carry a token that the gateway signed for it a moment ago, for this method, path and
 * body, and for the generation that the call names. A token is good for one call, so whoever reads it on the way can't use it.
 * Off until `GATEWAY_JWKS_URL` says where the gateway's public keys are.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type CanActivate, type ExecutionContext, Inject, Injectable, Logger } from "@nestjs/common";
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import { RequestProblem } from "./problem.ts";
import { UsedTokens } from "./used-tokens.ts";

export interface GatewayTrust {
  /** The gateway's `/.well-known/jwks.json`. */
  readonly jwksUrl: string;
  /** The `aud` of its tokens: `UPSTREAM_AUDIENCE` there. */
  readonly audience: string;
}

export const defaultAudience = "model-backend";
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
type Claims = z.infer<typeof claimsSchema>;

/** What of a request says which generation it is about. */
interface AskedRequest extends IncomingMessage {
  readonly body?: unknown;
  /** The body's bytes, with Nest's `rawBody: true`. */
  readonly rawBody?: Buffer;
  /** Path and query, with the prefixes that routers take away from `url`. */
  readonly originalUrl?: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** Injected: undefined lets everybody in. */
export const GATEWAY_TRUST = Symbol("GATEWAY_TRUST");

@Injectable()
export class GatewayGuard implements CanActivate {
  readonly #logger = new Logger("GatewayGuard");
  readonly #trust: GatewayTrust | undefined;
  readonly #keys: JWTVerifyGetKey | undefined;
  readonly #used = new UsedTokens();

  constructor(@Inject(GATEWAY_TRUST) trust: GatewayTrust | undefined) {
    this.#trust = trust;
    // An unknown kid makes it look again: a rotated key is good at once. At most once a second, whatever strangers send.
    this.#keys =
      trust === undefined ? undefined : createRemoteJWKSet(new URL(trust.jwksUrl), { cooldownDuration: 1_000 });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.#trust === undefined || this.#keys === undefined) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AskedRequest>();
    const claims = await this.#verify(request, http.getResponse<ServerResponse>(), this.#keys, this.#trust);
    if (!isFor(request, claims)) {
      throw new RequestProblem(403, "request-forbidden", "The token is for another method, path or body.");
    }
    if (!isAbout(request, claims)) {
      throw new RequestProblem(403, "generation-forbidden", "The token is for another generation.");
    }
    if (!this.#used.use(claims.jti, claims.exp + clockToleranceS, Date.now() / 1_000)) {
      throw new RequestProblem(401, "token-used", "The token was used before. Each call needs one of its own.");
    }
    return true;
  }

  async #verify(
    request: IncomingMessage,
    response: ServerResponse,
    keys: JWTVerifyGetKey,
    { audience }: GatewayTrust,
  ): Promise<Claims> {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    try {
      if (token === undefined) throw new errors.JWTInvalid("no token");
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ["EdDSA"],
        issuer,
        audience,
        maxTokenAge: maxTokenAgeS,
        clockTolerance: clockToleranceS,
        requiredClaims: ["exp"],
      });
      return claimsSchema.parse(payload);
    } catch (error) {
      if (isOurTrouble(error)) {
        this.#logger.error(error);
        throw new RequestProblem(503, "keys-unavailable", "The gateway's keys cannot be read at the moment.");
      }
      response.setHeader("WWW-Authenticate", 'Bearer error="invalid_token"');
      throw new RequestProblem(401, "unauthenticated", "A token of the gateway is needed.");
    }
  }
}

/** Whether the gateway signed this very request. A proxy may have taken away the start of the path. */
function isFor({ method, url, originalUrl = url, rawBody }: AskedRequest, claims: Claims): boolean {
  const hasBody = rawBody !== undefined && rawBody.length > 0;
  const sent = hasBody ? createHash("sha256").update(rawBody).digest("base64url") : undefined;
  return method === claims.method && claims.path.endsWith(originalUrl ?? "/") && sent === claims.bodySha256;
}

/** Each place that names a generation must name the token's; so must the room. */
function isAbout(request: AskedRequest, { generation, room }: Claims): boolean {
  const key = request.headers["idempotency-key"];
  if (request.method === "DELETE") return generation !== undefined && request.params?.["generationId"] === generation;
  if (request.method !== "POST") return key === generation;
  const body = z.object({ generationId: z.unknown(), room: z.unknown() }).partial().safeParse(request.body);
  // What is no such body is refused with its own words by the route.
  const { generationId = key, room: asked = room } = body.success ? body.data : {};
  return (
    generation !== undefined && room === asked && generationId === generation && (key ?? generation) === generation
  );
}

/** The keys could not be had: not the caller's fault, and worth another try. */
function isOurTrouble(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof TypeError) return true;
  return error instanceof errors.JOSEError && error.code === "ERR_JOSE_GENERIC";
}
