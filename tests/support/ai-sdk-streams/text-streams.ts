/** Listed streams about text, reasoning, steps and the ends of an answer. */
import { answerOf, reasoningOf, stepOf, textOf } from "./answer-of.ts";
import type { StreamChunk } from "./stream-chunk.ts";

const signature = { anthropic: { signature: "c2lnbmF0dXJl" } };

export const textStreams: Readonly<Record<string, readonly StreamChunk[]>> = {
  "a text": answerOf(...textOf("t", "Hello", ", ", "wörld 👩‍🚀", "!\n\nA second line.")),
  "a start without an id and an end without a reason": [
    { type: "start" },
    ...stepOf(...textOf("t", "so")),
    { type: "finish" },
  ],
  "no step": [{ type: "start", messageId: "m-1" }, ...textOf("t", "so"), { type: "finish", finishReason: "stop" }],
  "no start": [...textOf("t", "so"), { type: "finish", finishReason: "stop" }],
  "an empty text": answerOf(...textOf("t")),
  "an empty delta": answerOf(...textOf("t", "", "so", "")),
  "two texts one after the other": answerOf(...textOf("a", "one"), ...textOf("b", "two")),
  "two texts with the same id": answerOf(...textOf("t", "one"), ...textOf("t", "two")),
  "texts that alternate": answerOf(
    { type: "text-start", id: "a" },
    { type: "text-start", id: "b" },
    { type: "text-delta", id: "a", delta: "A1 " },
    { type: "text-delta", id: "b", delta: "B1 " },
    { type: "text-delta", id: "a", delta: "A2" },
    { type: "text-delta", id: "b", delta: "B2" },
    { type: "text-end", id: "a" },
    { type: "text-end", id: "b" },
  ),
  "a text around a source": answerOf(
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: "before " },
    { type: "source-url", sourceId: "s-1", url: "https://example.com/a" },
    { type: "text-delta", id: "t", delta: "after" },
    { type: "text-end", id: "t" },
  ),
  "a text that is never closed": answerOf(
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: "so" },
  ),
  "a text with provider metadata on each of its chunks": answerOf(
    { type: "text-start", id: "t", providerMetadata: { openai: { itemId: "msg_1" } } },
    { type: "text-delta", id: "t", delta: "so", providerMetadata: { openai: { itemId: "msg_2" } } },
    { type: "text-delta", id: "t", delta: " it is" },
    { type: "text-end", id: "t", providerMetadata: { openai: { itemId: "msg_3", annotations: [{ index: 0 }] } } },
  ),
  "a text with citations": answerOf(
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: "As measured." },
    {
      type: "text-end",
      id: "t",
      citations: [
        {
          source: { type: "source", sourceType: "url", id: "s-1", url: "https://example.com/a", title: "A page" },
          startIndex: 3,
          endIndex: 11,
          citedText: "measured",
        },
      ],
    },
  ),
  "reasoning, then text": answerOf(...reasoningOf("r", "Let me ", "think."), ...textOf("t", "Yes.")),
  "reasoning whose signature comes with an empty delta": answerOf(
    { type: "reasoning-start", id: "r" },
    { type: "reasoning-delta", id: "r", delta: "Hmm." },
    { type: "reasoning-delta", id: "r", delta: "", providerMetadata: signature },
    { type: "reasoning-end", id: "r" },
    ...textOf("t", "Yes."),
  ),
  "redacted reasoning": answerOf(
    { type: "reasoning-start", id: "r", providerMetadata: { anthropic: { redactedData: "eA==" } } },
    { type: "reasoning-end", id: "r" },
    ...textOf("t", "Yes."),
  ),
  "reasoning and text that alternate": answerOf(
    { type: "reasoning-start", id: "0" },
    { type: "text-start", id: "0" },
    { type: "reasoning-delta", id: "0", delta: "R1 " },
    { type: "text-delta", id: "0", delta: "T1 " },
    { type: "reasoning-delta", id: "0", delta: "R2" },
    { type: "reasoning-end", id: "0" },
    { type: "text-delta", id: "0", delta: "T2" },
    { type: "text-end", id: "0" },
  ),
  "a file of the reasoning": answerOf(
    ...reasoningOf("r", "I draw."),
    { type: "reasoning-file", url: "data:image/png;base64,AAAA", mediaType: "image/png", providerMetadata: signature },
    ...textOf("t", "Done."),
  ),
  "surrogate pairs cut in two": answerOf(...textOf("t", "a\ud83d", "\ude00b", "\ud83d\udc69\u200d", "\ud83d\ude80")),
  "a surrogate without its other half": answerOf(...textOf("t", "a\ud83d", " b")),
  "text that looks like the stream's own marks": answerOf(
    ...textOf("t", "\n\ndata: [DONE]\n\n", "data: {}\r\r", "\u2028\u2029\u0000\ufeff"),
  ),
  "ids that are names of every object": answerOf(
    ...textOf("__proto__", "one"),
    ...reasoningOf("constructor", "two"),
    ...textOf("toString", "three"),
  ),
  "a text that goes on in the next step": [
    { type: "start", messageId: "m-1" },
    ...stepOf({ type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: "one " }),
    ...stepOf({ type: "text-delta", id: "t", delta: "two" }, { type: "text-end", id: "t" }),
    { type: "finish", finishReason: "stop" },
  ],
  "three steps": [
    { type: "start", messageId: "m-1" },
    ...stepOf(...reasoningOf("0", "one"), ...textOf("1", "One.")),
    ...stepOf(...textOf("1", "Two.")),
    ...stepOf(...textOf("1", "Three.")),
    { type: "finish", finishReason: "stop" },
  ],
  "an empty step": [
    { type: "start", messageId: "m-1" },
    ...stepOf(),
    ...stepOf(...textOf("t", "so")),
    { type: "finish", finishReason: "stop" },
  ],
  "a step that starts over": answerOf(
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: "A wrong st" },
    { type: "reset-step" },
    ...textOf("t", "A right start."),
  ),
  "a second step that starts over twice": [
    { type: "start", messageId: "m-1" },
    ...stepOf(...textOf("t", "Kept. ")),
    ...stepOf(
      ...reasoningOf("r", "no"),
      { type: "source-url", sourceId: "s-1", url: "https://example.com/dropped" },
      { type: "reset-step" },
      ...textOf("t", "no"),
      { type: "reset-step" },
      ...textOf("t", "Yes."),
    ),
    { type: "finish", finishReason: "stop" },
  ],
  "a step that starts over before it has content": answerOf({ type: "reset-step" }, ...textOf("t", "so")),
  "a step that starts over without a step": [
    { type: "start", messageId: "m-1" },
    ...textOf("t", "no"),
    { type: "reset-step" },
    ...textOf("t", "Yes."),
    { type: "finish", finishReason: "stop" },
  ],
  "metadata at the start, in the middle and at the end": [
    { type: "start", messageId: "m-1", messageMetadata: { model: "m", tags: ["a"], deep: { a: 1 } } },
    ...stepOf(...textOf("t", "so"), { type: "message-metadata", messageMetadata: { deep: { b: 2 }, tags: ["b"] } }),
    { type: "finish", finishReason: "stop", messageMetadata: { totalUsage: { inputTokens: 3, outputTokens: 5 } } },
  ],
  "a second start, of a stream that was merged in": [
    { type: "start", messageId: "m-1", messageMetadata: { a: 1 } },
    ...stepOf(...textOf("t", "one")),
    { type: "start", messageId: "m-1", messageMetadata: { b: 2 } },
    ...stepOf(...textOf("t", "two")),
    { type: "finish", finishReason: "stop" },
  ],
  "metadata that isn't an object": [
    { type: "start", messageId: "m-1", messageMetadata: "first" },
    ...textOf("t", "so"),
    { type: "finish" },
  ],
  "a length limit": [
    { type: "start", messageId: "m-1" },
    ...stepOf(...textOf("t", "so mu")),
    { type: "finish", finishReason: "length" },
  ],
  "a content filter": [
    { type: "start", messageId: "m-1" },
    ...stepOf(...textOf("t", "I")),
    { type: "finish", finishReason: "content-filter" },
  ],
  "an answer without content": [
    { type: "start", messageId: "m-1" },
    { type: "finish", finishReason: "stop" },
  ],
  "an answer that its backend aborts": [
    { type: "start", messageId: "m-1" },
    { type: "start-step" },
    ...textOf("t", "so f"),
    { type: "abort", reason: "The budget is used up." },
  ],
  "an answer that fails": [
    { type: "start", messageId: "m-1" },
    { type: "start-step" },
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: "so f" },
    { type: "error", errorText: "The model failed." },
  ],
};
