/**
 * Streams as services of one team stream them: NestJS, Express, Fastify and FastAPI handlers with events of their own. Each has an
 * answer, and a failure where the service tells one.
 */
import { answer, data, each, line, named, type PublicShape, pieces } from "./shape-parts.ts";

const soFar = (index: number) => pieces.slice(0, index + 1).join("");

export const homeMadeShapes: readonly PublicShape[] = [
  {
    name: "one-letter keys",
    events: [...each((text) => data({ t: text })), data({ done: true })],
    text: answer,
    failure: [data({ error: "secret" })],
  },
  {
    name: "one-letter keys with a one-letter tag",
    events: [data({ t: "start", id: "m1" }), ...each((text) => data({ t: "delta", d: text })), data({ t: "end" })],
    text: answer,
    failure: [data({ t: "error", d: "secret" })],
  },
  {
    name: "a content under one letter and a stop flag",
    events: [...each((text, index) => data({ i: index, c: text, stop: false })), data({ i: 4, c: "", stop: true })],
    text: answer,
    needsEnd: true,
  },
  {
    name: "patches of a document, as DeepSeek's own page gets them",
    events: [
      named("ready", { request_message_id: 1, response_message_id: 2 }),
      data({ v: { response: { message_id: 2, role: "ASSISTANT", content: "", thinking_enabled: false } } }),
      data({ p: "response/content", o: "APPEND", v: pieces[0] }),
      ...pieces.slice(1).map((text) => data({ v: text })),
      data({ p: "response/status", o: "SET", v: "FINISHED" }),
      named("close", { click_behavior: "none" }),
    ],
    text: answer,
  },
  {
    name: "a NestJS message event inside of data",
    events: [...each((text) => data({ data: { content: text } })), data({ data: { content: "", finished: true } })],
    text: answer,
  },
  {
    name: "a NestJS message event with its type inside of data",
    events: [
      ...each((text) => data({ type: "message", data: { text } })),
      data({ type: "message", data: { done: true } }),
    ],
    text: answer,
    failure: [data({ type: "error", data: { message: "secret" } })],
  },
  {
    name: "event and payload",
    events: [
      data({ event: "session", payload: { sessionId: "s" } }),
      ...each((text) => data({ event: "chunk", payload: { text } })),
      data({ event: "finish", payload: { reason: "stop" } }),
    ],
    text: answer,
    failure: [data({ event: "error", payload: { message: "secret" } })],
  },
  {
    name: "op and args",
    events: [...each((text) => data({ op: "append", text })), data({ op: "end" })],
    text: answer,
  },
  {
    name: "an action as the tag",
    events: [
      data({ action: "start" }),
      ...each((text) => data({ action: "token", content: text })),
      data({ action: "complete" }),
    ],
    text: answer,
    failure: [data({ action: "error", content: "secret" })],
  },
  {
    name: "a phase as the tag",
    events: [
      data({ phase: "thinking", content: "Let me think." }),
      ...each((text) => data({ phase: "answer", content: text })),
      data({ phase: "done", content: "" }),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "a stage of progress beside the text",
    events: [
      data({ stage: "retrieving", message: "Searching documents" }),
      data({ stage: "generating", message: "Writing" }),
      ...each((text) => data({ delta: text })),
      data({ stage: "done" }),
    ],
    text: answer,
  },
  {
    name: "answer, sources and a final flag",
    events: [
      ...each((text) => data({ answer: text, sources: [], final: false })),
      data({ answer: "", sources: [{ title: "a page", text: "not shown" }], final: true }),
    ],
    text: answer,
    needsEnd: true,
  },
  {
    name: "sources first, then text, then a done object with the whole",
    events: [
      data({ sources: [{ id: 1, content: "not shown", score: 0.5 }] }),
      ...each((text) => data({ token: text })),
      data({ done: true, answer, usage: { prompt_tokens: 3 } }),
    ],
    text: answer,
  },
  {
    name: "documents under an event name, text under another",
    events: [
      named("documents", [{ page_content: "not shown", metadata: { source: "x" } }]),
      ...each((text) => named("answer", { text })),
      named("end", {}),
    ],
    text: answer,
    failure: [named("error", { statusCode: 500, message: "secret" })],
  },
  {
    name: "code, message and data as a string",
    events: [
      ...each((text) => data({ code: 200, message: "success", data: text })),
      data({ code: 200, message: "success", data: "[DONE]" }),
    ],
    text: answer,
    failure: [data({ code: 500, message: "secret", data: null })],
  },
  {
    name: "code 0 with a result inside of data",
    events: [
      ...each((text) => data({ code: 0, msg: "ok", data: { answer: text, reference: {}, session_id: "s" } })),
      data({ code: 0, msg: "ok", data: true }),
    ],
    text: answer,
    failure: [data({ code: 102, msg: "secret", data: false })],
  },
  {
    name: "text so far in each event, marked as such",
    events: [
      ...pieces.map((text, index) => data({ type: "partial", delta: text, fullText: soFar(index) })),
      data({ type: "final", fullText: answer }),
    ],
    text: answer,
  },
  {
    name: "both the increment and the accumulated text",
    events: [
      ...pieces.map((text, index) => data({ content: text, accumulated: soFar(index), finished: false })),
      data({ content: "", accumulated: answer, finished: true }),
    ],
    text: answer,
    needsEnd: true,
  },
  {
    name: "JSON strings as data",
    events: [...each((text) => data(JSON.stringify(text))), data('"[DONE]"')],
    text: answer,
    failure: [named("error", '"secret"')],
  },
  {
    name: "JSON strings under a name, with a named end",
    events: [...each((text) => named("chunk", JSON.stringify(text))), named("done", "{}")],
    text: answer,
    failure: [named("error", JSON.stringify({ error: "secret" }))],
  },
  {
    name: "text whose line breaks are written as escapes of JSON strings",
    events: [data('"# Title\\n"'), data('"\\n- a"'), data("[DONE]")],
    text: "# Title\n\n- a",
  },
  {
    name: "plain text over several data lines",
    events: ["data: Hello\ndata: \ndata: world\n\n", "data:  again\n\n", "event: end\ndata: end\n\n"],
    text: "Hello\n\nworld again",
  },
  {
    name: "plain text with an end mark in its own words",
    events: [...each((text) => `data: ${text}\n\n`), "data: [END_OF_STREAM]\n\n"],
    text: answer,
  },
  {
    name: "plain text with a named error and close",
    events: [...each((text) => `event: message\ndata: ${text}\n\n`), "event: close\ndata: stream closed\n\n"],
    text: answer,
    failure: ["event: error\ndata: secret\n\n"],
  },
  {
    name: "plain text on a custom event name",
    events: [...each((text) => `event: llm-token\ndata: ${text}\n\n`), "event: llm-end\ndata: ok\n\n"],
    text: answer,
    failure: ["event: llm-error\ndata: secret\n\n"],
  },
  {
    name: "an Observable of {type, content} with ids and retry",
    events: [
      "retry: 3000\n\n",
      ...each(
        (text, index) =>
          `id: ${index}\nevent: message\ndata: ${JSON.stringify({ type: "content", content: text })}\n\n`,
      ),
      `id: 9\nevent: message\ndata: ${JSON.stringify({ type: "stop", content: null })}\n\n`,
    ],
    text: answer,
    failure: [named("message", { type: "error", content: "secret" })],
  },
  {
    name: "a conversation id first, then text, then a title",
    events: [
      data({ conversationId: "c1", messageId: "m1" }),
      ...each((text) => data({ text })),
      data({ title: "A chat about greetings" }),
      data({ event: "done" }),
    ],
    text: answer,
  },
  {
    name: "messages with ids and a completed state",
    events: [
      ...each((text) => data({ id: "m1", role: "assistant", content: text, status: "streaming" })),
      data({ id: "m1", role: "assistant", content: answer, status: "completed" }),
    ],
    text: answer,
    failure: [data({ id: "m1", role: "assistant", content: "secret", status: "failed" })],
  },
  {
    name: "a created message, deltas and an updated message",
    events: [
      data({ type: "message_created", message: { id: "m", role: "assistant", content: "" } }),
      ...each((text) => data({ type: "message_delta", delta: { content: text } })),
      data({ type: "message_completed", message: { id: "m", role: "assistant", content: answer } }),
    ],
    text: answer,
  },
  {
    name: "a user message, deltas and a saved message",
    events: [
      named("user_message", { id: "u", content: "question" }),
      ...each((text) => named("delta", { content: text })),
      named("assistant_message", { id: "m", content: answer }),
      named("done", {}),
    ],
    text: answer,
  },
  {
    name: "tool steps with a status, then text",
    events: [
      data({ type: "tool", name: "search", status: "running", input: { q: "x" } }),
      data({ type: "tool", name: "search", status: "completed", output: "found" }),
      ...each((text) => data({ type: "text", text })),
      data({ type: "done" }),
    ],
    text: answer,
    tools: [{ name: "search", args: { q: "x" } }],
  },
  {
    name: "steps of an agent under step, then the final answer in pieces",
    events: [
      data({ type: "step", step: "plan", content: "not shown" }),
      data({ type: "step", step: "search", content: "not shown" }),
      ...each((text) => data({ type: "final_answer", content: text })),
      data({ type: "end" }),
    ],
    text: answer,
  },
  {
    name: "thought and answer as two keys",
    events: [
      data({ thought: "Let me think.", answer: "" }),
      ...each((text) => data({ thought: "", answer: text })),
      data({ finished: true }),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "reasoning started and ended by tags, without text in these",
    events: [
      data({ type: "thinking_start" }),
      data({ type: "thinking", text: "Let me think." }),
      data({ type: "thinking_end" }),
      ...each((text) => data({ type: "text", text })),
      data({ type: "message_end" }),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "a heartbeat object between tokens",
    events: [
      data({ heartbeat: true }),
      ...each((text) => data({ text }) + data({ heartbeat: true })),
      data({ complete: true }),
    ],
    text: answer,
  },
  {
    name: "a heartbeat by name and by comment",
    events: [
      ": ping\n\n",
      "event: heartbeat\ndata: {}\n\n",
      ...each((text) => `: ping\n\n${data({ text })}`),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "event names with a namespace",
    events: [
      named("chat.started", { id: "c" }),
      ...each((text) => named("chat.delta", { value: text })),
      named("chat.completed", { id: "c" }),
    ],
    text: answer,
    failure: [named("chat.failed", { reason: "secret" })],
  },
  {
    name: "event names with a colon",
    events: [
      named("response:start", {}),
      ...each((text) => named("response:chunk", { chunk: text })),
      named("response:end", {}),
    ],
    text: answer,
    failure: [named("response:error", { message: "secret" })],
  },
  {
    name: "types in capitals",
    events: [
      data({ type: "STREAM_START" }),
      ...each((text) => data({ type: "TOKEN", payload: text })),
      data({ type: "STREAM_END", payload: null }),
    ],
    text: answer,
    failure: [data({ type: "ERROR", payload: "secret" })],
  },
  {
    name: "numbers as types",
    events: [...each((text) => data({ type: 1, content: text })), data({ type: 2, content: "" })],
    text: answer,
  },
  {
    name: "a success response with a list of one",
    events: each((text) => data({ success: true, data: [{ text }] })),
    text: answer,
  },
  {
    name: "HTTP exception body in the stream",
    events: [...each((text) => data({ message: text })), data({ message: "", end: true })],
    text: answer,
    failure: [data({ statusCode: 502, message: "secret", error: "Bad Gateway" })],
  },
  {
    name: "lines of JSON with a kind",
    contentType: "application/x-ndjson",
    events: [
      line({ kind: "meta", model: "m" }),
      ...each((text) => line({ kind: "text", value: text })),
      line({ kind: "end", reason: "stop" }),
    ],
    text: answer,
    failure: [line({ kind: "error", value: "secret" })],
  },
  {
    name: "lines of JSON as plain text",
    contentType: "text/plain; charset=utf-8",
    events: [...each((text) => line({ content: text })), line({ done: true })],
    text: answer,
    failure: [line({ error: { message: "secret" } })],
  },
  {
    name: "lines of JSON under application/json",
    contentType: "application/json",
    events: [...each((text) => line({ response: text, done: false })), line({ response: "", done: true })],
    text: answer,
    needsEnd: true,
  },
  {
    name: "arrays of pieces",
    events: [...each((text) => data([text])), data("[DONE]")],
    text: answer,
  },
  {
    name: "arrays of a tag and a text",
    events: [...each((text) => data(["token", text])), data(["end", null])],
    text: answer,
    failure: [data(["error", "secret"])],
  },
  {
    name: "several objects in one event",
    events: [
      data([{ text: pieces[0] }, { text: pieces[1] }]),
      data([{ text: pieces[2] }, { text: pieces[3] }]),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "text in a field of camel case",
    events: [...each((text) => data({ partialResponse: text })), data({ isComplete: true })],
    text: answer,
  },
  {
    name: "text in a field of the team's own",
    events: [...each((text) => data({ botMessage: text, ts: 1 })), data({ botMessage: "", ended: true })],
    text: answer,
  },
  {
    name: "output with a trace id",
    events: [
      ...each((text) => data({ traceId: "t1", output: text, timestamp: 1 })),
      data({ traceId: "t1", finish: true }),
    ],
    text: answer,
  },
  {
    name: "choices with text",
    events: [...each((text) => data({ choices: [{ text }] })), data("[DONE]")],
    text: answer,
  },
  {
    name: "choices with a message that grows in pieces",
    events: [
      ...each((text) => data({ choices: [{ index: 0, message: { role: "assistant", content: text } }] })),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "a delta inside of an envelope of the team",
    events: [
      ...each((text) =>
        data({ requestId: "r", payload: { choices: [{ delta: { content: text }, finish_reason: null }] } }),
      ),
      data({ requestId: "r", payload: { choices: [{ delta: {}, finish_reason: "stop" }] } }),
    ],
    text: answer,
  },
  {
    name: "OpenAI's chunks under a name and in a data field",
    events: [
      ...each((text) => named("chunk", { data: { choices: [{ delta: { content: text } }] } })),
      named("done", { data: "[DONE]" }),
    ],
    text: answer,
  },
];
