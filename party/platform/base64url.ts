/** Base64url without padding (RFC 4648 §5), and JSON that may be none: how keys are written down. Without zod: see `config.ts`. */
import { jsonOr } from "../../shared/parse-json.ts";

/** Undefined for what is not base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    // A length that no bytes have.
    return undefined;
  }
}

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** A secret of the platform has at most 5 KB. */
const maxSettingBytes = 65_536;

/** A JSON object of strings by name; undefined for what is none. */
export function namedTextsIn(text: string): Readonly<Record<string, string>> | undefined {
  const json = jsonOr(text, maxSettingBytes);
  return isNamedTexts(json) ? json : undefined;
}

function isNamedTexts(json: unknown): json is Record<string, string> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false;
  return Object.values(json).every((value) => typeof value === "string");
}
