/** Streams made to mislead the reader: pages, credentials and sources in the place of text, and answers that come twice. */
import { describe, expect, test } from "vitest";
import { textOf } from "../../../shared/content.ts";
import { dataEvents, readStream, utf8 } from "./reading.ts";

const answer = "The quick brown fox jumps over the lazy dog. ".repeat(3);
const words: readonly string[] = answer.match(/\S+\s*/g) ?? [];
const hi = dataEvents({ text: "Hi" });
const chunk = (content: string) => ({ object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] });

describe("[U5] a page in the place of an answer", () => {
  test.each([
    ["behind a comment", "<!-- login -->\n<!DOCTYPE html><p>secret"],
    ["behind comments", "<!-- a --><!-- b -->\n<html>secret"],
    ["that begins with its title", "<title>secret</title>"],
    ["of a storage service", "<Error><Code>secret</Code></Error>"],
    ["in an event", "data: <!-- x --><html>secret\n\n"],
    ["behind blank lines", "\n\n  <html lang=en>secret"],
  ])("%s fails the answer, however it is cut", async (_, page) => {
    for (const chunks of [[page], Array.from(utf8(page), (byte) => Uint8Array.of(byte))]) {
      expect(await readStream(chunks)).toMatchObject({ parts: [], failed: "upstream-malformed", retryable: false });
    }
  });

  test("that is cut in the middle of a line after the text fails it as well", async () => {
    const bytes = utf8(`${hi}<html><body>secret</body></html>\n\n`);
    for (let at = hi.length; at < bytes.length; at += 1) {
      const read = await readStream([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(read).toMatchObject({ parts: [{ type: "text-delta", delta: "Hi" }], failed: "upstream-malformed" });
    }
  });

  test("isn't seen in an answer that only talks of markup", async () => {
    for (const text of ["<!-- a comment --> is a comment", "<b>bold</b>", "<Errors> is a type", "<3"]) {
      expect(textOf((await readStream(text, { contentType: "text/plain" })).parts)).toBe(text);
    }
  });
});

describe("[U5] what is no text is never shown as text", () => {
  test.each([
    ["sources in a list", dataEvents([{ title: "secret", url: "https://example.com", content: "secret" }])],
    ["a source", dataEvents({ title: "secret", url: "https://example.com", content: "secret" })],
    ["a signed token", dataEvents({ token: "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.secret", userId: "u" })],
    ["an access token", dataEvents({ access_token: "secret" })],
    ["a session's token", dataEvents({ type: "session", token: "secret" })],
    ["the prompt", dataEvents({ debug: "secret", prompt: "secret" })],
    ["a system message", dataEvents({ role: "system", content: "secret" })],
    [
      "an earlier conversation",
      dataEvents({
        messages: [
          { role: "assistant", content: "secret" },
          { role: "user", content: "secret" },
        ],
      }),
    ],
    ["the status of a step", dataEvents({ type: "agent_update", status: "done", output: "secret" })],
    [
      "a message about progress",
      dataEvents({ stage: "retrieving", message: "secret" }, { status: "processing", message: "secret" }),
    ],
    ["an own property named like the prototype", dataEvents('{"__proto__":{"text":"secret"},"X":1}')],
  ])("%s before the answer", async (_, before) => {
    const read = await readStream(before + hi + dataEvents("[DONE]"));
    expect(read.end?.kind).toBe("done");
    expect(textOf(read.parts)).toBe("Hi");
    expect(JSON.stringify(read.parts)).not.toContain("secret");
  });

  test.each([
    ["suggestions in a list", dataEvents([{ text: "secret" }, { text: "secret" }])],
    ["a suggestion in a list", dataEvents(["secret"])],
  ])("%s after the answer", async (_, after) => {
    expect(textOf((await readStream(hi + after)).parts)).toBe("Hi");
  });
});

describe("[U5] an answer that comes once more at its end", () => {
  const lasts: readonly (readonly [name: string, last: string])[] = [
    ["trimmed", answer.trim()],
    ["with other white space", answer.replaceAll(". ", ".\n")],
    ["in other words", answer.replaceAll("fox", "cat")],
    ["as it was", answer],
  ];
  describe.each(lasts)("%s", (_, last) => {
    test.each([
      ["with a flag", (text: string) => ({ text }), { text: last, done: true }],
      ["in an end event", (text: string) => ({ type: "delta", text }), { type: "done", text: last }],
      ["under another tag", (text: string) => ({ type: "delta", text }), { type: "message", text: last }],
      ["as what is no longer partial", (text: string) => ({ text, partial: true }), { text: last }],
      ["as a whole message", (text: string) => chunk(text), { choices: [{ message: { content: last } }] }],
    ])("%s is shown once", async (_how, piece, end) => {
      const read = await readStream(dataEvents(...words.map((text) => piece(text)), end));
      expect(read.failed).toBeUndefined();
      expect(read.end?.kind).toBe("done");
      expect(textOf(read.parts)).toBe(answer);
    });
  });

  test("is told from a last piece, which is shown", async () => {
    const read = await readStream(
      dataEvents(...words.map((text) => ({ text, done: false })), { text: "The end.", done: true }),
    );
    expect(textOf(read.parts)).toBe(`${answer}The end.`);
  });
});

describe("[U5] a stream that turns into another format", () => {
  test.each([
    ["unified, then completions", dataEvents({ type: "delta", data: "Hi" }, chunk("secret"))],
    ["completions, then unified", dataEvents(chunk("Hi"), { type: "delta", data: "secret" })],
    ["text, then completions", dataEvents("Hi", chunk("secret"))],
    ["text, then tags", dataEvents("Hi", { type: "delta", content: "secret" })],
    ["objects, then text", dataEvents({ content: "Hi" }, "secret words")],
    ["another tag", dataEvents({ type: "delta", data: "Hi" }, { type: "text", content: "secret" })],
    [
      "capitals, then an unknown tag",
      dataEvents(
        { Content: "Hi" },
        { type: "zork", content: "secret" },
        { type: "zork", content: "secret" },
        { done: true },
      ),
    ],
  ])("keeps the text so far and shows nothing of the other: %s", async (_, events) => {
    const read = await readStream(events);
    expect(read).toMatchObject({
      parts: [{ type: "text-delta", delta: "Hi" }],
      failed: "upstream-malformed",
      retryable: false,
    });
  });
});
