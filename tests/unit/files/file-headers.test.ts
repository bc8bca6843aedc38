/** Tests how an uploaded file is named and shown (F8). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileHeaders, filenameIn } from "../../../party/files/file-headers.ts";

describe("[F8] a served file", () => {
  test.each([
    "image/svg+xml",
    "text/html",
    "application/xml",
    "application/xhtml+xml",
    "application/pdf",
    "text/csv",
    "x/y",
  ])("of type %s is a download", (type) =>
    expect(fileHeaders(type, "a.b")["content-disposition"]).toMatch(/^attachment; /),
  );

  test.each(["image/png", "image/jpeg", "video/mp4", "audio/mpeg", "text/plain"])("of type %s is shown", (type) => {
    expect(fileHeaders(type, undefined)["content-disposition"]).toBe("inline");
  });

  test("runs nothing and is framed by nobody, whatever its type is", () => {
    expect(fileHeaders("text/html", undefined)["content-security-policy"]).toBe(
      "default-src 'none'; frame-ancestors 'none'; sandbox",
    );
  });

  test("has a name that no header can be broken with", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const headers = new Headers(fileHeaders("image/png", name));
        expect(headers.get("content-disposition")).toMatch(
          /^inline; filename="[^"\\]*"; filename\*=UTF-8''[\w.!~%*'()-]*$/,
        );
      }),
    );
  });
});

describe("[F8] the name of an upload", () => {
  test.each([
    ['attachment; filename="cat.png"', "cat.png"],
    ["attachment; filename=cat.png", "cat.png"],
    [`attachment; filename="x.png"; filename*=UTF-8''%E7%8C%AB.png`, "猫.png"],
    [`attachment; filename="..\\\\..\\\\evil.exe"`, "evil.exe"],
    [`attachment; filename="/etc/passwd"`, "passwd"],
    [`attachment; filename="a\\"b.png"`, 'a"b.png'],
    [`attachment; filename*=UTF-8''a%0d%0ab%e2%80%ae.png`, "ab.png"],
    [`attachment; filename*=UTF-8''%zz; filename="ok.png"`, "ok.png"],
    ['attachment; filename=".."', undefined],
    ["attachment", undefined],
    [null, undefined],
  ])("in %s is %s", (field, name) => {
    expect(filenameIn(field)).toBe(name);
  });

  test("is at most 200 units and well formed, whatever is sent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => {
        const name = filenameIn(`attachment; filename="${text}"`) ?? "";
        expect(name.length).toBeLessThanOrEqual(200);
        expect(name.isWellFormed()).toBe(true);
        expect(name).not.toMatch(/[\\/\p{Cc}]/u);
      }),
    );
  });
});
