/** Checks that what `npm run keys -- new all` prints configures a gateway, and that `keys -- token` opens a room on it. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Gate } from "../../../party/auth/authorize.ts";
import { parseConfig } from "../../../party/config/settings.ts";
import { clientToken } from "../../../scripts/lib/client-token.ts";
import { firstSecrets, ringText } from "../../../scripts/lib/first-secrets.ts";
import { parseRing } from "../../../scripts/lib/key-ring.ts";

const script = join(import.meta.dirname, "../../../scripts/keys.ts");
const keys = (args: string[], input = "") =>
  execFileSync(process.execPath, [script, ...args], { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });

function gateFor(secrets: Readonly<Record<string, string>>): Gate {
  const env = { AUTH: "jwt", NEST_BASE: "https://backend.example.com", ...secrets };
  const config = parseConfig(env, "chat.example.com");
  if (!config.ok) throw new Error(config.error);
  return new Gate(config.value, undefined);
}

test("the printed secrets configure a gateway, and a printed token opens a room on it", async () => {
  const printed = keys(["new", "all"]);
  const secrets = JSON.parse(printed) as Record<string, string>;
  expect(Object.keys(secrets)).toEqual(["AUTH_KEYS", "UPSTREAM_SIGNING_KEYS", "OPERATOR_TOKEN"]);
  expect(secrets["OPERATOR_TOKEN"]?.length).toBeGreaterThanOrEqual(32);
  const token = keys(["token"], printed).trim();
  const principal = await gateFor(secrets).admit(token, "doctor-1");
  expect(principal).toMatchObject({ ok: true });
});

test("a token names one room where it is asked to", async () => {
  const { secrets } = firstSecrets(new Date());
  const ring = parseRing(ringText(JSON.stringify(secrets), "AUTH_KEYS"));
  const token = clientToken(ring, { room: "lobby", subject: "alice", now: new Date(), lifeSeconds: 900 });
  const gate = gateFor(secrets);
  expect(await gate.admit(token, "lobby")).toMatchObject({ ok: true });
  expect(await gate.admit(token, "other")).toMatchObject({ ok: false, error: { code: "room-forbidden" } });
});

test("a rotation accepts the file of all secrets", () => {
  const rotated = JSON.parse(keys(["rotate", "AUTH_KEYS", "--kid", "next"], keys(["new", "all"]))) as object;
  expect(Object.keys(rotated)).toHaveLength(2);
  expect(Object.keys(rotated)).toContain("next");
});

test("advice about the secrets contains none of them", () => {
  const { secrets, advice } = firstSecrets(new Date());
  const values = Object.values(secrets).flatMap((value) => value.match(/[\w-]{43,}/g) ?? []);
  expect(values).toHaveLength(3);
  for (const value of values) expect(advice.join("\n")).not.toContain(value);
});
