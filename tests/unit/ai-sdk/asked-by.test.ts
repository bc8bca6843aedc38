/** `askedBy` judges the new question alone: an earlier message can no longer be changed by the user. */
import { describe, expect, test } from "vitest";
import { askedBy } from "../../../shared/ui-messages.ts";

const user = (id: string, ...parts: object[]) => ({ id, role: "user", parts }) as never;
const text = (value: string) => ({ type: "text", text: value });
const file = { type: "file", mediaType: "image/png", url: "data:image/png;base64,AAAA" };

describe("askedBy", () => {
  test.each([file, { type: "source-url", url: "https://a.example" }, { type: "unheard-of" }])(
    "refuses a question with a part that isn't text: %j",
    (part) => {
      expect(askedBy([user("1", text("what is this?"), part)])).toMatchObject({
        ok: false,
        error: "unsupported-content",
      });
    },
  );

  test("takes a plain question after a refused one with an attachment, and passes on the earlier text", () => {
    const asked = askedBy([user("1", text("what is this?"), file), user("2", text("and a plain one"))]);
    expect(asked).toMatchObject({
      ok: true,
      prompt: "and a plain one",
      messages: [
        { role: "user", content: "what is this?" },
        { role: "user", content: "and a plain one" },
      ],
    });
  });

  test("leaves out an earlier question that was an attachment alone", () => {
    expect(askedBy([user("1", file), user("2", text("plain"))])).toMatchObject({
      ok: true,
      messages: [{ role: "user", content: "plain" }],
    });
  });

  test("mends half an emoji, so that both transports make the same turn of it", () => {
    expect(askedBy([user("1", text("cut \uD83D"))])).toMatchObject({ ok: true, prompt: "cut \uFFFD" });
  });
});
