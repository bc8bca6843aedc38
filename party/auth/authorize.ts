/**
 * Who is asking: the one gate for every path into a room, over a socket or HTTP, on both hosts. With `AUTH=none` everybody
 * is the same anonymous somebody; with `AUTH=jwt` a token says who, and nobody gets in without one (S6).
 */
import { fail, ok, type Result } from "../../shared/result.ts";
import type { Principal, Refusal } from "../core/principal.ts";
import { ALL_SCOPES } from "../core/scopes.ts";
import { systemClock } from "../platform/clock.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { auditKey } from "./audit-log.ts";
import { bearerOf } from "./bearer.ts";
import type { TokenFacts } from "./claims.ts";
import type { KeySource } from "./keys.ts";
import { RevocationCache, RevocationCopies } from "./revocation-cache.ts";
import type { Revocation } from "./revocation-list.ts";
import { SecretKeys } from "./secret-keys.ts";
import type { AuthSetting, GateSettings } from "./settings.ts";
import { tenantAdmitted, tenantOfRoom } from "./tenants.ts";
import type { TokenVerifier } from "./verify-token.ts";

/** The tenant's Revocations object, as far as it is read. Undefined on a host without them: nothing is revoked there. */
export type RevocationsOf = ((tenant: string) => { list(): Promise<readonly Revocation[]> }) | undefined;

const revocationCopies = new RevocationCopies();
/** By setting, which lives as long as the isolate's configuration: keys are fetched once for all rooms of an isolate. */
const verifiers = new WeakMap<AuthSetting, TokenVerifier>();

export class Gate {
  readonly #config: GateSettings;
  readonly #revocations: RevocationCache | undefined;

  constructor(config: GateSettings, revocationsOf: RevocationsOf) {
    this.#config = config;
    this.#revocations =
      revocationsOf === undefined || config.auth.mode === "none"
        ? undefined
        : new RevocationCache({
            copies: revocationCopies,
            read: (tenant) => revocationsOf(tenant).list(),
            clock: systemClock,
            onFault: (cause) => reportFault("revocations", cause),
          });
  }

  /**
   * Who `token` speaks for in `room`, decided from the two names and the token alone (S5). Never rejects.
   * @param token undefined where none was shown; where nobody needs one it is not looked at.
   * @param room undefined for what belongs to no room.
   */
  async admit(token: string | undefined, room: string | undefined): Promise<Result<Principal, Refusal>> {
    const { auth, tenant } = this.#config;
    if (auth.mode === "none") {
      const owner = room === undefined ? tenant : tenantOfRoom(tenant, room);
      return owner === undefined ? fail({ code: "room-forbidden" }) : ok(anonymous(owner));
    }
    const facts = await (await verifierOf(auth)).verify(token);
    if (!facts.ok) return facts;
    const owner = tenantAdmitted(facts.value, room, tenant);
    if (!owner.ok) return owner;
    const principal = principalOf(facts.value, owner.value);
    if (await this.isRevoked(principal)) {
      return fail({ code: "unauthenticated", detail: "The token has been revoked." });
    }
    return ok(principal);
  }

  /** At once where the list is fresh, else when it has been read again. */
  isRevoked(principal: Principal): boolean | Promise<boolean> {
    return this.#revocations?.isRevoked(principal.tenant, principal) ?? false;
  }

  /** Reads what `isRevoked` answers from, so that a room that woke knows before it says anything. Never rejects. */
  async prepare(tenant: string): Promise<void> {
    await this.#revocations?.isRevoked(tenant, { sub: "" });
  }
}

/**
 * Who an HTTP request acts for. Asked before any object wakes; on a host without a Worker in front, by the room itself.
 * @param room the room's name, already checked; undefined for what belongs to no room.
 */
export function authorize(
  request: Request,
  room: string | undefined,
  config: GateSettings,
  revocationsOf: RevocationsOf,
): Promise<Result<Principal, Refusal>> {
  return new Gate(config, revocationsOf).admit(bearerOf(request), room);
}

function anonymous(tenant: string): Principal {
  return { sub: "anonymous", tenant, scopes: ALL_SCOPES };
}

function principalOf({ sub, scopes, expiresAt, issuedAt, tokenId }: TokenFacts, tenant: string): Principal {
  return {
    sub,
    tenant,
    scopes,
    expiresAt,
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(tokenId === undefined ? {} : { tokenId }),
  };
}

/** The code that checks tokens loads with the first one. */
async function verifierOf(auth: AuthSetting & { mode: "jwt" }): Promise<TokenVerifier> {
  const known = verifiers.get(auth);
  if (known !== undefined) return known;
  const { TokenVerifier } = await import("./verify-token.ts");
  const { issuer, audience } = auth;
  const verifier = new TokenVerifier({
    keys: await keysOf(auth.keys),
    issuer,
    audience,
    clock: systemClock,
    report: auditKey,
  });
  verifiers.set(auth, verifier);
  return verifier;
}

async function keysOf(keys: (AuthSetting & { mode: "jwt" })["keys"]): Promise<KeySource> {
  if (keys.kind === "secrets") return new SecretKeys(keys.secrets);
  const { JwksKeys } = await import("./jwks-keys.ts");
  return new JwksKeys({ url: keys.url, fetch: (url, init) => fetch(url, init), clock: systemClock, report: auditKey });
}
