/** Tests which origins `ALLOWED_ORIGINS` takes, and which requests of pages they match (S2). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAllowedOrigin, isLocalRequest, parseOrigins } from "../../../party/auth/origins.ts";
import { parseConfig } from "../../../party/config/settings.ts";

const gateway = new URL("https://chat.example.com/chat");

function allows(list: string, origin: string): boolean {
  const parsed = parseOrigins(list);
  if (!parsed.ok) throw new Error(parsed.error);
  return isAllowedOrigin(origin, gateway, parsed.value);
}

describe("[S2] an entry of ALLOWED_ORIGINS", () => {
  test.each([
    ["https://app.example.com", "https://app.example.com"],
    ["https://app.example.com/", "https://app.example.com"],
    ["HTTPS://App.Example.com", "https://app.example.com"],
    ["https://app.example.com:443", "https://app.example.com"],
    ["http://localhost:5173", "http://localhost:5173"],
    ["http://[::1]:5173", "http://[::1]:5173"],
    ["capacitor://localhost", "capacitor://localhost"],
    ["ionic://localhost/", "ionic://localhost"],
    ["tauri://localhost", "tauri://localhost"],
    ["app://-", "app://-"],
    ["chrome-extension://aaaabbbbccccddddeeeeffffgggghhhh", "chrome-extension://aaaabbbbccccddddeeeeffffgggghhhh"],
    ["moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc", "moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc"],
    ["https://*.example.org", "https://app.example.org"],
    ["https://*.example.org", "https://a.b.example.org"],
    ["https://one.example, https://two.example", "https://two.example"],
  ])("%s matches a page of %s", (list, origin) => {
    expect(allows(list, origin)).toBe(true);
  });

  test.each([
    ["https://app.example.com", "http://app.example.com"],
    ["https://app.example.com", "https://app.example.com:8443"],
    ["https://app.example.com", "https://app.example.com.evil.example"],
    ["https://*.example.org", "https://example.org"],
    ["https://*.example.org", "https://evilexample.org"],
    ["https://*.example.org", "http://app.example.org"],
    ["https://*.example.org", "https://app.example.org.evil.example"],
    ["https://*.example.org", "https://*.example.org"],
    ["capacitor://localhost", "ionic://localhost"],
    ["capacitor://localhost", "http://localhost"],
    ["https://app.example.com", "null"],
    ["https://app.example.com", ""],
  ])("%s doesn't match a page of %s", (list, origin) => {
    expect(allows(list, origin)).toBe(false);
  });

  test.each(["*", "null", "https://", "app.example.com", "https://app.example.com/path", "https://*", "https://*.com"])(
    "%s is refused with a sentence that names it",
    (list) => {
      const parsed = parseOrigins(list);
      expect(parsed).toMatchObject({ ok: false, error: expect.stringMatching(/^ALLOWED_ORIGINS .*for example/) });
      expect(parsed).toMatchObject({ error: expect.stringContaining(list.split("?")[0] ?? "") });
    },
  );

  test.each(["https://app.*.com", "https://a*.example.com", "https://user@example.com", "https://x.example?q"])(
    "%s is refused",
    (list) => expect(parseOrigins(list).ok).toBe(false),
  );

  test("reaches the settings, and a wrong one is named", () => {
    const env = { AUTH: "none", NEST_BASE: "http://127.0.0.1:1" };
    expect(parseConfig({ ...env, ALLOWED_ORIGINS: "tauri://localhost/" }, "localhost")).toMatchObject({
      ok: true,
      value: { allowedOrigins: ["tauri://localhost"] },
    });
    expect(parseConfig({ ...env, ALLOWED_ORIGINS: "https://*" }, "localhost")).toMatchObject({ ok: false });
  });

  test("never matches an origin of another site, whatever the site is called", () => {
    fc.assert(
      fc.property(fc.webAuthority({ withPort: true }), (authority) => {
        fc.pre(!authority.endsWith("example.org") && !authority.startsWith("chat.example.com"));
        expect(allows("https://*.example.org,capacitor://localhost", `https://${authority}`)).toBe(false);
      }),
    );
  });
});

describe("[S2] the developer's own machine", () => {
  const local = (url: string, headers: Record<string, string> = {}) => isLocalRequest(new Request(url, { headers }));

  test("is a request to loopback that no proxy passed on", () => {
    expect(local("http://localhost:8787/")).toBe(true);
    expect(local("http://127.0.0.1:8787/")).toBe(true);
    expect(local("https://chat.example.com/")).toBe(false);
    for (const name of ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"]) {
      expect(local("http://127.0.0.1:8787/", { [name]: "203.0.113.7" })).toBe(false);
    }
  });
});
