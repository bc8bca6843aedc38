/** Listed streams about tools and approvals. */
import { answerOf, callOf, stepOf, textOf } from "./answer-of.ts";
import type { StreamChunk } from "./stream-chunk.ts";

const asksForTools: StreamChunk = { type: "finish", finishReason: "tool-calls" };

export const toolStreams: Readonly<Record<string, readonly StreamChunk[]>> = {
  "a tool whose input is streamed": [
    { type: "start", messageId: "m-1" },
    ...stepOf(...textOf("0", "Looking. "), ...callOf("c-1", "weather", { city: "京都", days: [1, 2] }), {
      type: "tool-output-available",
      toolCallId: "c-1",
      output: { rain: true, mm: 1.5 },
    }),
    ...stepOf(...textOf("0", "It rains.")),
    { type: "finish", finishReason: "stop" },
  ],
  "a tool whose input comes whole": answerOf(
    { type: "tool-input-available", toolCallId: "c-1", toolName: "now", input: {} },
    { type: "tool-output-available", toolCallId: "c-1", output: "2026-11-30" },
  ),
  "values that are easily lost": answerOf(
    ...[null, false, 0, "", [], {}].flatMap((value, index) => [
      { type: "tool-input-available", toolCallId: `c-${index}`, toolName: "echo", input: value },
      { type: "tool-output-available", toolCallId: `c-${index}`, output: value },
    ]),
  ),
  "titles and metadata of a tool": answerOf(
    {
      type: "tool-input-start",
      toolCallId: "c-1",
      toolName: "weather",
      title: "Weather report",
      toolMetadata: { icon: "cloud" },
      providerMetadata: { openai: { itemId: "fc_1" } },
    },
    { type: "tool-input-delta", toolCallId: "c-1", inputTextDelta: '{"city":' },
    { type: "tool-input-delta", toolCallId: "c-1", inputTextDelta: '"Kyoto"}' },
    {
      type: "tool-input-available",
      toolCallId: "c-1",
      toolName: "weather",
      input: { city: "Kyoto" },
      title: "Weather report",
      toolMetadata: { icon: "cloud" },
      providerMetadata: { openai: { itemId: "fc_2" } },
    },
    {
      type: "tool-output-available",
      toolCallId: "c-1",
      output: { rain: true },
      toolMetadata: { icon: "sun" },
      providerMetadata: { openai: { itemId: "fc_3" } },
    },
  ),
  "a tool that the provider executes": answerOf(
    ...callOf("c-1", "web_search", { query: "rain" }, { providerExecuted: true }),
    { type: "tool-output-available", toolCallId: "c-1", output: { hits: 2 }, providerExecuted: true },
    ...textOf("t", "Two hits."),
  ),
  "a dynamic tool": answerOf(...callOf("c-1", "mcp__read", { path: "/a" }, { dynamic: true }), {
    type: "tool-output-available",
    toolCallId: "c-1",
    output: "text",
    dynamic: true,
  }),
  "a dynamic tool that fails": answerOf(
    ...callOf("c-1", "mcp__read", { path: "/a" }, { dynamic: true, title: "Read" }),
    { type: "tool-output-error", toolCallId: "c-1", errorText: "No such file.", dynamic: true },
  ),
  "input that is text": answerOf(
    { type: "tool-input-start", toolCallId: "c-1", toolName: "patch", inputEncoding: "text" },
    { type: "tool-input-delta", toolCallId: "c-1", inputTextDelta: "*** Begin" },
    { type: "tool-input-delta", toolCallId: "c-1", inputTextDelta: " Patch" },
    { type: "tool-input-available", toolCallId: "c-1", toolName: "patch", input: "*** Begin Patch" },
    { type: "tool-output-available", toolCallId: "c-1", output: "applied" },
  ),
  "input that is never complete": [
    { type: "start", messageId: "m-1" },
    { type: "start-step" },
    { type: "tool-input-start", toolCallId: "c-1", toolName: "weather" },
    { type: "tool-input-delta", toolCallId: "c-1", inputTextDelta: '{"city":"Ky' },
    { type: "error", errorText: "The model failed." },
  ],
  "input of two tools that alternates": answerOf(
    { type: "tool-input-start", toolCallId: "c-1", toolName: "weather" },
    { type: "tool-input-start", toolCallId: "c-2", toolName: "weather" },
    { type: "tool-input-delta", toolCallId: "c-1", inputTextDelta: '{"city":' },
    { type: "tool-input-delta", toolCallId: "c-2", inputTextDelta: '{"city":"Rome"' },
    { type: "tool-input-delta", toolCallId: "c-1", inputTextDelta: '"Oslo"}' },
    { type: "tool-input-delta", toolCallId: "c-2", inputTextDelta: "}" },
    { type: "tool-input-available", toolCallId: "c-2", toolName: "weather", input: { city: "Rome" } },
    { type: "tool-input-available", toolCallId: "c-1", toolName: "weather", input: { city: "Oslo" } },
    { type: "tool-output-available", toolCallId: "c-2", output: 21 },
    { type: "tool-output-available", toolCallId: "c-1", output: -4 },
  ),
  "input that can't be read": answerOf({
    type: "tool-input-error",
    toolCallId: "c-1",
    toolName: "weather",
    input: '{"city":',
    errorText: "The input isn't JSON.",
    title: "Weather report",
  }),
  "streamed input that can't be read": answerOf(
    { type: "tool-input-start", toolCallId: "c-1", toolName: "weather" },
    { type: "tool-input-delta", toolCallId: "c-1", inputTextDelta: '{"city":}' },
    {
      type: "tool-input-error",
      toolCallId: "c-1",
      toolName: "weather",
      input: { city: null },
      errorText: "The input doesn't match its schema.",
      providerExecuted: false,
    },
  ),
  "a dynamic tool's input that can't be read": answerOf({
    type: "tool-input-error",
    toolCallId: "c-1",
    toolName: "unknown",
    input: {},
    dynamic: true,
    errorText: "There is no such tool.",
  }),
  "a tool that fails": answerOf(...callOf("c-1", "weather", { city: "Kyoto" }), {
    type: "tool-output-error",
    toolCallId: "c-1",
    errorText: "The station is off.",
    providerMetadata: { a: { b: 1 } },
  }),
  "preliminary outputs before the final one": answerOf(
    ...callOf("c-1", "research", { topic: "rain" }),
    { type: "tool-output-available", toolCallId: "c-1", output: { status: "0 %" }, preliminary: true },
    { type: "tool-output-available", toolCallId: "c-1", output: { status: "50 %" }, preliminary: true },
    { type: "tool-output-available", toolCallId: "c-1", output: { status: "done" } },
  ),
  "only a preliminary output": [
    { type: "start", messageId: "m-1" },
    { type: "start-step" },
    ...callOf("c-1", "research", { topic: "rain" }),
    { type: "tool-output-available", toolCallId: "c-1", output: { status: "50 %" }, preliminary: true },
    { type: "error", errorText: "The model failed." },
  ],
  "a tool that the page executes": [
    { type: "start", messageId: "m-1" },
    ...stepOf(...callOf("c-1", "confirm", { question: "Really?" })),
    asksForTools,
  ],
  "an output in a later step": [
    { type: "start", messageId: "m-1" },
    ...stepOf(...callOf("c-1", "code", { run: "1+1" }, { providerExecuted: true })),
    ...stepOf(
      { type: "tool-output-available", toolCallId: "c-1", output: 2, providerExecuted: true },
      ...textOf("t", "Two."),
    ),
    { type: "finish", finishReason: "stop" },
  ],
  "an approval that is open": [
    { type: "start", messageId: "m-1" },
    ...stepOf(...callOf("c-1", "delete", { path: "/a" }), {
      type: "tool-approval-request",
      approvalId: "a-1",
      toolCallId: "c-1",
    }),
    asksForTools,
  ],
  "an approval with all that it may say": [
    { type: "start", messageId: "m-1" },
    ...stepOf(...callOf("c-1", "delete", { path: "/a" }), {
      type: "tool-approval-request",
      approvalId: "a-1",
      toolCallId: "c-1",
      approvalDescriptor: { risk: "high" },
      inputSchemaInput: null,
      reason: "Deleting can't be undone.",
      isAutomatic: true,
      signature: "c2ln",
    }),
    asksForTools,
  ],
  "an approval that is given": answerOf(
    ...callOf("c-1", "delete", { path: "/a" }),
    { type: "tool-approval-request", approvalId: "a-1", toolCallId: "c-1" },
    { type: "tool-approval-response", approvalId: "a-1", approved: true, reason: "By policy." },
    { type: "tool-output-available", toolCallId: "c-1", output: "deleted" },
  ),
  "an approval that is refused": answerOf(
    ...callOf("c-1", "delete", { path: "/a" }, { providerExecuted: true }),
    { type: "tool-approval-request", approvalId: "a-1", toolCallId: "c-1" },
    {
      type: "tool-approval-response",
      approvalId: "a-1",
      approved: false,
      providerExecuted: true,
      providerMetadata: { openai: { itemId: "ap_1" } },
    },
    { type: "tool-output-denied", toolCallId: "c-1" },
  ),
  "a denied tool": answerOf(
    ...callOf("c-1", "delete", { path: "/a" }),
    { type: "tool-approval-request", approvalId: "a-1", toolCallId: "c-1" },
    { type: "tool-output-denied", toolCallId: "c-1" },
    ...textOf("t", "I did not delete it."),
  ),
  "a tool in a step that starts over": answerOf(
    ...callOf("c-1", "weather", { city: "Kyoto" }),
    { type: "tool-output-available", toolCallId: "c-1", output: 1 },
    { type: "reset-step" },
    ...callOf("c-1", "weather", { city: "Osaka" }),
    { type: "tool-output-available", toolCallId: "c-1", output: 2 },
  ),
  "call ids that are names of every object": answerOf(
    ...callOf("__proto__", "constructor", { a: 1 }),
    { type: "tool-output-available", toolCallId: "__proto__", output: 1 },
    ...callOf("hasOwnProperty", "toString", { a: 1 }),
    { type: "tool-output-error", toolCallId: "hasOwnProperty", errorText: "no" },
  ),
};
