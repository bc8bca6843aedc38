/** Tests the framing of server-sent events. */
import { describe, expect, test } from "vitest";
import { sseComment, sseCommentLine, sseEvent } from "../../../party/responses/sse.ts";

describe("an event of a stream", () => {
  test.each([
    ["with data alone", { data: '{"a":1}' }, 'data: {"a":1}\n\n'],
    ["with an id", { id: "e.1", data: "x" }, "id: e.1\ndata: x\n\n"],
    ["with an empty id, which resets the reader's position", { id: "", data: "x" }, "id: \ndata: x\n\n"],
    ["with an id alone, which fires no event", { id: "e.1" }, "id: e.1\n\n"],
    ["with a retry delay alone", { retryMs: 5_000 }, "retry: 5000\n\n"],
    ["with every field", { data: "x", id: "7", retryMs: 0 }, "retry: 0\nid: 7\ndata: x\n\n"],
  ])("is framed %s", (_, fields, text) => {
    expect(sseEvent(fields)).toBe(text);
  });

  test("is not ended by a comment line, but by a comment of its own", () => {
    expect([sseCommentLine, sseComment]).toEqual([":\n", ":\n\n"]);
  });
});
