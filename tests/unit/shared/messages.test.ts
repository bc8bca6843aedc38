/** Every message exists in every language and is found by its code. */
import { describe, expect, test } from "vitest";
import { ERRORS } from "../../../shared/protocol/errors.ts";
import { LOCALES, MESSAGES, messageFor } from "../../../shared/protocol/messages.ts";
import { CLIENT_MESSAGES, ERROR_MESSAGES, NOTICE_MESSAGES } from "../../../shared/protocol/messages-en.ts";

const codes = [...Object.keys(ERROR_MESSAGES), ...Object.keys(NOTICE_MESSAGES), ...Object.keys(CLIENT_MESSAGES)];

test("every error has a message, and every message has its error", () => {
  expect(Object.keys(ERROR_MESSAGES).sort()).toEqual(Object.keys(ERRORS).sort());
});

test("no code has two messages", () => {
  expect(new Set(codes).size).toBe(codes.length);
});

test.each(LOCALES)("every code has a message of its own in %s", (locale) => {
  expect(Object.keys(MESSAGES[locale]).sort()).toEqual(codes.toSorted());
  expect(new Set(Object.values(MESSAGES[locale])).size).toBe(codes.length);
});

describe.each(codes)("%s", (code) => {
  test("is a sentence in English", () => {
    expect(messageFor(code, "en")).toMatch(/^[A-Z][\x20-\x7e–]+\.$/);
  });

  test("is a sentence in Chinese", () => {
    const message = messageFor(code, "zh-CN");
    expect(message).toMatch(/\p{Script=Han}/u);
    expect(message).toMatch(/。$/);
    expect(message).not.toMatch(/[,;!?] |[.]$/);
  });
});

test.each(["brand-new-code", "__proto__", "constructor", "toString"])(
  "the unknown code %s falls back to the message of the frame",
  (code) => {
    expect(messageFor(code, "en", "said the room")).toBe("said the room");
    expect(messageFor(code, "zh-CN")).toBe(code);
  },
);
