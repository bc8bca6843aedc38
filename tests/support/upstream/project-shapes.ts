/** More streams of single projects: what their handlers write, with what comes before, between and after the text. */
import { answer, chunk, data, each, line, named, type PublicShape, pieces } from "./shape-parts.ts";

const soFar = (index: number) => pieces.slice(0, index + 1).join("");
const withId = (id: number, value: unknown) => `id: ${id}\n${data(value)}`;

export const projectShapes: readonly PublicShape[] = [
  {
    name: "NestJS: a role and a chunk, then a final object with the saved message",
    events: [
      ...each((text, index) => withId(index + 1, { role: "assistant", chunk: text })),
      withId(9, { final: true, message: { id: "m", role: "assistant", content: answer, createdAt: "2026-01-01" } }),
    ],
    text: answer,
    failure: [withId(3, { error: true, message: "secret" })],
  },
  {
    name: "NestJS: status strings in capitals with a payload",
    events: [
      withId(1, { status: "STARTED" }),
      ...each((text, index) => withId(index + 2, { status: "IN_PROGRESS", payload: { text } })),
      withId(9, { status: "COMPLETED", payload: { text: answer } }),
    ],
    text: answer,
    failure: [withId(4, { status: "FAILED", payload: { message: "secret" } })],
  },
  {
    name: "NestJS: isError and isComplete flags in each event",
    events: [
      ...each((text) => data({ content: text, isComplete: false, isError: false })),
      data({ content: "", isComplete: true, isError: false }),
    ],
    text: answer,
    failure: [data({ content: "secret", isComplete: true, isError: true })],
    needsEnd: true,
  },
  {
    name: "NestJS: an error as a null text with a reason",
    events: [...each((text) => data({ text, error: null })), data({ text: null, error: null, done: true })],
    text: answer,
    failure: [data({ text: null, error: "secret" })],
  },
  {
    name: "NestJS: a quota notice first, then text, then credits",
    events: [
      data({ type: "quota", remaining: 3 }),
      ...each((text) => data({ type: "message", message: text })),
      data({ type: "credits", balance: 2 }),
      data({ type: "finished" }),
    ],
    text: answer,
    failure: [data({ type: "error", message: "secret", code: "QUOTA" })],
  },
  {
    name: "NestJS: the text under content.text and the end under content.isLast",
    events: [
      ...each((text) => data({ messageId: "m", content: { text, isLast: false } })),
      data({ messageId: "m", content: { text: "", isLast: true } }),
    ],
    text: answer,
  },
  {
    name: "NestJS: HTML is part of the text",
    events: [data({ text: "<b>Hello</b>" }), data({ text: " <script>x</script>" }), data({ done: true })],
    text: "<b>Hello</b> <script>x</script>",
  },
  {
    name: "NestJS: code in Markdown that shows JSON",
    events: [
      data({ text: "```json\n" }),
      data({ text: '{"type":"error","message":"x"}' }),
      data({ text: "\n```" }),
      data({ done: true }),
    ],
    text: '```json\n{"type":"error","message":"x"}\n```',
  },
  {
    name: "NestJS: numbers and booleans that a model wrote as plain text",
    events: ["data: 42\n\n", "data:  is\n\n", "data:  true\n\n", "event: end\ndata: [DONE]\n\n"],
    text: "42 is true",
  },
  {
    name: "NestJS: a delta that is null in between",
    events: [
      data({ delta: "Hello" }),
      data({ delta: null }),
      data({ delta: " you" }),
      data({ delta: null, done: true }),
    ],
    text: "Hello you",
  },
  {
    name: "Express: event names chunk, usage and close",
    events: [
      named("open", { requestId: "r" }),
      ...each((text) => named("chunk", { text })),
      named("usage", { inputTokens: 3, outputTokens: 4 }),
      named("close", { reason: "complete" }),
    ],
    text: answer,
    failure: [named("error", { name: "AbortError", message: "secret" })],
  },
  {
    name: "Express: a message event with a nested OpenAI delta as a string",
    events: [
      ...each((text) => named("message", { id: "1", delta: { role: "assistant", content: text } })),
      "data: [DONE]\n\n",
    ],
    text: answer,
  },
  {
    name: "Express: raw deltas under data.choices in an array",
    events: [
      data([chunk({ content: pieces[0] }), chunk({ content: pieces[1] })]),
      data([chunk({ content: pieces[2] })]),
      data([chunk({ content: pieces[3] }, "stop")]),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "Express: event: stream with a text and an index",
    events: [...each((text, index) => named("stream", { index, text })), named("stream-end", { total: 4 })],
    text: answer,
    failure: [named("stream-error", { text: "secret" })],
  },
  {
    name: "Express: a bot reply with a typing state before",
    events: [
      data({ event: "typing", data: { typing: true } }),
      ...each((text) => data({ event: "reply", data: { text } })),
      data({ event: "typing", data: { typing: false } }),
      data({ event: "end", data: {} }),
    ],
    text: answer,
    failure: [data({ event: "exception", data: { message: "secret" } })],
  },
  {
    name: "Express: text and sentiment",
    events: [
      ...each((text) => data({ text, sentiment: "neutral", lang: "en" })),
      data({ end: true, sentiment: "positive" }),
    ],
    text: answer,
  },
  {
    name: "Express: text, then suggestions under the same shape",
    events: [
      ...each((text) => data({ kind: "text", payload: text })),
      data({ kind: "suggestions", payload: ["not shown", "not shown"] }),
      data({ kind: "done", payload: null }),
    ],
    text: answer,
  },
  {
    name: "Koa: assistant_delta and assistant_done",
    events: [
      data({ type: "assistant_start", id: "m" }),
      ...each((text) => data({ type: "assistant_delta", delta: text })),
      data({ type: "assistant_done", text: answer }),
    ],
    text: answer,
    failure: [data({ type: "assistant_error", error: "secret" })],
  },
  {
    name: "FastAPI: yield of json with a response and a finished flag",
    events: [
      ...each((text) => data({ response: text, history: [], finished: false })),
      data({ response: "", history: [["question", answer]], finished: true }),
    ],
    text: answer,
    needsEnd: true,
  },
  {
    name: "FastAPI: ChatGLM's history in each event",
    events: [...pieces.map((text, index) => data({ delta: text, response: soFar(index), finished: index === 3 }))],
    text: answer,
  },
  {
    name: "FastAPI: Langchain-Chatchat",
    events: [...each((text) => data({ answer: text })), data({ docs: ["not shown"] })],
    text: answer,
  },
  {
    name: "FastAPI: sse-starlette with CRLF and pings as comments",
    events: [
      ": ping - 2026-01-01 00:00:00\r\n\r\n",
      ...each((text) => `event: message\r\ndata: ${JSON.stringify({ delta: text })}\r\n\r\n`),
      "event: done\r\ndata: {}\r\n\r\n",
    ],
    text: answer,
    failure: ["event: error\r\ndata: secret\r\n\r\n"],
  },
  {
    name: "FastAPI: an error as detail",
    events: [...each((text) => data({ chunk: text })), data({ chunk: "", last: true })],
    text: answer,
    failure: [data({ detail: "secret" })],
  },
  {
    name: "Django: state updates of an agent, then the answer's tokens",
    events: [
      data({ type: "agent_update", agent: "planner", status: "running" }),
      data({ type: "agent_update", agent: "planner", status: "done", output: "not shown" }),
      ...each((text) => data({ type: "answer_token", token: text })),
      data({ type: "answer_done" }),
    ],
    text: answer,
  },
  {
    name: "Spring: ServerSentEvent with an event and a trailing complete",
    events: [...each((text) => `event:add\ndata:${JSON.stringify({ v: text })}\n\n`), "event:complete\ndata:{}\n\n"],
    text: answer,
  },
  {
    name: "Spring: Flux of strings with an end mark",
    events: [...each((text) => `data:${text}\n\n`), "data:[DONE]\n\n"],
    text: answer,
  },
  {
    name: "Spring: R objects with a code and a nested message",
    events: [
      ...each(
        (text) =>
          `data:${JSON.stringify({ code: 0, data: { send: { id: 1, content: "question" }, receive: { id: 2, content: text } }, msg: "" })}\n\n`,
      ),
    ],
    text: answer,
  },
  {
    name: "Go: event names with JSON of a content",
    events: [
      ...each((text) => `event:message\ndata:{"content":${JSON.stringify(text)}}\n\n`),
      "event:finish\ndata:{}\n\n",
    ],
    text: answer,
    failure: ['event:error\ndata:{"err":"secret"}\n\n'],
  },
  {
    name: "Laravel: update events and an end tag",
    events: [...each((text) => `event: update\ndata: ${text}\n\n`), "event: update\ndata: <END_STREAMING_SSE>\n\n"],
    text: answer,
  },
  {
    name: "Rails: Turbo-like append events",
    events: [
      ...each((text) => named("append", { target: "message_1", content: text })),
      named("finish", { target: "message_1" }),
    ],
    text: answer,
  },
  {
    name: "Next: text with custom data lines before",
    events: [
      'data: {"type":"meta","conversationId":"c"}\n\n',
      ...each((text) => data({ type: "text", value: text })),
      'data: {"type":"meta","title":"A title"}\n\n',
      'data: {"type":"done"}\n\n',
    ],
    text: answer,
  },
  {
    name: "Next: JSON lines with a step and a text",
    contentType: "application/jsonl",
    events: [
      line({ step: 1, type: "thought", text: "Let me think." }),
      ...each((text) => line({ step: 2, type: "text", text })),
      line({ step: 2, type: "finish" }),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "Hono: streamSSE with a numbered id and an event for each kind",
    events: [
      ...each((text, index) => `event: text\ndata: ${JSON.stringify(text)}\nid: ${index}\n\n`),
      'event: finish\ndata: {"reason":"stop"}\nid: 9\n\n',
    ],
    text: answer,
    failure: ['event: error\ndata: "secret"\nid: 5\n\n'],
  },
  {
    name: "tRPC over server-sent events",
    events: [
      "event: connected\ndata: {}\n\n",
      ...each((text, index) => `data: ${JSON.stringify(text)}\nid: ${index}\n\n`),
      "event: return\ndata:\n\n",
    ],
    text: answer,
    failure: ['event: serialized-error\ndata: {"error":{"message":"secret","code":-32603}}\n\n'],
  },
  {
    name: "Socket-like frames with an ack at the end",
    events: [
      ...each((text) => data({ event: "ai:response:chunk", args: [{ text }] })),
      data({ event: "ai:response:end", args: [] }),
    ],
    text: answer,
  },
  {
    name: "Vapi and others: model output with a transcript of the user",
    events: [
      data({ type: "transcript", role: "user", transcript: "not shown" }),
      ...each((text) => data({ type: "model-output", output: text })),
      data({ type: "speech-update", status: "stopped" }),
    ],
    text: answer,
  },
  {
    name: "Letta",
    events: [
      data({ id: "1", message_type: "reasoning_message", reasoning: "Let me think." }),
      data({
        id: "2",
        message_type: "tool_call_message",
        tool_call: { name: "search", arguments: '{"q":"x"}', tool_call_id: "t" },
      }),
      data({
        id: "3",
        message_type: "tool_return_message",
        tool_return: "not shown",
        tool_call_id: "t",
        status: "success",
      }),
      ...each((text) => data({ id: "4", message_type: "assistant_message", content: text })),
      data({ message_type: "stop_reason", stop_reason: "end_turn" }),
      data({ message_type: "usage_statistics", total_tokens: 7 }),
      data("[DONE]"),
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
  },
  {
    name: "Agno",
    events: [
      named("RunStarted", { event: "RunStarted", run_id: "r", model: "m" }),
      named("ToolCallStarted", {
        event: "ToolCallStarted",
        tool: { tool_call_id: "t", tool_name: "search", tool_args: { q: "x" } },
      }),
      named("ToolCallCompleted", {
        event: "ToolCallCompleted",
        tool: { tool_call_id: "t", tool_name: "search", tool_args: { q: "x" }, result: "found" },
        content: "search completed",
      }),
      ...each((text) => named("RunContent", { event: "RunContent", content: text, content_type: "str" })),
      named("RunContentCompleted", { event: "RunContentCompleted" }),
      named("RunCompleted", { event: "RunCompleted", content: answer }),
    ],
    text: answer,
    tools: [{ name: "search", args: { q: "x" } }],
    failure: [named("RunError", { event: "RunError", content: "secret" })],
  },
  {
    name: "AutoGen messages with a stop reason",
    events: [
      data({ source: "user", content: "not shown", type: "TextMessage" }),
      ...each((text) => data({ source: "assistant", content: text, type: "ModelClientStreamingChunkEvent" })),
      data({ source: "assistant", content: answer, type: "TextMessage" }),
      data({ stop_reason: "max messages", messages: [] }),
    ],
    text: answer,
  },
  {
    name: "Haystack's streaming chunks",
    events: each((text, index) =>
      data({
        content: text,
        meta: { model: "m", index: 0, finish_reason: index === 3 ? "stop" : null },
        component_info: { type: "x", name: "llm" },
      }),
    ),
    text: answer,
  },
  {
    name: "Chainlit-like tokens with an id",
    events: [
      named("new_message", { id: "m", output: "", type: "assistant_message" }),
      ...each((text) => named("stream_token", { id: "m", token: text, isSequence: false })),
      named("task_end", {}),
    ],
    text: answer,
  },
  {
    name: "SSE with a keep-alive word and an ok at the end",
    events: ["data: keep-alive\n\n", ...each((text) => data({ content: text })), "data: ok\n\n"],
    text: answer,
  },
  {
    name: "DeepSeek's comments while it waits",
    events: [
      ": keep-alive\n\n",
      ": keep-alive\n\n",
      ...each((text) => data(chunk({ content: text, reasoning_content: null }))),
      data(chunk({ content: "", reasoning_content: null }, "stop")),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "Kimi with a search status and a reasoning title",
    events: [
      data({ event: "search_plus", msg: { type: "start" } }),
      ...each((text) => data({ event: "cmpl", text, view: "cmpl" })),
      data({ event: "all_done" }),
    ],
    text: answer,
  },
  {
    name: "Yuanbao: types text and think",
    events: [
      data({ type: "think", title: "Thinking", status: 1, content: "Let me think." }),
      ...each((text) => data({ type: "text", msg: text })),
      data({ type: "meta", messageId: "m", stopReason: "" }),
      "data: [DONE]\n\n",
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "Doubao's bot with references beside the choices",
    events: [
      data({
        id: "b",
        choices: [],
        references: [{ url: "https://example.com", summary: "not shown" }],
        object: "chat.completion.chunk",
      }),
      ...each((text) => data({ ...chunk({ content: text, role: "assistant" }), bot_usage: null })),
      data(chunk({ content: "", role: "assistant" }, "stop")),
      "data: [DONE]\n\n",
    ],
    text: answer,
  },
  {
    name: "SenseNova",
    events: [
      ...each(
        (text) =>
          `data:${JSON.stringify({ data: { id: "s", choices: [{ index: 0, role: "assistant", delta: text, finish_reason: "" }] }, status: { code: 0, message: "ok" } })}\n\n`,
      ),
      `data:${JSON.stringify({ data: { id: "s", choices: [{ index: 0, role: "assistant", delta: "", finish_reason: "stop" }] }, status: { code: 0, message: "ok" } })}\n\n`,
      "data:[DONE]\n\n",
    ],
    text: answer,
  },
  {
    name: "Palm-like candidates with output",
    events: each((text) => data({ candidates: [{ output: text, safetyRatings: [] }] })),
    text: answer,
  },
  {
    name: "AI21 chunks",
    events: [
      ...each((text) =>
        data({ id: "a", choices: [{ index: 0, delta: { content: text }, finish_reason: null }], usage: null }),
      ),
      data({
        id: "a",
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "stop" }],
        usage: { prompt_tokens: 3 },
      }),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "Cloudflare Workers AI with usage in each chunk",
    events: [
      ...each((text) => data({ response: text, p: "abcdef" })),
      data({ response: "", usage: { prompt_tokens: 3, completion_tokens: 4 } }),
      "data: [DONE]\n\n",
    ],
    text: answer,
  },
  {
    name: "WatsonX",
    events: [
      ...each(
        (text, index) =>
          `id: ${index}\nevent: message\ndata: ${JSON.stringify({ model_id: "m", created_at: "2026", results: [{ generated_text: text, generated_token_count: 1, input_token_count: 0, stop_reason: index === 3 ? "eos_token" : "not_finished" }] })}\n\n`,
      ),
    ],
    text: answer,
  },
  {
    name: "Aleph Alpha",
    events: [
      ...each((text) => data({ type: "stream_chunk", index: 0, completion: text })),
      data({ type: "stream_summary", index: 0, finish_reason: "end_of_text" }),
      data({ type: "completion_summary", optimized_prompt: "not shown" }),
    ],
    text: answer,
  },
  {
    name: "a plain stream that is typed as JSON lines of strings",
    contentType: "application/x-ndjson",
    events: [...each((text) => line(text))],
    text: answer,
  },
];
