/** Tests that the type of a file is what its first bytes say (F8). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mediaTypeOf } from "../../../party/files/media-type.ts";

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const utf8 = (text: string) => new TextEncoder().encode(text);
const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** The begin of a ZIP archive whose first entry has this name and content, stored. */
function zip(name: string, content = ""): Uint8Array {
  const header = hex("504b03040a000000000000000000000000000000000000000000");
  return Uint8Array.from([...header, name.length, 0, 0, 0, ...bytes(name), ...bytes(content)]);
}

const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

describe("[F8] the type of a file", () => {
  test.each([
    ["image/png", hex("89504e470d0a1a0a0000")],
    ["image/jpeg", hex("ffd8ffe000104a464946")],
    ["image/gif", bytes("GIF89a\x01\x00")],
    ["image/webp", bytes("RIFF\x00\x01\x00\x00WEBPVP8 ")],
    ["image/avif", bytes("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00")],
    ["image/heic", bytes("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00")],
    ["video/mp4", bytes("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00")],
    ["audio/mp4", bytes("\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00")],
    ["video/webm", hex("1a45dfa39f4286810142f78101")],
    ["audio/mpeg", hex("4944330400000000")],
    ["audio/wav", bytes("RIFF\x00\x01\x00\x00WAVEfmt ")],
    ["application/pdf", bytes("%PDF-1.7\n%\xe2\xe3")],
    ["application/zip", zip("evil.exe", "MZ")],
  ])("is %s by its bytes, whatever the client says", (type, head) => {
    for (const declared of ["", "text/html", "application/octet-stream", docx])
      expect(mediaTypeOf(head, declared)).toBe(type);
  });

  test.each([
    ["text/html", "<!DOCTYPE html><p>hi"],
    ["text/html", "  \n<script>alert(1)</script>"],
    ["text/html", "\ufeff<HTML>"],
    ["image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ["image/svg+xml", '<?xml version="1.0"?><!-- hi --><svg/>'],
    ["application/xml", '<?xml version="1.0"?><note/>'],
  ])("is %s for markup, so that it is never shown", (type, text) => {
    for (const declared of ["text/plain", "image/png", "application/json"]) {
      expect(mediaTypeOf(utf8(text), declared)).toBe(type);
    }
  });

  test.each([
    ["text/csv", "text/csv; charset=utf-8", "a,b\n1,2"],
    ["text/markdown", "text/markdown", "# Hi"],
    ["application/json", "application/json", '{"a":1}'],
    ["text/plain", "image/png", "hello"],
    ["text/plain", "not a type", "BMW and ID3 are words"],
    ["text/plain", "text/plain", "ID3 is a word"],
    ["text/html", "text/html", "no tag at all"],
  ])("is %s for text that is said to be %s", (type, declared, text) => {
    expect(mediaTypeOf(utf8(text), declared)).toBe(type);
  });

  test.each([
    [docx, docx, zip("[Content_Types].xml")],
    ["application/zip", docx, zip("readme.txt")],
    ["application/zip", "application/pdf", zip("[Content_Types].xml")],
    ["application/vnd.oasis.opendocument.text", "", zip("mimetype", "application/vnd.oasis.opendocument.textPK")],
    ["application/epub+zip", docx, zip("mimetype", "application/epub+zipPK")],
  ])("is %s for an archive that is said to be %s", (type, declared, head) => {
    expect(mediaTypeOf(head, declared)).toBe(type);
  });

  test("is application/octet-stream for bytes that are neither known nor text", () => {
    for (const head of [hex("4d5a90000300"), hex("7f454c4602010100"), hex("00"), hex("c328")]) {
      expect(mediaTypeOf(head, "image/png")).toBe("application/octet-stream");
    }
  });

  test("of text whose last character is cut is still a text's", () => {
    expect(mediaTypeOf(utf8("héllo wörld ü").slice(0, -1), "text/markdown")).toBe("text/markdown");
  });

  test("of any bytes is a media type that a header can hold", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "binary" }), (head, declared) => {
        expect(mediaTypeOf(head, declared)).toMatch(/^[a-z]+\/[a-z0-9!#$&^_.+-]+$/);
      }),
    );
  });
});
