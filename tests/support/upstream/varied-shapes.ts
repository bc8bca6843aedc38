/** Variants of one idea, each in a line or two: where projects differ in the names of keys, events, ends and failures. */
import { answer, data, each, named, type PublicShape, pieces } from "./shape-parts.ts";

interface Variant {
  readonly before?: readonly string[];
  /** One piece of text. */
  readonly piece: (text: string, index: number) => string;
  readonly after?: readonly string[];
  readonly failure?: string;
  readonly reasoning?: string;
  readonly tools?: PublicShape["tools"];
}

const soFar = (index: number) => pieces.slice(0, index + 1).join("");

const variants: Readonly<Record<string, Variant>> = {
  "type start with a message, type stream, type end with metadata": {
    before: [data({ type: "start", message: "Stream started" })],
    piece: (text) => data({ type: "stream", data: text }),
    after: [data({ type: "end", message: "Stream ended", metadata: { tokens: 4 } })],
    failure: data({ type: "error", message: "secret" }),
  },
  "type ai_response with partial flags": {
    piece: (text) => data({ type: "ai_response", content: text, isPartial: true }),
    after: [data({ type: "ai_response", content: answer, isPartial: false })],
  },
  "event token, data under value": {
    piece: (text) => named("token", { value: text }),
    after: [named("final", { value: answer })],
    failure: named("error", { code: "LLM_ERROR", message: "secret" }),
  },
  "event content_delta and message_complete": {
    before: [named("message_start", { messageId: "m" })],
    piece: (text) => named("content_delta", { delta: text }),
    after: [named("message_complete", { messageId: "m", content: answer })],
    failure: named("error", { error: { message: "secret" } }),
  },
  "sse data with type text-delta and textDelta, as AI SDK 4's fullStream": {
    before: [data({ type: "step-start", messageId: "m", request: {} })],
    piece: (text) => data({ type: "text-delta", textDelta: text }),
    after: [
      data({ type: "step-finish", finishReason: "stop", usage: { promptTokens: 3 } }),
      data({ type: "finish", finishReason: "stop", usage: { promptTokens: 3 } }),
    ],
    failure: data({ type: "error", error: "secret" }),
  },
  "key ai with a user key first": {
    before: [data({ user: "not shown" })],
    piece: (text) => data({ ai: text }),
    after: [data({ end: true })],
  },
  "key message with a sender bot": {
    piece: (text) => data({ sender: "bot", message: text, timestamp: "2026-01-01" }),
    after: [data({ sender: "bot", message: "", isEnd: true })],
  },
  "key partial": {
    piece: (text) => data({ partial: text }),
    after: [data({ complete: true })],
    failure: data({ error: "secret", complete: true }),
  },
  "key word with an index": {
    piece: (text, index) => data({ word: text, index }),
    after: [data({ done: true, total: 4 })],
  },
  "key generated_text in pieces": {
    piece: (text) => data({ generated_text: text }),
    after: ["data: [DONE]\n\n"],
  },
  "key llmResponse": {
    piece: (text) => data({ llmResponse: text }),
    after: [data({ llmResponse: null, finished: true })],
  },
  "key result inside of a response": {
    piece: (text) => data({ response: { result: text } }),
    after: [data({ response: { done: true } })],
  },
  "key chunk inside of a data string that is JSON": {
    piece: (text) => data({ data: JSON.stringify({ chunk: text }) }),
    after: [data({ data: JSON.stringify({ done: true }) })],
  },
  "key data with a chunk and a session": {
    before: [data({ data: { sessionId: "s" } })],
    piece: (text) => data({ data: { chunk: text, sessionId: "s" } }),
    after: [data({ data: { sessionId: "s", completed: true } })],
  },
  "a state machine of thinking, answering and idle": {
    before: [data({ state: "thinking" })],
    piece: (text) => data({ state: "answering", text }),
    after: [data({ state: "idle" })],
  },
  "status streaming and status done with a response": {
    before: [data({ status: "processing", message: "Please wait" })],
    piece: (text) => data({ status: "streaming", content: text }),
    after: [data({ status: "done", response: answer })],
    failure: data({ status: "error", message: "secret" }),
  },
  "status 200 in each event": {
    piece: (text) => data({ status: 200, data: { content: text } }),
    after: [data({ status: 200, data: { content: "", finish: true } })],
    failure: data({ status: 500, message: "secret" }),
  },
  "an error with status false": {
    piece: (text) => data({ status: true, content: text }),
    after: [data({ status: true, end: true })],
    failure: data({ status: false, message: "secret" }),
  },
  "an error as a bare string under err": {
    piece: (text) => data({ content: text }),
    after: ["data: [DONE]\n\n"],
    failure: data({ err: "secret" }),
  },
  "an error with errorMessage and errorCode": {
    piece: (text) => data({ output: text }),
    after: [data({ output: "", isFinished: true })],
    failure: data({ errorCode: "E42", errorMessage: "secret" }),
  },
  "an error with exception": {
    piece: (text) => data({ token: text }),
    after: [data({ finished: true })],
    failure: data({ exception: "secret", stack: "secret" }),
  },
  "an error inside of data with an ok flag": {
    piece: (text) => data({ ok: true, delta: text }),
    after: [data({ ok: true, done: true })],
    failure: data({ ok: false, error: { message: "secret" } }),
  },
  "an error under result": {
    piece: (text) => data({ result: { text } }),
    after: [data({ result: { done: true } })],
    failure: data({ result: { error: "secret" } }),
  },
  "an error under data": {
    piece: (text) => data({ event: "message", data: { text } }),
    after: [data({ event: "done", data: {} })],
    failure: data({ event: "message", data: { error: "secret" } }),
  },
  "an error as the event name exception": {
    piece: (text) => named("message", { text }),
    after: [named("complete", {})],
    failure: named("exception", "secret"),
  },
  "an error as the event name server_error": {
    piece: (text) => named("data", { text }),
    after: [named("eof", {})],
    failure: named("server_error", { text: "secret" }),
  },
  "sources at the end under the same type": {
    piece: (text) => data({ type: "response", data: { text } }),
    after: [data({ type: "response", data: { sources: [{ title: "not shown" }] } }), data({ type: "done" })],
  },
  "references with text before the answer": {
    before: [data({ type: "references", content: [{ text: "not shown" }] })],
    piece: (text) => data({ type: "content", content: text }),
    after: [data({ type: "finish" })],
  },
  "a title event after the text": {
    piece: (text) => data({ type: "content", text }),
    after: [data({ type: "chat_title", text: "not shown" }), data({ type: "stop" })],
  },
  "a search query event with content": {
    before: [
      data({ type: "search_query", content: "not shown" }),
      data({ type: "search_results", content: "not shown" }),
    ],
    piece: (text) => data({ type: "message", content: text }),
    after: [data({ type: "message_end" })],
  },
  "a thinking event by name with a text": {
    before: [named("thinking", { text: "Let me think." })],
    piece: (text) => named("answer", { text }),
    after: [named("done", { ms: 5 })],
    reasoning: "Let me think.",
  },
  "a reasoning key beside the content": {
    before: [data({ reasoning_content: "Let me think.", content: null })],
    piece: (text) => data({ reasoning_content: null, content: text }),
    after: ["data: [DONE]\n\n"],
    reasoning: "Let me think.",
  },
  "a thinking_content key with is_thinking": {
    before: [data({ is_thinking: true, content: "Let me think." })],
    piece: (text) => data({ is_thinking: false, content: text }),
    after: [data({ is_end: true })],
    reasoning: "Let me think.",
  },
  "tool_start and tool_end with names": {
    before: [
      data({ type: "tool_start", tool: "search", input: { q: "x" } }),
      data({ type: "tool_end", tool: "search", output: "found" }),
    ],
    piece: (text) => data({ type: "token", content: text }),
    after: [data({ type: "end" })],
    tools: [{ name: "search", args: { q: "x" } }],
  },
  "tool_use and tool_result with ids": {
    before: [
      named("tool_use", { id: "t", name: "search", input: { q: "x" } }),
      named("tool_result", { tool_use_id: "t", content: "found" }),
    ],
    piece: (text) => named("text", { text }),
    after: [named("end", {})],
    tools: [{ name: "search", args: { q: "x" } }],
  },
  "function_call with arguments as a string": {
    before: [data({ type: "function_call", name: "search", arguments: '{"q":"x"}' })],
    piece: (text) => data({ type: "content", content: text }),
    after: [data({ type: "done" })],
    tools: [{ name: "search", args: { q: "x" } }],
  },
  "a conversation of two agents by name": {
    piece: (text) => data({ agent: "writer", delta: text }),
    after: [data({ agent: "writer", done: true })],
  },
  "the full text beside each delta": {
    piece: (text, index) => data({ delta: text, full: soFar(index) }),
    after: [data({ done: true, full: answer })],
  },
  "the content so far beside each token": {
    piece: (text, index) => data({ token: text, content: soFar(index) }),
    after: [data({ done: true })],
  },
  "a snapshot beside each delta": {
    piece: (text, index) => data({ type: "content", delta: text, snapshot: soFar(index) }),
    after: [data({ type: "end", snapshot: answer })],
  },
  "a type with a dot and a version": {
    before: [data({ type: "chat.v1.started" })],
    piece: (text) => data({ type: "chat.v1.delta", text }),
    after: [data({ type: "chat.v1.finished" })],
    failure: data({ type: "chat.v1.failed", reason: "secret" }),
  },
  "event names in Chinese keys": {
    piece: (text) => data({ 类型: "文本", content: text }),
    after: [data({ 类型: "结束", done: true })],
  },
  "a JSON-RPC notification for each piece": {
    piece: (text) => data({ jsonrpc: "2.0", method: "chat/delta", params: { text } }),
    after: [data({ jsonrpc: "2.0", id: 1, result: { done: true } })],
    failure: data({ jsonrpc: "2.0", id: 1, error: { code: -32000, message: "secret" } }),
  },
  "a CloudEvent for each piece": {
    piece: (text, index) =>
      data({
        specversion: "1.0",
        id: String(index),
        source: "/chat",
        type: "chat.token",
        datacontenttype: "application/json",
        data: { text },
      }),
    after: [data({ specversion: "1.0", id: "9", source: "/chat", type: "chat.completed", data: {} })],
  },
  "a trailing event that says stream closed": {
    piece: (text) => data({ text }),
    after: [named("close", "Stream closed")],
  },
  "a trailing event with data null": {
    piece: (text) => data({ text }),
    after: [data("null")],
  },
  "an empty object at the end": {
    piece: (text) => data({ text }),
    after: [data({})],
  },
  "an end in a comment": {
    piece: (text) => data({ text }),
    after: [": end of stream\n\n"],
  },
  "a DONE object": {
    piece: (text) => data({ content: text }),
    after: [data({ content: "[DONE]" })],
  },
  "a DONE in lower case": {
    piece: (text) => data({ content: text }),
    after: ["data: [done]\n\n"],
  },
  "a done event whose data is a quoted word": {
    piece: (text) => named("chunk", { content: text }),
    after: [named("done", '"done"')],
  },
};

export const variedShapes: readonly PublicShape[] = Object.entries(variants).map(
  ([name, { before = [], piece, after = [], failure, reasoning, tools }]) => ({
    name,
    events: [...before, ...each(piece), ...after],
    text: answer,
    ...(failure === undefined ? {} : { failure: [failure] }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(tools === undefined ? {} : { tools }),
  }),
);
