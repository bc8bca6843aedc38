/** What a question may be made of, and which bound it breaks. */
import { describe, expect, test } from "vitest";
import { fileAddressOf } from "../../../shared/file-address.ts";
import { parseClientFrame } from "../../../shared/protocol/codec.ts";
import { maxDataUrlBytes, maxFrameBytes, maxQuestionParts, maxSubmitBytes } from "../../../shared/protocol/limits.ts";

const text = { type: "text", text: "what is this?" };
const file = (url: string, more: object = {}) => ({ type: "file", mediaType: "image/png", url, ...more });
const dataUrl = (bytes: number) => `data:image/png;base64,${"A".repeat(bytes - 22)}`;

function problemOf(input: object) {
  const parsed = parseClientFrame(JSON.stringify({ type: "turn-submit", turnId: "t", input }));
  return parsed.ok ? undefined : parsed.error;
}

describe("[T7] an address of a file", () => {
  test.each([
    ["https://a.example/b.png?c=d#e", "https"],
    ["HTTPS://a.example", "https"],
    ["https://[2001:db8::1]:8443/x", "https"],
    ["http://a.example/b.png", "http"],
    ["http://10.0.0.7/b.png", "http"],
    ["http://127.0.0.1:8787/parties/chat/r/files/f", "loopback"],
    ["http://localhost/b", "loopback"],
    ["/parties/chat/r/files/f?e=1", "path"],
    ["data:image/png;base64,AAAA", "data"],
    ["data:text/plain;charset=utf-8,hi%20there", "data"],
  ])("%s is of the kind %s", (url, kind) => {
    expect(fileAddressOf(url)).toBe(kind);
  });

  test.each([
    "",
    "b.png",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "blob:https://a.example/1",
    "ftp://a.example/b",
    "data:,hi",
    "data:;base64,AAAA",
    "data:image/png",
    "//a.example/b.png",
    "/\\a.example/b.png",
    "https:/a.example",
    "https://",
    "https://user:secret@a.example/b",
    "https://localhost\\@a.example/",
    "http://127.0.0.1@a.example/",
    " https://a.example",
    "https://a.example/a b",
    "https://a.example/a\nb",
    "java\tscript:alert(1)",
  ])("%j is none", (url) => {
    expect(fileAddressOf(url)).toBeUndefined();
    expect(problemOf({ parts: [text, file(url)] })?.code).toBe("unsupported-content");
  });
});

describe("[T7] a question of parts", () => {
  test.each<[string, object[]]>([
    ["text alone", [text]],
    ["a file alone", [file("https://a.example/b.png")]],
    ["data alone", [{ type: "data-place", id: "p", data: null }]],
    ["fields of a newer version", [{ ...text, providerMetadata: { a: { b: 1 } } }, file("/f", { detail: "high" })]],
    ["as many parts as it may have", Array.from({ length: maxQuestionParts }, () => text)],
    [
      "as many bytes of data URLs as it may have",
      [text, file(dataUrl(maxDataUrlBytes / 2)), file(dataUrl(maxDataUrlBytes / 2))],
    ],
  ])("may be %s", (_, parts) => {
    expect(problemOf({ parts })).toBeUndefined();
    const messages = [
      { role: "user", content: "x", parts },
      { role: "user", content: "y" },
    ];
    expect(problemOf({ messages })).toBeUndefined();
  });

  test.each<[string, string, RegExp, unknown]>([
    ["no part", "unsupported-content", /needs some text/, []],
    ["blanks alone", "unsupported-content", /needs some text/, [{ type: "text", text: " \n" }]],
    ["no list", "unsupported-content", /list/, "hi"],
    ["a part without a type", "unsupported-content", /Part 2 isn't/, [text, {}]],
    ["a part of another type", "unsupported-content", /Part 1 isn't/, [{ type: "tool-x", toolCallId: "c" }]],
    ["a file without a media type", "unsupported-content", /mediaType/, [{ type: "file", url: "https://a.example" }]],
    [
      "too many parts",
      "prompt-too-large",
      /at most 32 parts/,
      Array.from({ length: maxQuestionParts + 1 }, () => text),
    ],
    [
      "too many bytes of data URLs",
      "prompt-too-large",
      /at most 458752 bytes together/,
      [file(dataUrl(maxDataUrlBytes - 10)), file(dataUrl(32))],
    ],
    [
      "too much text",
      "prompt-too-large",
      /at most 65536 bytes beside/,
      [{ type: "text", text: "x".repeat(maxFrameBytes) }, file(dataUrl(1_000))],
    ],
  ])("with %s is refused for its content, and the session stays", (_, code, detail, parts) => {
    expect(problemOf({ parts })).toMatchObject({ code, turnId: "t", detail: expect.stringMatching(detail) });
  });

  test("is never quoted in what is said about it", () => {
    const secret = "swordfish";
    const problems = [
      problemOf({ parts: [{ type: secret }] }),
      problemOf({ parts: [file(`javascript:${secret}`)] }),
      problemOf({ messages: [{ role: "user", content: "x", parts: [{ type: secret }] }] }),
    ];
    expect(problems.map((problem) => problem?.code)).toEqual(Array(3).fill("unsupported-content"));
    expect(JSON.stringify(problems)).not.toContain(secret);
  });

  test("[S2] a frame beyond the largest submit is refused unread, and so is a larger frame of another type", () => {
    const refused = (frame: string) => parseClientFrame(frame);
    expect(refused("x".repeat(maxSubmitBytes + 1))).toMatchObject({ error: { code: "frame-too-large" } });
    const refresh = JSON.stringify({ type: "token-refresh", token: "x".repeat(maxFrameBytes) });
    expect(refused(refresh)).toMatchObject({ error: { code: "frame-too-large" } });
  });
});
