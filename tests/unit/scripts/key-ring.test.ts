/** `npm run keys`: what it prints goes to the gateway as it is, so the gateway reads it here. */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSecrets } from "../../../party/auth/keys/secret-keys.ts";
import { parseUpstreamAuth } from "../../../party/auth/upstream-auth/upstream-auth-settings.ts";
import { listRing, newRing, parseRing, printRing, retireRing, rotateRing } from "../../../scripts/lib/key-ring.ts";

const now = new Date("2026-11-23T10:00:00Z");

describe("a rotation of AUTH_KEYS", () => {
  const first = newRing("AUTH_KEYS", now, "old");
  const both = rotateRing("AUTH_KEYS", parseRing(printRing(first.ring)), now, "next");
  const last = retireRing("AUTH_KEYS", parseRing(printRing(both.ring)), "old");

  test("goes over a value in which both keys are good", () => {
    const kids = [first, both, last].map(({ ring }) => {
      const parsed = parseSecrets(printRing(ring));
      return parsed.ok ? [...parsed.value.keys()] : parsed.error;
    });
    expect(kids).toEqual([["old"], ["old", "next"], ["next"]]);
  });

  test("says where the value goes, what stays good, and when to go on; and never a key", () => {
    const advice = [first, both, last].flatMap((change) => change.advice).join("\n");
    expect(advice).toContain("npx wrangler secret put AUTH_KEYS");
    expect(advice).toContain("old stays good; retire each an hour after");
    expect(advice).toContain("signed with old are refused from then on; good: next");
    for (const { ring } of [first, both, last]) for (const key of ring.values()) expect(advice).not.toContain(key);
  });
});

test("a rotation of UPSTREAM_SIGNING_KEYS signs with the new key and publishes both", () => {
  const { ring, advice } = rotateRing(
    "UPSTREAM_SIGNING_KEYS",
    newRing("UPSTREAM_SIGNING_KEYS", now, "old").ring,
    now,
    "next",
  );
  const parsed = parseUpstreamAuth((name) => (name === "UPSTREAM_SIGNING_KEYS" ? printRing(ring) : undefined));
  expect(parsed.ok && parsed.value.mode === "sign" && [...parsed.value.seeds.keys()]).toEqual(["next", "old"]);
  expect(listRing("UPSTREAM_SIGNING_KEYS", ring)).toEqual(["next  signs", "old  published"]);
  expect(advice.join("\n")).toContain("retire them after 2026-11-23T10:11:00.000Z");
});

test("nobody is locked out by mistake", () => {
  const { ring } = newRing("AUTH_KEYS", now, "only");
  expect(() => retireRing("AUTH_KEYS", ring, "only")).toThrow("rotate first");
  expect(() => retireRing("AUTH_KEYS", ring, "other")).toThrow("there are: only");
  expect(() => rotateRing("AUTH_KEYS", ring, now, "only")).toThrow("already");
  expect(() => newRing("AUTH_KEYS", now, "a b")).toThrow("kid");
  for (const text of ["", "[]", '{"k":"short"}', '{"k":7}']) expect(() => parseRing(text)).toThrow();
});

describe("the command", () => {
  const script = join(import.meta.dirname, "../../../scripts/keys.ts");
  const keys = (args: string[], input = "") =>
    spawnSync(process.execPath, [script, ...args], { input, encoding: "utf8" });

  test("prints the value alone on standard output, and takes it back on standard input", () => {
    const made = keys(["new", "AUTH_KEYS", "--kid", "a"]);
    expect(Object.keys(JSON.parse(made.stdout))).toEqual(["a"]);
    expect(made.stderr).toContain("wrangler secret put AUTH_KEYS");
    const rotated = execFileSync(process.execPath, [script, "rotate", "AUTH_KEYS", "--kid", "b"], {
      input: made.stdout,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
    });
    expect(Object.keys(JSON.parse(rotated))).toEqual(["a", "b"]);
    expect(keys(["list", "AUTH_KEYS"], rotated).stdout).toBe("a  accepted\nb  accepted\n");
    expect(Object.keys(JSON.parse(keys(["retire", "AUTH_KEYS", "a"], rotated).stdout))).toEqual(["b"]);
  });

  test("says how it is used, and fails, for what it does not know", () => {
    for (const args of [[], ["new"], ["new", "OTHER"], ["forget", "AUTH_KEYS"], ["retire", "AUTH_KEYS"]]) {
      const { status, stderr, stdout } = keys(args, '{"a":"0123456789012345678901234567890123456789012"}');
      expect(status, args.join(" ")).toBe(1);
      expect(stderr).not.toBe("");
      expect(stdout).toBe("");
    }
  });
});
