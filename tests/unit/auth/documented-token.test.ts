/** Runs the token sample of docs/security.md, and shows the token to a gateway with default settings. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { Gate } from "../../../party/auth/authorize.ts";
import { parseConfig } from "../../../party/config/settings.ts";
import { base64url, secret } from "./tokens.ts";

const doc = readFileSync(join(import.meta.dirname, "../../../docs/security.md"), "utf8");
const sample = /```ts\n([\s\S]*?new SignJWT[\s\S]*?)```/.exec(doc)?.[1] ?? "";

/** The sample as a function of the names that it leaves to its reader. */
async function tokenOfSample(): Promise<string> {
  const body = `${sample.replace(/^import .*$/gm, "")}\nreturn token;`;
  const AsyncFunction = (async () => undefined).constructor as new (
    ...text: string[]
  ) => (...values: unknown[]) => Promise<string>;
  return new AsyncFunction("SignJWT", "secret", "user", body)(SignJWT, secret, { id: "alice" });
}

test("[S6] the token sample of docs/security.md opens its room on a gateway with default settings", async () => {
  const kid = /kid: "([^"]+)"/.exec(sample)?.[1] ?? "";
  const env = {
    AUTH: "jwt",
    AUTH_KEYS: JSON.stringify({ [kid]: base64url(secret) }),
    NEST_BASE: "http://127.0.0.1:8788",
  };
  const config = parseConfig(env, "chat.example.com");
  if (!config.ok) throw new Error(config.error);
  const gate = new Gate(config.value, undefined);
  const token = await tokenOfSample();
  expect(await gate.admit(token, "lobby")).toMatchObject({
    ok: true,
    value: { sub: "alice", tenant: "default", scopes: ["read", "write"] },
  });
  expect(await gate.admit(token, "another")).toMatchObject({ ok: false, error: { code: "room-forbidden" } });
});
