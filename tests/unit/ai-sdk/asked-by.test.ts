/** `askedBy` judges the new question alone: an earlier message can no longer be changed by the user. */
import { describe, expect, test } from "vitest";
import { askedBy } from "../../../shared/ui-messages.ts";

const user = (id: string, ...parts: object[]) => ({ id, role: "user", parts }) as never;
const text = (value: string) => ({ type: "text", text: value });
const file = { type: "file", mediaType: "image/png", url: "data:image/png;base64,AAAA" };

describe("askedBy", () => {
  test.each([{ type: "source-url", url: "https://a.example" }, { type: "unheard-of" }])(
    "refuses a question with a part that isn't text, a file or data: %j",
    (part) => {
      expect(askedBy([user("1", text("what is this?"), part)])).toMatchObject({
        ok: false,
        error: "unsupported-content",
      });
    },
  );

  test("takes a question with files and data as the parts that it has, in their order", () => {
    const parts = [file, text("what is this?"), { type: "data-place", data: { at: 3 } }];
    expect(askedBy([user("1", ...parts)])).toMatchObject({
      ok: true,
      input: { parts },
      messages: [{ role: "user", content: "what is this?", parts }],
    });
    expect(askedBy([user("1", file)])).toMatchObject({ ok: true, input: { parts: [file] } });
  });

  test("passes on an earlier question with its files, and leaves out its parts that no question has", () => {
    const earlier = user("1", text("what is this?"), file, { type: "unheard-of" });
    expect(askedBy([earlier, user("2", text("and a plain one"))])).toMatchObject({
      ok: true,
      input: { prompt: "and a plain one" },
      messages: [
        { role: "user", content: "what is this?", parts: [text("what is this?"), file] },
        { role: "user", content: "and a plain one" },
      ],
    });
  });

  test("mends half an emoji, so that both transports make the same turn of it", () => {
    expect(askedBy([user("1", text("cut \uD83D"))])).toMatchObject({ ok: true, input: { prompt: "cut \uFFFD" } });
    expect(askedBy([user("1", text("cut \uD83D"), file)])).toMatchObject({
      ok: true,
      input: { parts: [text("cut \uFFFD"), file] },
    });
  });
});
