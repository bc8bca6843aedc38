/** Tests signed addresses of files (F8): good for one file of one room, until they expire. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SecretSettings } from "../../../party/auth/sealing-keys.ts";
import { type FileSeal, fileSealOf } from "../../../party/files/file-seal.ts";

const hour = 3_600_000;
const now = Date.UTC(2026, 10, 30, 12, 34);
const id = "file0123456789abcdef";

function settings(...secrets: Uint8Array[]): SecretSettings {
  const keys = { kind: "secrets" as const, secrets: new Map(secrets.map((secret, index) => [`k${index}`, secret])) };
  return {
    auth: { mode: "jwt", keys, issuer: undefined, audience: undefined },
    upstreamAuth: { mode: "none" },
    operatorToken: undefined,
  };
}

async function sealOf(config: SecretSettings): Promise<FileSeal> {
  const seal = await fileSealOf(config);
  if (seal === undefined) throw new Error("no key");
  return seal;
}

const [key, next] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const queryOf = (url: string) => new URL(url).searchParams;

describe("[F8] a signed address", () => {
  test("opens its file in its room until it expires, at least an hour and at most two", async () => {
    const seal = await sealOf(settings(key));
    const { url, expiresAt, freshUntil } = await seal.sign("lobby", id, "https://chat.example.com", now, hour);
    expect(url).toMatch(
      new RegExp(`^https://chat.example.com/parties/chat/lobby/files/${id}\\?until=[0-9a-z]+&sig=[\\w-]{22}$`),
    );
    expect(expiresAt - now).toBeGreaterThanOrEqual(hour);
    expect(expiresAt - now).toBeLessThanOrEqual(2 * hour);
    expect(expiresAt - freshUntil).toBe(hour);
    expect(await seal.check("lobby", id, queryOf(url), expiresAt - 1)).toBe("good");
    expect(await seal.check("lobby", id, queryOf(url), expiresAt)).toBe("expired");
  });

  test("stays the same until it is due for renewal", async () => {
    const seal = await sealOf(settings(key));
    const first = await seal.sign("lobby", id, "", now, hour);
    expect(await seal.sign("lobby", id, "", first.freshUntil - 1, hour)).toEqual(first);
    expect((await seal.sign("lobby", id, "", first.freshUntil, hour)).url).not.toBe(first.url);
  });

  test("opens no other room and no other file, and not for longer", async () => {
    const seal = await sealOf(settings(key));
    const query = queryOf((await seal.sign("lobby", id, "https://c", now, hour)).url);
    expect(await seal.check("lobby2", id, query, now)).toBe("forged");
    expect(await seal.check("lobby", `${id}0`, query, now)).toBe("forged");
    query.set("until", "zzzzzzz");
    expect(await seal.check("lobby", id, query, now)).toBe("forged");
  });

  test("that is made up or malformed opens nothing", async () => {
    const seal = await sealOf(settings(key));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), async (until, sig) => {
        expect(await seal.check("lobby", id, new URLSearchParams({ until, sig }), now)).toBe("forged");
      }),
    );
  });

  test("outlives a rotation of the key, and ends when the key is taken out", async () => {
    const query = queryOf((await (await sealOf(settings(key))).sign("lobby", id, "https://c", now, hour)).url);
    expect(await (await sealOf(settings(next, key))).check("lobby", id, query, now)).toBe("good");
    expect(await (await sealOf(settings(next))).check("lobby", id, query, now)).toBe("forged");
  });

  test("needs a secret, unless nobody needs a token", async () => {
    const jwks: SecretSettings = {
      ...settings(),
      auth: { mode: "jwt", keys: { kind: "jwks", url: "https://id.example.com" }, issuer: "i", audience: "a" },
    };
    expect(await fileSealOf(jwks)).toBeUndefined();
    expect(await fileSealOf({ ...jwks, operatorToken: "x".repeat(32) })).toBeDefined();
    expect(await fileSealOf({ ...jwks, auth: { mode: "none" } })).toBeDefined();
  });
});
