/**
 * Lets in the gateway alone: each call must carry a token that the gateway signed for it a moment ago, for this method, path and
 * body, and for the generation that the call names. A token is good for one call, so whoever reads it on the way can't use it.
 * Off where the module's options name no gateway. `EdgeChatController` applies it; put it on routes of your own with `@UseGuards`.
 */
import { createHash } from "node:crypto";
import { type CanActivate, type ExecutionContext, Inject, Injectable, Logger } from "@nestjs/common";
import { headerOf, type PlatformRequest, type PlatformResponse, setHeader } from "../http.ts";
import { ChatProblem } from "../problem.ts";
import { type GatewayClaims, GatewayTokens } from "./gateway-tokens.ts";

@Injectable()
export class GatewayGuard implements CanActivate {
  readonly #logger = new Logger("EdgeChat");
  readonly #tokens: GatewayTokens;

  constructor(@Inject(GatewayTokens) tokens: GatewayTokens) {
    this.#tokens = tokens;
  }

  /** @throws ChatProblem 401 or 403 for a caller that may not ask this, 503 where the gateway's keys can't be fetched */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!this.#tokens.isRequired) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<PlatformRequest>();
    const token = /^Bearer (\S+)$/i.exec(headerOf(request, "authorization") ?? "")?.[1];
    const claims = await this.#tokens.verify(token).catch((error: unknown) => {
      if (error instanceof ChatProblem && error.getStatus() === 401) {
        setHeader(http.getResponse<PlatformResponse>(), "WWW-Authenticate", 'Bearer error="invalid_token"');
      }
      throw error;
    });
    if (!isForMethodAndPath(request, claims) || bodyHashOf(request) !== claims.bodySha256) {
      if (request.rawBody === undefined && hasBody(request)) {
        this.#logger.warn(
          "A call was refused because its body isn't the one that its token names. If a middleware of yours changes bodies, create the application with { rawBody: true }.",
        );
      }
      throw new ChatProblem(403, "request-forbidden", "The token is for another method, path or body.");
    }
    if (!isAbout(request, claims)) {
      throw new ChatProblem(403, "generation-forbidden", "The token is for another generation.");
    }
    await this.#tokens.use(claims);
    return true;
  }
}

/** Whether the gateway signed this address. A proxy may have taken away the start of the path. */
function isForMethodAndPath({ method, url, originalUrl = url }: PlatformRequest, claims: GatewayClaims): boolean {
  return method === claims.method && claims.path.endsWith(originalUrl ?? "/");
}

function hasBody({ headers, rawBody }: PlatformRequest): boolean {
  if (rawBody !== undefined) return rawBody.length > 0;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * SHA-256 of the body. Without the bytes that arrived, it is that of the parsed body as JSON: the gateway writes JSON by
 * `JSON.stringify`, which gives the same text again. The route reads the parsed body, so what is compared is what is used.
 */
function bodyHashOf(request: PlatformRequest): string | undefined {
  if (!hasBody(request)) return undefined;
  const bytes = request.rawBody ?? JSON.stringify(request.body) ?? "";
  return createHash("sha256").update(bytes).digest("base64url");
}

/** Each place that names a generation must name the token's; so must the room. */
function isAbout(request: PlatformRequest, { generation, room }: GatewayClaims): boolean {
  const key = headerOf(request, "idempotency-key");
  if (request.method === "DELETE") {
    return generation !== undefined && fieldOf(request.params, "generationId") === generation;
  }
  if (request.method !== "POST") return key === generation;
  // What is no such body is refused with its own words by the route.
  const generationId = fieldOf(request.body, "generationId") ?? key;
  const asked = fieldOf(request.body, "room") ?? room;
  return (
    generation !== undefined && room === asked && generationId === generation && (key ?? generation) === generation
  );
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
