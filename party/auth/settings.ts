/** Who may chat, as the operator set it (S6): parsed and checked once, with the rest of the configuration. */
import { fail, ok, type Result } from "../../shared/result.ts";
import type { Narrow } from "../hooks/authorize-hook.ts";
import { parseSecrets } from "./keys/secret-keys.ts";
import { parseSafeUrl } from "./safe-url.ts";
import { tenantPattern } from "./tenant-name.ts";
import { everyTenant, type TenantSetting } from "./tenants.ts";

export type AuthSetting =
  /** Anyone, without a token. */
  | { readonly mode: "none" }
  | {
      readonly mode: "jwt";
      readonly keys:
        | { readonly kind: "secrets"; readonly secrets: ReadonlyMap<string, Uint8Array> }
        | { readonly kind: "jwks"; readonly url: string };
      readonly issuer: string | undefined;
      readonly audience: string | undefined;
    };

/** The settings that decide who may enter a room. */
export interface GateSettings {
  readonly auth: AuthSetting;
  readonly tenant: TenantSetting;
  /** The application's own decision, after the token was verified. */
  readonly narrow?: Narrow | undefined;
}

type Text = (name: string) => string | undefined;

/**
 * AUTH fails closed: it has no default, and `none` is for loopback or for who says so twice.
 * @param isLocal the request is for a developer's machine.
 */
export function parseAuth(text: Text, isLocal: boolean): Result<AuthSetting, string> {
  const mode = text("AUTH");
  if (mode === undefined) {
    return fail(
      'AUTH is not set. Expected "jwt" (who has a token may chat) or "none" (anyone may; on loopback only), for example AUTH=jwt.',
    );
  }
  if (mode === "jwt") return parseJwt(text);
  if (mode !== "none") return fail('AUTH is not a mode that exists. Expected "jwt" or "none", for example AUTH=jwt.');
  if (!isLocal && text("ALLOW_ANONYMOUS") !== "yes") {
    return fail("AUTH=none lets anyone chat at your cost. Set ALLOW_ANONYMOUS=yes as well if that is what you want.");
  }
  return ok({ mode });
}

function parseJwt(text: Text): Result<AuthSetting, string> {
  const [secrets, url] = [text("AUTH_KEYS"), text("AUTH_JWKS_URL")];
  if ((secrets === undefined) === (url === undefined)) {
    return fail(
      "AUTH_KEYS or AUTH_JWKS_URL is needed with AUTH=jwt, and only one of them. Expected secrets by kid, or a key set's https address, for example AUTH_JWKS_URL=https://id.example.com/.well-known/jwks.json.",
    );
  }
  const [issuer, audience] = [text("AUTH_ISSUER"), text("AUTH_AUDIENCE")];
  if (secrets !== undefined) {
    const parsed = parseSecrets(secrets);
    if (!parsed.ok) {
      return fail(
        `AUTH_KEYS ${parsed.error}. Expected JSON of kid and base64url secret, as "npm run keys -- new AUTH_KEYS" prints it.`,
      );
    }
    return ok({ mode: "jwt", keys: { kind: "secrets", secrets: parsed.value }, issuer, audience });
  }
  const address = parseSafeUrl("AUTH_JWKS_URL", text, "https://id.example.com/.well-known/jwks.json");
  if (!address.ok) return address;
  // Whoever else uses that key set signs tokens with it that are not meant for us (RFC 8725 §3.8, §3.9).
  if (issuer === undefined)
    return fail(
      "AUTH_ISSUER is needed with AUTH_JWKS_URL: the tokens' iss, for example AUTH_ISSUER=https://id.example.com/.",
    );
  if (audience === undefined)
    return fail("AUTH_AUDIENCE is needed with AUTH_JWKS_URL: the tokens' aud, for example AUTH_AUDIENCE=chat.");
  return ok({ mode: "jwt", keys: { kind: "jwks", url: address.value }, issuer, audience });
}

/** `TENANT`: the one tenant's name, or `*` where each room's name begins with its tenant's (S5). */
export function parseTenant(text: Text): Result<TenantSetting, string> {
  const tenant = text("TENANT") ?? "default";
  if (tenant === everyTenant || tenantPattern.test(tenant)) return ok(tenant);
  return fail("TENANT is 1–64 of A–Z a–z 0–9 _ -, or * for rooms named <tenant>.<name>, for example TENANT=acme.");
}
