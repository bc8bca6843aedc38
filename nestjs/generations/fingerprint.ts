/** A hash of a request's meaning, to notice that one idempotency key is used for two different requests. */
import { createHash } from "node:crypto";

export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value, sortKeys)).digest("base64url");
}

/** Key order is not meaning: two serializers may disagree about it. */
function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
