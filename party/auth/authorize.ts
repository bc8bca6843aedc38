/**
 * Decides who is asking, for every way into a room or to the backend, on both hosts (S6). With `AUTH=none` every client is
 * the same anonymous principal; with `AUTH=jwt` a client without a valid token is refused. Which act needs which scope is
 * decided in `core/principal.ts`.
 */
import { defined } from "../../shared/defined.ts";
import { fail, ok, type Result } from "../../shared/result.ts";
import type { AccessRefusal, Principal } from "../core/principal.ts";
import { ALL_SCOPES } from "../core/scopes.ts";
import { systemClock } from "../platform/clock.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { auditKey } from "./audit-log.ts";
import { bearerOf } from "./bearer.ts";
import type { TokenFacts } from "./claims.ts";
import type { KeySource } from "./keys/keys.ts";
import { SecretKeys } from "./keys/secret-keys.ts";
import { RevocationCache, RevocationCopies } from "./revocation-cache.ts";
import type { Revocation } from "./revocation-list.ts";
import type { AuthSetting, GateSettings } from "./settings.ts";
import { tenantAdmitted, tenantOfRoom } from "./tenants.ts";
import type { TokenVerifier } from "./verify-token.ts";

/** The tenant's Revocations object, as far as it is read. Undefined on a host without them: nothing is revoked there. */
export type RevocationsOf = ((tenant: string) => { list(): Promise<readonly Revocation[]> }) | undefined;

const revocationCopies = new RevocationCopies();
/** By setting, which lives as long as the isolate's configuration, so that all rooms of an isolate share the fetched keys. */
const verifiers = new WeakMap<AuthSetting, TokenVerifier>();

/** A caller whose token was verified. Without facts: nobody needs a token (`AUTH=none`). */
export interface Caller {
  readonly facts: TokenFacts | undefined;
}

const nobody: Caller = { facts: undefined };

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
   * Verifies a token before anything is known of the room: nothing is read, parsed or woken for a client that fails here.
   * @param token undefined where none was shown. With `AUTH=none` it is not looked at.
   */
  async identify(token: string | undefined): Promise<Result<Caller, AccessRefusal>> {
    const { auth } = this.#config;
    if (auth.mode === "none") return ok(nobody);
    const facts = await (await verifierOf(auth)).verify(token);
    return facts.ok ? ok({ facts: facts.value }) : facts;
  }

  /**
   * The principal of an identified caller in `room`, decided from the two names, the token and the revocations (S5).
   * @param room undefined for what belongs to no room.
   */
  async enter({ facts }: Caller, room: string | undefined): Promise<Result<Principal, AccessRefusal>> {
    const { tenant, narrow = async (principal: Principal) => ok(principal) } = this.#config;
    if (facts === undefined) {
      const owner = room === undefined ? tenant : tenantOfRoom(tenant, room);
      return owner === undefined ? fail({ code: "room-forbidden" }) : narrow(anonymous(owner), room);
    }
    const owner = tenantAdmitted(facts, room, tenant);
    if (!owner.ok) return owner;
    const principal = principalOf(facts, owner.value);
    if (await this.isRevoked(principal)) {
      return fail({ code: "unauthenticated", detail: "The token has been revoked." });
    }
    return narrow(principal, room);
  }

  /** `identify` and `enter` in one step. Never rejects. */
  async admit(token: string | undefined, room: string | undefined): Promise<Result<Principal, AccessRefusal>> {
    const caller = await this.identify(token);
    return caller.ok ? this.enter(caller.value, room) : caller;
  }

  /** Whether a principal that was verified a while ago may still act: its token is valid and not revoked. Never rejects. */
  async renew(principal: Principal): Promise<Result<Principal, AccessRefusal>> {
    if ((principal.expiresAt ?? Number.POSITIVE_INFINITY) <= systemClock.now()) {
      return fail({ code: "unauthenticated", detail: "The token has expired." });
    }
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
 * The principal of an HTTP request. The Worker calls it before any object wakes; a host without a Worker calls it in the room.
 * @param room the room's name, already checked; undefined for what belongs to no room.
 */
export function authorize(
  request: Request,
  room: string | undefined,
  config: GateSettings,
  revocationsOf: RevocationsOf,
): Promise<Result<Principal, AccessRefusal>> {
  return new Gate(config, revocationsOf).admit(bearerOf(request), room);
}

function anonymous(tenant: string): Principal {
  return { sub: "anonymous", tenant, scopes: ALL_SCOPES };
}

function principalOf({ sub, scopes, expiresAt, issuedAt, tokenId }: TokenFacts, tenant: string): Principal {
  return defined({ sub, tenant, scopes, expiresAt, issuedAt, tokenId });
}

/** The code that verifies tokens loads with the first token. */
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
  const { JwksKeys } = await import("./keys/jwks-keys.ts");
  return new JwksKeys({ url: keys.url, fetch: (url, init) => fetch(url, init), clock: systemClock, report: auditKey });
}
