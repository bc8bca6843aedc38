/** Listed streams about sources, files, data parts and the newest types. */
import { answerOf, stepOf, textOf } from "./answer-of.ts";
import type { StreamChunk } from "./stream-chunk.ts";

export const contentStreams: Readonly<Record<string, readonly StreamChunk[]>> = {
  "sources of both kinds": answerOf(
    ...textOf("t", "As measured."),
    { type: "source-url", sourceId: "s-1", url: "https://example.com/a?b=c#d", title: "A page" },
    { type: "source-url", sourceId: "s-2", url: "https://example.com/no-title" },
    {
      type: "source-url",
      sourceId: "s-3",
      url: "https://example.com/m",
      providerMetadata: { vertex: { score: 0.5, chunks: null } },
    },
    { type: "source-document", sourceId: "d-1", mediaType: "application/pdf", title: "Report" },
    {
      type: "source-document",
      sourceId: "d-2",
      mediaType: "text/plain",
      title: "Notes",
      filename: "notes.txt",
      providerMetadata: { openai: { fileId: "f-1" } },
    },
  ),
  "a source before the text": answerOf(
    { type: "source-url", sourceId: "s-1", url: "https://example.com/a" },
    ...textOf("t", "As measured."),
  ),
  "the same source twice": answerOf(
    { type: "source-url", sourceId: "s-1", url: "https://example.com/a" },
    { type: "source-url", sourceId: "s-1", url: "https://example.com/a" },
  ),
  "an inline image and a tool's output that are larger than a stored value": answerOf(
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: "Here it is: " },
    { type: "file", url: `data:image/png;base64,${"iVBORw0KGgo".repeat(20_000)}`, mediaType: "image/png" },
    { type: "text-delta", id: "t", delta: "and the table." },
    { type: "text-end", id: "t" },
    { type: "tool-input-available", toolCallId: "c", toolName: "query", input: {} },
    { type: "tool-output-available", toolCallId: "c", output: { rows: Array.from({ length: 9_000 }, () => "雨 0.5") } },
  ),
  "files by address and inline": answerOf(
    { type: "file", url: "data:image/png;base64,iVBORw0KGgo=", mediaType: "image/png" },
    { type: "file", url: "https://example.com/a.pdf", mediaType: "application/pdf" },
    {
      type: "file",
      url: "https://example.com/b.wav",
      mediaType: "audio/wav",
      providerMetadata: { google: { thoughtSignature: "eA==" } },
    },
    ...textOf("t", "Here they are."),
  ),
  "data without an id": answerOf({ type: "data-weather", data: { rain: true } }, ...textOf("t", "so"), {
    type: "data-weather",
    data: { rain: true },
  }),
  "data that is replaced by its id": answerOf(
    { type: "data-progress", id: "p", data: { done: 0 } },
    ...textOf("t", "so"),
    { type: "data-progress", id: "p", data: { done: 50 } },
    { type: "data-progress", id: "q", data: "another" },
    { type: "data-other", id: "p", data: "another type" },
    { type: "data-progress", id: "p", data: { done: 100 } },
  ),
  "data that is replaced from a later step": [
    { type: "start", messageId: "m-1" },
    ...stepOf({ type: "data-progress", id: "p", data: 1 }, ...textOf("t", "One.")),
    ...stepOf({ type: "data-progress", id: "p", data: 2 }, ...textOf("t", "Two.")),
    { type: "finish", finishReason: "stop" },
  ],
  "data that a step dropped": answerOf(
    { type: "data-progress", id: "p", data: 1 },
    { type: "reset-step" },
    { type: "data-progress", id: "p", data: 2 },
    ...textOf("t", "so"),
  ),
  "data of an earlier step that a step changed and dropped": [
    { type: "start", messageId: "m-1" },
    ...stepOf({ type: "data-progress", id: "p", data: 1 }),
    ...stepOf({ type: "data-progress", id: "p", data: 2 }, { type: "reset-step" }, ...textOf("t", "so")),
    { type: "finish", finishReason: "stop" },
  ],
  "data that isn't an object": answerOf(
    { type: "data-null", data: null },
    { type: "data-zero", data: 0 },
    { type: "data-text", id: "", data: "" },
    { type: "data-list", data: [1, [2]] },
  ),
  "transient data": answerOf(
    { type: "data-status", data: "reading", transient: true },
    ...textOf("t", "so"),
    { type: "data-status", id: "p", data: "writing", transient: true },
    { type: "data-status", id: "p", data: "kept" },
  ),
  "data before a start without an id": [
    { type: "data-early", data: 1 },
    { type: "start" },
    ...stepOf(...textOf("t", "so")),
    { type: "finish", finishReason: "stop" },
  ],
  "data ids that are names of every object": answerOf(
    { type: "data-a", id: "__proto__", data: 1 },
    { type: "data-a", id: "__proto__", data: 2 },
    { type: "data-constructor", id: "constructor", data: 3 },
  ),
  "custom content": answerOf(
    { type: "custom", kind: "openai.compaction", providerMetadata: { openai: { encrypted: "eA==" } } },
    { type: "custom", kind: "acme.widget" },
    ...textOf("t", "so"),
  ),
  "a message of the user that steers the answer": answerOf(
    ...textOf("a", "First "),
    {
      type: "steering-message",
      id: "u-2",
      parts: [
        { type: "text", text: "Be brief." },
        { type: "file", url: "https://example.com/a.png", mediaType: "image/png" },
      ],
    },
    ...textOf("b", "Briefly."),
  ),
  "fields that no version knows": answerOf(
    { type: "text-start", id: "t", future: { a: 1 } },
    { type: "text-delta", id: "t", delta: "so", future: true },
    { type: "text-end", id: "t", future: null },
    { type: "source-url", sourceId: "s-1", url: "https://example.com/a", future: [1] },
    { type: "data-a", data: 1, future: "kept in the part" },
  ),
};
