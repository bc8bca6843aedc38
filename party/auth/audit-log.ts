/**
 * What an auditor asks later: which key signed what, who was let in with which token, who revoked, drained and erased. One
 * kind of log line, `audit`, with who did it and when; written once and never changed. It holds ids of keys and tokens,
 * never keys and tokens.
 */

import { toBase64Url } from "../platform/base64url.ts";
import { reportAudit, reportFault } from "../telemetry/reporter.ts";
import type { KeyEvent } from "./keys/keys.ts";
import type { AuthSetting } from "./settings.ts";
import type { UpstreamTokenEvent } from "./upstream-auth/upstream-auth.ts";
import type { UpstreamAuthSetting } from "./upstream-auth/upstream-auth-settings.ts";

/** `actor` is `gateway`, `operator`, or the `sub` of a token. */
export type AuditEvent =
  /** This isolate runs with these settings: a digest of all that is no secret, and the ids of the keys. */
  | { readonly name: "configuration"; readonly fingerprint: string; readonly kids: readonly string[] }
  | Exclude<KeyEvent, { name: "keys-unread" }>
  | UpstreamTokenEvent
  /** A question became a generation. The actor is its subject; room and turn are absent for the bridge, which has neither. */
  | {
      readonly name: "generation";
      readonly room?: string;
      readonly turnId?: string;
      readonly tenant?: string;
      readonly generationId: string;
      readonly tokenId?: string;
    }
  /** Open calls of a turn were answered: ids and decisions, and nothing of their contents. */
  | {
      readonly name: "answered";
      readonly room: string;
      readonly turnId: string;
      readonly continues: string;
      readonly answers: readonly { readonly kind: string; readonly callId: string; readonly approved?: boolean }[];
      readonly tokenId?: string;
    }
  | { readonly name: "revoked"; readonly tenant: string; readonly sub?: string; readonly tokenId?: string }
  | { readonly name: "drained"; readonly room: string }
  /** Turns were removed, and their answers with them, because an edit or a regenerate replaced them. */
  | {
      readonly name: "replaced";
      readonly room: string;
      readonly turnIds: readonly string[];
      readonly tokenId?: string;
    }
  | { readonly name: "uploaded"; readonly room: string; readonly fileId: string }
  | { readonly name: "cleared"; readonly room: string; readonly tokenId?: string }
  | { readonly name: "erased"; readonly room: string; readonly tokenId?: string };

export function audit(actor: string, { name, ...facts }: AuditEvent): void {
  reportAudit({ event: name, at: new Date().toISOString(), actor, actorKind: kindOf(name), ...facts });
}

/** Decided by the act, never by the actor's name: a token's `sub` may be `operator` or `gateway`, too. */
function kindOf(name: AuditEvent["name"]): "gateway" | "operator" | "client" {
  if (name === "revoked" || name === "drained") return "operator";
  return clientActs.has(name) ? "client" : "gateway";
}

const clientActs: ReadonlySet<AuditEvent["name"]> = new Set([
  "generation",
  "answered",
  "replaced",
  "uploaded",
  "cleared",
  "erased",
]);

/** What happens to keys of clients, for the log. */
export function auditKey(event: KeyEvent): void {
  if (event.name === "keys-unread") reportFault("keys", event.cause);
  else audit("gateway", event);
}

/** The whole configuration. The audit names the fields it looks into; the fingerprint covers all of them. */
interface AuditedSettings {
  readonly auth: AuthSetting;
  readonly upstreamAuth: UpstreamAuthSetting;
}

const announced = new WeakSet<AuditedSettings>();

/** Tells once which settings this isolate runs with. Two of one fingerprint differ in secrets of the same names at most. */
export async function auditConfiguration(config: AuditedSettings): Promise<void> {
  if (announced.has(config)) return;
  announced.add(config);
  const { auth, upstreamAuth } = config;
  const accepted = auth.mode === "jwt" && auth.keys.kind === "secrets" ? [...auth.keys.secrets.keys()] : [];
  const signing = upstreamAuth.mode === "sign" ? [...upstreamAuth.seeds.keys()] : [];
  const text = JSON.stringify({ accepted, signing, ...config }, (name, value: unknown) => withoutSecret(name, value));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const fingerprint = toBase64Url(new Uint8Array(digest)).slice(0, 16);
  audit("gateway", { name: "configuration", fingerprint, kids: [...accepted, ...signing] });
}

/** Not even a digest is made of a secret: of a short one it would tell what it is. */
function withoutSecret(name: string, value: unknown): unknown {
  if (value instanceof Map) return [...value.keys()];
  return (name === "operatorToken" || name === "client") && value !== undefined ? "set" : value;
}
