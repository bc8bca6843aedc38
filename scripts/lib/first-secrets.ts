// All secrets that a first deploy needs, in the form of `wrangler deploy --secrets-file` and `wrangler secret bulk`: JSON of a secret's
// name and its value. Used by `npm run keys -- new all`.
import { randomBytes } from "node:crypto";
import { newRing, printRing, ringNames } from "./key-ring.ts";

export interface FirstSecrets {
  readonly secrets: Readonly<Record<string, string>>;
  /** What to do with them; holds no secret. */
  readonly advice: readonly string[];
}

export function firstSecrets(now: Date): FirstSecrets {
  const rings = ringNames.map((name) => [name, printRing(newRing(name, now).ring)] as const);
  return {
    secrets: { ...Object.fromEntries(rings), OPERATOR_TOKEN: randomBytes(32).toString("base64url") },
    advice: [
      "Standard output holds all secrets. Send them with the deploy:  npm run deploy -- --secrets-file secrets.json",
      "Store the file where you store secrets. Cloudflare doesn't show a secret again, and rotating a key starts from this file.",
      "Your application signs users' tokens with AUTH_KEYS.",
    ],
  };
}

/** The value of one ring in a text that is either the ring itself or a file of secrets. */
export function ringText(text: string, name: string): string {
  try {
    const value = (JSON.parse(text) as Record<string, unknown> | null)?.[name];
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}
