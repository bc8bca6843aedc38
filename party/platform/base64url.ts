/**
 * Base64url without padding (RFC 4648 §5), and the JSON objects in which settings hold keys. Written without `jose` and `zod`,
 * because settings are parsed on the way to every room: a cold start must not load either where no token is checked (E2).
 */
import { jsonOr } from "../../shared/parse-json.ts";

/** Undefined if the text is not base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    // No number of bytes has an encoding of this length.
    return undefined;
  }
}

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Larger than any secret: Cloudflare limits a secret to 5 KB. */
const maxSettingBytes = 65_536;

/** Parses a JSON object whose values are all strings. Undefined if the text is anything else. */
export function namedTextsIn(text: string): Readonly<Record<string, string>> | undefined {
  const json = jsonOr(text, maxSettingBytes);
  return isNamedTexts(json) ? json : undefined;
}

function isNamedTexts(json: unknown): json is Record<string, string> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false;
  return Object.values(json).every((value) => typeof value === "string");
}
