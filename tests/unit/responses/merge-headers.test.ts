/** What an answer carries beside what its route says, written in one go. */
import { describe, expect, test } from "vitest";
import { withHeaders } from "../../../party/responses/merge-headers.ts";

describe("headers onto an answer", () => {
  test("replace what it says, and add to what it varies by", () => {
    const route = new Response("x", { status: 201, headers: { vary: "accept", "x-a": "1", "x-b": "1" } });
    const answer = withHeaders(route, { "x-a": "2", vary: "origin" });
    expect(answer.status).toBe(201);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ "x-a": "2", "x-b": "1", vary: "accept, origin" });
  });

  test("leave the answer of the route as it was", () => {
    const theirs = new Response("x", { headers: { "x-a": "1" } });
    withHeaders(theirs, { "x-a": "2" });
    expect(theirs.headers.get("x-a")).toBe("1");
  });

  test("hold nothing back: a stream goes on as it comes", async () => {
    const { readable, writable } = new TransformStream<string, string>();
    const answer = withHeaders(new Response(readable.pipeThrough(new TextEncoderStream())), { "x-a": "1" });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    const writer = writable.getWriter();
    for (const text of ["one", "two"]) {
      const written = writer.write(text);
      expect(await reader?.read()).toEqual({ done: false, value: text });
      await written;
    }
    await writer.close();
    expect(await reader?.read()).toMatchObject({ done: true });
  });
});
