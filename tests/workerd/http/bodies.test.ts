/** Tests bodies that no client sends by accident, at every address that takes one: a coded error, never a 500 (S3). */
import { SELF } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { fresh } from "../room/tab.ts";
import { asOperator } from "./operator.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const deepObject = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

/** Each address with a body that it accepts but for `deep`, a JSON value of any depth. */
const doors: readonly [path: string, bodyWith: (deep: string) => string][] = [
  ["/parties/chat/:room/turns", (deep) => `{"input":{"prompt":"hi"},"params":{"a":${deep}}}`],
  ["/parties/chat/:room/turns", (deep) => `{"input":{"prompt":"hi"},"metadata":{"a":${deep}}}`],
  [
    "/api/chat",
    (deep) => `{"id":":room","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":"hi"}]}],"x":${deep}}`,
  ],
  [
    "/api/chat",
    (deep) => `{"id":":room","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":${deep}}]}]}`,
  ],
  ["/chat", (deep) => `{"prompt":"hi","params":{"a":${deep}}}`],
  ["/ops/revoke", (deep) => `{"sub":${deep}}`],
];

function post(path: string, body: string): Promise<Response> {
  const room = fresh("body");
  return SELF.fetch(`http://localhost${path.replace(":room", room)}`, {
    method: "POST",
    headers: { ...asOperator.headers, accept: "application/json" },
    body: body.replace(":room", room),
  });
}

describe.each(doors)("[S3] POST %s", (path, bodyWith) => {
  test.each([
    ["a nested array", nested],
    ["a nested object", deepObject],
  ])("answers %s with 400 or 413, and logs no fault", async (_name, deep) => {
    const faults = vi.spyOn(console, "error");
    for (const depth of [100, 3_000, 200_000]) {
      const response = await post(path, bodyWith(deep(depth)));
      expect([400, 413]).toContain(response.status);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await response.text()).not.toMatch(/RangeError|SyntaxError|\bat \w+ \(/);
    }
    expect(faults).not.toHaveBeenCalled();
    faults.mockRestore();
  });

  test("answers a body over its bound with 400 or 413, whether or not it says its length", async () => {
    const huge = bodyWith(`"${"x".repeat(6 * 1024 * 1024)}"`);
    const declared = await post(path, huge);
    expect([400, 413]).toContain(declared.status);
    await declared.body?.cancel();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const response = SELF.fetch(`http://localhost${path.replace(":room", fresh("body"))}`, {
      method: "POST",
      headers: { ...asOperator.headers, accept: "application/json" },
      body: readable,
    });
    const writer = writable.getWriter();
    // The gateway stops reading at its bound: the rest of the body isn't taken.
    const written = writer.write(new TextEncoder().encode(huge)).then(() => writer.close());
    await written.catch(() => undefined);
    expect([400, 413]).toContain((await response).status);
  });
});
