/** What the audit log says of a configuration, and what it never says. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { audit, auditConfiguration } from "../../../party/auth/audit-log.ts";
import { parseConfig, type Variables } from "../../../party/config/settings.ts";
import { base64url } from "./tokens.ts";

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, "info").mockImplementation((line: string) => lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

const secret = (byte: number) => base64url(new Uint8Array(32).fill(byte));
const env = {
  AUTH: "jwt",
  AUTH_KEYS: JSON.stringify({ a: secret(1), b: secret(2) }),
  UPSTREAM_SIGNING_KEYS: JSON.stringify({ s: secret(3) }),
  OPERATOR_TOKEN: "operator-secret",
  NEST_BASE: "http://127.0.0.1:8788",
};

async function audited(more: Variables = {}): Promise<{ fingerprint: string; kids: string[] }> {
  const config = parseConfig({ ...env, ...more }, "localhost");
  if (!config.ok) throw new Error(config.error);
  await auditConfiguration(config.value);
  await auditConfiguration(config.value);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines.pop() ?? "");
}

test("a configuration is told once, with its kids, actor and time", async () => {
  expect(await audited()).toMatchObject({
    name: "audit",
    event: "configuration",
    actor: "gateway",
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    kids: ["a", "b", "s"],
  });
});

test("the fingerprint changes with a setting or a kid, not with a secret's content, and nothing of a secret is in it", async () => {
  const { fingerprint } = await audited();
  expect((await audited()).fingerprint).toBe(fingerprint);
  expect((await audited({ MAX_ATTEMPTS: "2" })).fingerprint).not.toBe(fingerprint);
  expect((await audited({ AUTH_KEYS: JSON.stringify({ a: secret(1) }) })).fingerprint).not.toBe(fingerprint);
  expect((await audited({ OPERATOR_TOKEN: undefined })).fingerprint).not.toBe(fingerprint);
  expect((await audited({ OPERATOR_TOKEN: "another" })).fingerprint).toBe(fingerprint);
  expect((await audited({ AUTH_KEYS: JSON.stringify({ a: secret(7), b: secret(8) }) })).fingerprint).toBe(fingerprint);
});

test.each(["operator", "gateway"])("a token whose sub is %s is a client in the log", (sub) => {
  audit(sub, { name: "cleared", room: "lobby" });
  audit("operator", { name: "drained", room: "lobby" });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { actor: sub, actorKind: "client" },
    { actor: "operator", actorKind: "operator" },
  ]);
});
