/** Tests of `parseJson`: what it reads equals `JSON.parse`, and nothing outside of its bounds is read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxJsonDepth, parseJson } from "../../../shared/parse-json.ts";

const plenty = 10_000_000;
const nested = (depth: number, open = "[", close = "]") => open.repeat(depth) + close.repeat(depth);

describe("[S3] parseJson", () => {
  test("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        expect(parseJson(text, plenty)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  test("ignores brackets, quotes and backslashes inside strings", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("[", "{", '"', "\\", "a", "]", "\n"), { maxLength: 300 }), (units) => {
        const value = { text: units.join("") };
        expect(parseJson(JSON.stringify(value), plenty, 1)).toEqual({ ok: true, value });
      }),
    );
  });

  test("refuses what is nested deeper than the bound, and nothing else", () => {
    expect(parseJson(nested(maxJsonDepth), plenty).ok).toBe(true);
    expect(parseJson(nested(maxJsonDepth + 1), plenty)).toEqual({ ok: false, error: "too-deep" });
    expect(parseJson(nested(1_000_000), plenty)).toEqual({ ok: false, error: "too-deep" });
    expect(parseJson(nested(200_000, '{"a":', "}"), plenty)).toEqual({ ok: false, error: "too-deep" });
    expect(parseJson(JSON.stringify(Array.from({ length: 10_000 }, () => ({ a: [] }))), plenty).ok).toBe(true);
  });

  test("counts bytes, not characters", () => {
    expect(parseJson('"é"', 4).ok).toBe(true);
    expect(parseJson('"é"', 3)).toEqual({ ok: false, error: "too-large" });
    expect(parseJson("x".repeat(100), 99)).toEqual({ ok: false, error: "too-large" });
  });

  test("never throws, and its answer quotes nothing of the text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        const parsed = parseJson(text, plenty);
        if (!parsed.ok) expect(["too-large", "too-deep", "not-json"]).toContain(parsed.error);
      }),
    );
  });
});
