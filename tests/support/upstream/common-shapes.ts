/** Short variants of common ideas, one a row: where the text, the thoughts, the end and the words about them stand. */
import { answer, data, each, line, named, type PublicShape } from "./shape-parts.ts";

type Row = readonly [name: string, events: readonly string[], failure?: string | undefined, reasoning?: string];

const rows: readonly Row[] = [
  [
    "start meta model",
    [
      data({ type: "meta", model: "m", conversationId: "c" }),
      ...each((t) => data({ type: "delta", text: t })),
      data({ type: "done", finishReason: "stop", usage: {} }),
    ],
    data({ type: "error", error: { code: "X", message: "not shown" } }),
  ],
  [
    "content + role end",
    [
      ...each((t) => data({ role: "assistant", content: t, finish: false })),
      data({ role: "assistant", content: "", finish: true }),
    ],
  ],
  [
    "message.content nested",
    [...each((t) => data({ message: { content: t }, done: false })), data({ message: { content: "" }, done: true })],
  ],
  ["delta.text nested", [...each((t) => data({ delta: { text: t } })), data({ done: true })]],
  [
    "type text content, type sources",
    [
      ...each((t) => data({ type: "text", content: t })),
      data({ type: "sources", content: [{ text: "not shown" }] }),
      data({ type: "done" }),
    ],
  ],
  ["citations inline", [...each((t) => data({ text: t, citations: [{ text: "not shown" }] })), data({ done: true })]],
  [
    "event: text, event: citation",
    [...each((t) => named("text", t)), named("citation", "not shown"), named("end", "")],
  ],
  [
    "status queue",
    [
      data({ status: "queued", position: 3 }),
      ...each((t) => data({ status: "generating", text: t })),
      data({ status: "finished" }),
    ],
    data({ status: "failed", reason: "not shown" }),
  ],
  ["node name keyed", [...each((t) => data({ node: "llm", chunk: t })), data({ node: "end" })]],
  [
    "usage at end no done",
    [...each((t) => data({ content: t })), data({ usage: { prompt_tokens: 3, completion_tokens: 4 } })],
  ],
  ["lines with delta/stop", [...each((t) => line({ delta: t })), line({ stop: true })]],
  ["a named token under one letter", [...each((t) => named("token", { t })), named("done", {})]],
  ["text and emotion", [...each((t) => data({ emotion: "happy", speech: t })), data({ end: true })]],
  [
    "answer with question echo",
    [data({ question: "not shown", answer: "" }), ...each((t) => data({ answer: t })), data({ finish: true })],
  ],
  [
    "conversation + delta.content",
    [
      ...each((t) => data({ conversation_id: "c", message_id: "m", delta: { content: t } })),
      data({ conversation_id: "c", message_id: "m", finish_reason: "stop" }),
    ],
  ],
  [
    "Vercel v4 annotations",
    [
      `8:[{"x":1}]\n`,
      ...each((t) => `0:${JSON.stringify(t)}\n`),
      'e:{"finishReason":"stop"}\n',
      'd:{"finishReason":"stop"}\n',
    ],
    '3:"not shown"\n',
  ],
  [
    "type chunk content; type done content=whole",
    [...each((t) => data({ type: "chunk", content: t })), data({ type: "done", content: answer })],
  ],
  [
    "type content; type complete data.answer",
    [...each((t) => data({ type: "content", content: t })), data({ type: "complete", data: { answer, sources: [] } })],
  ],
  [
    "data: {event, data:{content}} + error string",
    [...each((t) => data({ event: "delta", data: { content: t } })), data({ event: "finish", data: {} })],
    data({ event: "error", data: "not shown" }),
  ],
  [
    "bare error text under event failed",
    [...each((t) => named("delta", { content: t })), named("finished", {})],
    named("failed", "not shown"),
  ],
  [
    "thinking start/stop with <think>",
    [
      data({ content: "<think>" }),
      data({ content: "Let me think." }),
      data({ content: "</think>" }),
      ...each((t) => data({ content: t })),
      data({ done: true }),
    ],
    undefined,
    "Let me think.",
  ],
  [
    "think event raw",
    [
      "event: think\ndata: Let me think.\n\n",
      ...each((t) => `event: answer\ndata: ${t}\n\n`),
      "event: finish\ndata: ok\n\n",
    ],
    "event: error\ndata: secret\n\n",
    "Let me think.",
  ],
  [
    "type thinking with thinking key",
    [
      data({ type: "thinking", thinking: "Let me think." }),
      ...each((t) => data({ type: "text", text: t })),
      data({ type: "done" }),
    ],
    undefined,
    "Let me think.",
  ],
  [
    "reasoning {content}",
    [
      data({ type: "reasoning", reasoning: { content: "Let me think." } }),
      ...each((t) => data({ type: "text", text: t })),
      data({ type: "done" }),
    ],
    undefined,
    "Let me think.",
  ],
  [
    "assistant messages as list",
    [...each((t) => data({ messages: [{ role: "assistant", content: t }] })), data({ done: true })],
  ],
  ["output list with text", [...each((t) => data({ output: [{ type: "text", text: t }] })), data({ done: true })]],
  ["generations", [...each((t) => data({ generations: [{ text: t }] })), data({ done: true })]],
  ["predictions", [...each((t) => data({ predictions: [{ content: t }] })), data({ done: true })]],
  ["response.output.text", [...each((t) => data({ response: { output: { text: t } } })), data({ done: true })]],
  ["token.text", [...each((t) => data({ token: { text: t, id: 1 } })), data({ done: true })]],
  ["chunk.message.content", [...each((t) => data({ chunk: { message: { content: t } } })), data({ done: true })]],
  [
    "payload.delta",
    [
      ...each((t) => data({ type: "message.delta", payload: { delta: t } })),
      data({ type: "message.done", payload: {} }),
    ],
    data({ type: "message.error", payload: { message: "not shown" } }),
  ],
  [
    "body.text",
    [
      ...each((t) => data({ header: { code: 0 }, body: { text: t } })),
      data({ header: { code: 0 }, body: { end: true } }),
    ],
    data({ header: { code: 5 }, body: {} }),
  ],
  [
    "action+text",
    [...each((t) => data({ action: "append", text: t })), data({ action: "finish" })],
    data({ action: "fail", text: "not shown" }),
  ],
  [
    "cmd",
    [...each((t) => data({ cmd: "text", data: t })), data({ cmd: "end" })],
    data({ cmd: "error", data: "not shown" }),
  ],
  ["type delta with value", [...each((t) => data({ type: "delta", value: t })), data({ type: "done" })]],
  [
    "type: text_chunk data.text + workflow",
    [
      data({ event: "node_started", data: { title: "not shown" } }),
      ...each((t) => data({ event: "text_chunk", data: { text: t } })),
      data({ event: "workflow_finished", data: {} }),
    ],
  ],
  ["end via event eos", [...each((t) => data({ text: t })), named("eos", {})]],
  ["close via data close", [...each((t) => data({ text: t })), data({ type: "close" })]],
  ["ping type & ts only", [data({ ts: 1 }), ...each((t) => data({ text: t, ts: 2 })), data({ ts: 3, done: true })]],
  ["text with null type", [...each((t) => data({ type: null, text: t })), data({ type: "end", text: null })]],
  ["delta with image url", [...each((t) => data({ delta: t, url: "https://x" })), data({ done: true })]],
  [
    "file event then text",
    [
      data({ type: "file", url: "https://x", name: "not shown" }),
      ...each((t) => data({ type: "text", text: t })),
      data({ type: "done" }),
    ],
  ],
  [
    "run/thread events",
    [
      data({ event: "thread.run.created", data: { id: "r" } }),
      ...each((t) =>
        data({ event: "thread.message.delta", data: { delta: { content: [{ type: "text", text: { value: t } }] } } }),
      ),
      data({ event: "thread.run.completed", data: {} }),
    ],
  ],
  [
    "langchain js streamEvents with lc chunk",
    [
      data({ event: "on_chat_model_start", data: { input: "not shown" } }),
      ...each((t) =>
        data({
          event: "on_chat_model_stream",
          name: "ChatOpenAI",
          data: {
            chunk: {
              lc: 1,
              type: "constructor",
              id: ["langchain_core", "messages", "AIMessageChunk"],
              kwargs: { content: t },
            },
          },
        }),
      ),
      data({
        event: "on_chat_model_end",
        data: { output: { lc: 1, type: "constructor", id: ["x", "AIMessageChunk"], kwargs: { content: answer } } },
      }),
    ],
  ],
  [
    "langgraph js messages lc pair",
    [
      ...each((t) =>
        data([
          { lc: 1, type: "constructor", id: ["langchain_core", "messages", "AIMessageChunk"], kwargs: { content: t } },
          { langgraph_node: "agent" },
        ]),
      ),
    ],
  ],
  [
    "two agents' progress objects",
    [
      data({ agent: "researcher", status: "working", message: "not shown" }),
      ...each((t) => data({ agent: "writer", content: t })),
      data({ status: "complete" }),
    ],
  ],
  [
    "stats trailer with text keys",
    [...each((t) => data({ content: t })), data({ stats: { text: "not shown" }, done: true })],
  ],
  [
    "related questions",
    [...each((t) => data({ content: t })), data({ related_questions: ["not shown"] }), data({ done: true })],
  ],
  [
    "final obj with many keys",
    [...each((t) => data({ chunk: t })), data({ answer, sources: ["not shown"], done: true })],
  ],
  [
    "success:true, message first",
    [
      data({ success: true, message: "Stream started" }),
      ...each((t) => data({ success: true, chunk: t })),
      data({ success: true, message: "Stream completed", done: true }),
    ],
  ],
  [
    "info event with text",
    [
      data({ type: "info", text: "not shown" }),
      ...each((t) => data({ type: "chunk", text: t })),
      data({ type: "end" }),
    ],
  ],
  ["intent", [data({ intent: "not shown", confidence: 0.9 }), ...each((t) => data({ text: t })), data({ done: true })]],
  [
    "rewrite query",
    [
      data({ type: "rewritten_query", content: "not shown" }),
      ...each((t) => data({ type: "answer", content: t })),
      data({ type: "end" }),
    ],
  ],
];

export const commonShapes: readonly PublicShape[] = rows.map(([name, events, failure, reasoning]) => ({
  name,
  events,
  text: answer,
  ...(failure === undefined ? {} : { failure: [failure] }),
  ...(reasoning === undefined ? {} : { reasoning }),
}));
