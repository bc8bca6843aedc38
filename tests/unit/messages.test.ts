import { describe, expect, test } from "vitest";
import { ERRORS } from "../../shared/protocol/errors.ts";
import { ERROR_MESSAGES, LOCALES, type Message, messageFor, NOTICE_MESSAGES } from "../../shared/protocol/messages.ts";

const messages: readonly [string, Message][] = [...Object.entries(ERROR_MESSAGES), ...Object.entries(NOTICE_MESSAGES)];

test("every error has a sentence, and no sentence is left of an error that is gone", () => {
  expect(Object.keys(ERROR_MESSAGES).sort()).toEqual(Object.keys(ERRORS).sort());
});

test("no code is both an error's and a notice's", () => {
  expect(Object.keys(NOTICE_MESSAGES).filter((code) => code in ERRORS)).toEqual([]);
});

describe.each(messages)("%s", (_, message) => {
  test("is a sentence in English", () => {
    expect(message.en).toMatch(/^[A-Z][\x20-\x7e–]+\.$/);
  });

  test("is a sentence in Chinese", () => {
    expect(message["zh-CN"]).toMatch(/\p{Script=Han}/u);
    expect(message["zh-CN"]).toMatch(/。$/);
    expect(message["zh-CN"]).not.toMatch(/[,;!?] |[.]$/);
  });
});

describe("messageFor", () => {
  test("knows errors and notices in both languages", () => {
    for (const locale of LOCALES) {
      expect(messageFor("queue-full", locale)).toBe(ERROR_MESSAGES["queue-full"][locale]);
      expect(messageFor("upstream-resuming", locale)).toBe(NOTICE_MESSAGES["upstream-resuming"][locale]);
    }
  });

  test.each(["brand-new-code", "__proto__", "constructor", "toString"])(
    "falls back to what the frame said for %s",
    (code) => {
      expect(messageFor(code, "en", "said the room")).toBe("said the room");
      expect(messageFor(code, "zh-CN")).toBe(code);
    },
  );
});
