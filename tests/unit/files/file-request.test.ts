/** Tests conditions and ranges of requests for a file (RFC 9110 §13 and §14). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wishOf } from "../../../party/files/file-request.ts";

const storedAt = Date.UTC(2026, 10, 30, 12, 0, 0, 500);
const version = { etag: '"abc"', bytes: 1_000, storedAt };
const wish = (headers: Record<string, string>) => wishOf(new Headers(headers), version);
const range = (offset: number, length: number) => ({ kind: "range", range: { offset, length } });

describe("[F8] a range of a file", () => {
  test.each([
    ["bytes=0-99", range(0, 100)],
    ["bytes=900-", range(900, 100)],
    ["bytes=900-5000", range(900, 100)],
    ["bytes=-100", range(900, 100)],
    ["bytes=-5000", range(0, 1_000)],
    ["bytes=1000-", { kind: "out-of-range" }],
    ["bytes=-0", { kind: "out-of-range" }],
    ["bytes=0-1,5-6", { kind: "whole" }],
    ["bytes=9-1", { kind: "whole" }],
    ["bytes=-", { kind: "whole" }],
    ["lines=1-2", { kind: "whole" }],
  ])("%s is %o", (field, expected) => {
    expect(wish({ range: field })).toEqual(expected);
  });

  test("lies within the file, whatever is asked", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.boolean(), (from, to, isOpen) => {
        const asked = wish({ range: `bytes=${from}-${isOpen ? "" : to}` });
        if (asked.kind !== "range") return;
        expect(asked.range.offset + asked.range.length).toBeLessThanOrEqual(version.bytes);
        expect(asked.range.length).toBeGreaterThan(0);
      }),
    );
  });

  test("of another version is the whole file", () => {
    expect(wish({ range: "bytes=0-9", "if-range": '"other"' })).toEqual({ kind: "whole" });
    expect(wish({ range: "bytes=0-9", "if-range": '"abc"' })).toEqual(range(0, 10));
    expect(wish({ range: "bytes=0-9", "if-range": new Date(storedAt).toUTCString() })).toEqual(range(0, 10));
    expect(wish({ range: "bytes=0-9", "if-range": "yesterday" })).toEqual({ kind: "whole" });
  });
});

describe("[F8] a condition on a file", () => {
  const before = new Date(storedAt - 60_000).toUTCString();
  const same = new Date(storedAt).toUTCString();
  test.each([
    [{ "if-none-match": '"abc"' }, "not-modified"],
    [{ "if-none-match": '"x", W/"abc"' }, "not-modified"],
    [{ "if-none-match": "*" }, "not-modified"],
    [{ "if-none-match": '"x"' }, "whole"],
    [{ "if-none-match": '"x"', "if-modified-since": same }, "whole"],
    [{ "if-modified-since": same }, "not-modified"],
    [{ "if-modified-since": before }, "whole"],
    [{ "if-modified-since": "never" }, "whole"],
    [{ "if-match": '"x"' }, "changed"],
    [{ "if-match": '"x", "abc"' }, "whole"],
    [{ "if-match": 'W/"abc"' }, "changed"],
    [{ "if-unmodified-since": before }, "changed"],
    [{ "if-unmodified-since": same }, "whole"],
    [{ "if-unmodified-since": "never" }, "whole"],
  ])("%o gives %s", (headers, kind) => {
    expect(wish(headers as unknown as Record<string, string>).kind).toBe(kind);
  });
});
