/** Parses how the gateway shows the backend who is calling: by a token of its own, by the caller's token, or not at all. */
import { fail, ok, type Result } from "../../../shared/result.ts";
import { fromBase64Url, namedTextsIn } from "../../platform/base64url.ts";
import { kidPattern } from "../keys/keys.ts";
import { parseSafeUrl } from "../safe-url.ts";

export type UpstreamAuthSetting =
  /** It does not: the network must see to it. */
  | { readonly mode: "none" }
  /** By the token of whoever asked. It is kept in memory only. */
  | { readonly mode: "forward" }
  /** By a token that we sign for each call. The first key signs; all of them are published. */
  | { readonly mode: "sign"; readonly seeds: ReadonlyMap<string, Uint8Array>; readonly audience: string }
  /** By a token that a service of yours gives us (RFC 6749 §4.4). */
  | { readonly mode: "fetch"; readonly url: string; readonly client: string | undefined };

const defaultAudience = "model-backend";
const seedBytes = 32;

export function parseUpstreamAuth(text: (name: string) => string | undefined): Result<UpstreamAuthSetting, string> {
  const [keys, url] = [text("UPSTREAM_SIGNING_KEYS"), text("UPSTREAM_TOKEN_URL")];
  const auth = text("UPSTREAM_AUTH") ?? (keys === undefined && url === undefined ? "none" : "minted");
  if (auth === "none" || auth === "forward") return parseWithoutKeys(auth, text);
  if (auth !== "minted") {
    return fail("UPSTREAM_AUTH must be one of minted, forward, none, for example UPSTREAM_AUTH=forward.");
  }
  if (keys !== undefined && url !== undefined) {
    return fail(
      "UPSTREAM_TOKEN_URL and UPSTREAM_SIGNING_KEYS are two ways of one thing. Set one of them, for example UPSTREAM_TOKEN_URL=https://id.example.com/token.",
    );
  }
  if (keys !== undefined) {
    const seeds = parseSeeds(keys);
    if (!seeds.ok) {
      return fail(
        `UPSTREAM_SIGNING_KEYS ${seeds.error}. Expected JSON of kid and base64url Ed25519 seed, as "npm run keys -- new UPSTREAM_SIGNING_KEYS" prints it, for example {"2026-11":"<43 characters>"}.`,
      );
    }
    return ok({ mode: "sign", seeds: seeds.value, audience: text("UPSTREAM_AUDIENCE") ?? defaultAudience });
  }
  if (url === undefined) {
    return fail(
      "UPSTREAM_AUTH=minted needs UPSTREAM_SIGNING_KEYS or UPSTREAM_TOKEN_URL, for example UPSTREAM_TOKEN_URL=https://id.example.com/token.",
    );
  }
  const address = parseSafeUrl("UPSTREAM_TOKEN_URL", text, "https://id.example.com/token");
  if (!address.ok) return address;
  return ok({ mode: "fetch", url: address.value, client: text("UPSTREAM_TOKEN_CLIENT") });
}

function parseWithoutKeys(
  mode: "none" | "forward",
  text: (name: string) => string | undefined,
): Result<UpstreamAuthSetting, string> {
  if (mode === "forward" && text("AUTH") !== "jwt") {
    return fail("UPSTREAM_AUTH=forward needs callers with tokens, for example AUTH=jwt.");
  }
  return ok({ mode });
}

function parseSeeds(text: string): Result<ReadonlyMap<string, Uint8Array>, string> {
  const named = namedTextsIn(text);
  if (named === undefined) return fail("is no JSON object of kid and key");
  const seeds = new Map<string, Uint8Array>();
  for (const [kid, seed] of Object.entries(named)) {
    const bytes = fromBase64Url(seed);
    if (!kidPattern.test(kid) || bytes?.length !== seedBytes) {
      return fail(`holds a kid or a key of the wrong form (${seedBytes} bytes each)`);
    }
    seeds.set(kid, bytes);
  }
  return seeds.size === 0 ? fail("holds no key") : ok(seeds);
}
