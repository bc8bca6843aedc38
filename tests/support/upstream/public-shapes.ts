/**
 * Streams of public backends and APIs, written down from their documentation: what is sent, and what a reader should be shown.
 * They stand beside `backend-shapes.json`, which was given.
 */

import { answer, chunk, data, each, line, named, type PublicShape, pieces } from "./shape-parts.ts";

export const publicShapes: readonly PublicShape[] = [
  {
    name: "the unified format with all its types",
    events: [
      data({ type: "start", model: "m", resumable: true }),
      data({ type: "reasoning", data: "Let me think." }),
      data({ type: "tool_call", id: "t1", name: "search", args: { q: "x" } }),
      data({ type: "tool_result", id: "t1", result: ["found"] }),
      data({ type: "source", url: "https://example.com" }),
      data({ type: "ping", ts: 1 }),
      ...each((text) => data({ type: "delta", data: text })),
      data({ type: "usage", inputTokens: 3, outputTokens: 4 }),
      data({ type: "complete", finishReason: "stop" }),
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
    needsEnd: true,
  },
  {
    name: "the unified format with the type as event name",
    events: [...each((text) => named("delta", { data: text })), named("complete", {})],
    text: answer,
  },
  {
    name: "the unified format with structured fragments",
    events: [...each((text) => data({ type: "delta", data: { text } })), data({ type: "complete" })],
    text: answer,
    needsEnd: true,
  },
  {
    name: "OpenAI chat completions with a tool call",
    events: [
      data(chunk({ role: "assistant", content: null })),
      data(
        chunk({ tool_calls: [{ index: 0, id: "a", type: "function", function: { name: "search", arguments: "" } }] }),
      ),
      data(chunk({ tool_calls: [{ index: 0, function: { arguments: '{"q":' } }] })),
      data(chunk({ tool_calls: [{ index: 0, function: { arguments: '"x"}' } }] })),
      ...each((text) => data(chunk({ content: text }))),
      data(chunk({}, "stop")),
      data({
        id: "c",
        object: "chat.completion.chunk",
        choices: [],
        usage: { prompt_tokens: 3, completion_tokens: 4 },
      }),
      data("[DONE]"),
    ],
    text: answer,
    tools: [{ name: "search", args: { q: "x" } }],
  },
  {
    name: "Azure OpenAI, whose first chunk has filter results and no delta",
    events: [
      data({ id: "", object: "", model: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] }),
      data({
        ...chunk({ role: "assistant", content: "" }),
        choices: [{ index: 0, delta: { content: "" }, finish_reason: null }],
      }),
      ...each((text) => data(chunk({ content: text }))),
      data({ ...chunk({}, "stop"), usage: null }),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "vLLM with thoughts in tags",
    events: [
      ...["<th", "ink>", "Let me ", "think.", "</thi", "nk>", "\n\n"].map((text) => data(chunk({ content: text }))),
      ...each((text) => data(chunk({ content: text }))),
      data(chunk({}, "stop")),
      data("[DONE]"),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "Mistral with content blocks",
    events: [
      data(chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Let me think." }] }] })),
      ...each((text) => data(chunk({ content: [{ type: "text", text }] }))),
      data(chunk({ content: "" }, "stop")),
      data("[DONE]"),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "a gateway of models whose chunks have no finish_reason, only [DONE]",
    events: [
      ...each((text) =>
        data({
          code: 0,
          message: "Success",
          sid: "s",
          choices: [{ delta: { role: "assistant", content: text }, index: 0 }],
        }),
      ),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "legacy completions",
    events: [
      ...each((text) =>
        data({ id: "c", object: "text_completion", choices: [{ index: 0, text, finish_reason: null }] }),
      ),
      data({ id: "c", object: "text_completion", choices: [{ index: 0, text: "", finish_reason: "stop" }] }),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "Anthropic Messages",
    events: [
      named("message_start", {
        type: "message_start",
        message: {
          id: "m",
          type: "message",
          role: "assistant",
          model: "claude",
          content: [],
          usage: { input_tokens: 3 },
        },
      }),
      named("content_block_start", {
        type: "content_block_start",
        index: 0,
        content_block: { type: "thinking", thinking: "" },
      }),
      named("ping", { type: "ping" }),
      named("content_block_delta", {
        type: "content_block_delta",
        index: 0,
        delta: { type: "thinking_delta", thinking: "Let me think." },
      }),
      named("content_block_delta", {
        type: "content_block_delta",
        index: 0,
        delta: { type: "signature_delta", signature: "s" },
      }),
      named("content_block_stop", { type: "content_block_stop", index: 0 }),
      named("content_block_start", {
        type: "content_block_start",
        index: 1,
        content_block: { type: "tool_use", id: "t", name: "search", input: {} },
      }),
      named("content_block_delta", {
        type: "content_block_delta",
        index: 1,
        delta: { type: "input_json_delta", partial_json: '{"q":' },
      }),
      named("content_block_delta", {
        type: "content_block_delta",
        index: 1,
        delta: { type: "input_json_delta", partial_json: '"x"}' },
      }),
      named("content_block_stop", { type: "content_block_stop", index: 1 }),
      named("content_block_start", {
        type: "content_block_start",
        index: 2,
        content_block: { type: "text", text: "" },
      }),
      ...each((text) =>
        named("content_block_delta", { type: "content_block_delta", index: 2, delta: { type: "text_delta", text } }),
      ),
      named("content_block_stop", { type: "content_block_stop", index: 2 }),
      named("message_delta", {
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: { output_tokens: 4 },
      }),
      named("message_stop", { type: "message_stop" }),
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
    failure: [named("error", { type: "error", error: { type: "overloaded_error", message: "secret" } })],
  },
  {
    name: "Anthropic events without event names, wrapped by an agent",
    events: [
      data({ type: "stream_event", event: { type: "message_start", message: { model: "claude", content: [] } } }),
      ...each((text) =>
        data({
          type: "stream_event",
          event: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
        }),
      ),
      data({ type: "stream_event", event: { type: "message_stop" } }),
    ],
    text: answer,
    needsEnd: true,
  },
  {
    name: "OpenAI Responses with reasoning and a tool",
    events: [
      named("response.created", {
        type: "response.created",
        sequence_number: 0,
        response: { id: "r", model: "gpt", status: "in_progress" },
      }),
      named("response.reasoning_summary_text.delta", {
        type: "response.reasoning_summary_text.delta",
        sequence_number: 1,
        delta: "Let me think.",
      }),
      named("response.output_item.added", {
        type: "response.output_item.added",
        item: { type: "function_call", id: "f", call_id: "t", name: "search", arguments: "" },
      }),
      named("response.function_call_arguments.delta", {
        type: "response.function_call_arguments.delta",
        item_id: "f",
        delta: '{"q":"x"}',
      }),
      named("response.output_item.done", {
        type: "response.output_item.done",
        item: { type: "function_call", id: "f", call_id: "t", name: "search", arguments: '{"q":"x"}' },
      }),
      ...each((text, index) =>
        named("response.output_text.delta", {
          type: "response.output_text.delta",
          sequence_number: index + 5,
          delta: text,
        }),
      ),
      named("response.output_text.done", { type: "response.output_text.done", text: answer }),
      named("response.output_item.done", {
        type: "response.output_item.done",
        item: { type: "message", content: [{ type: "output_text", text: answer }] },
      }),
      named("response.completed", {
        type: "response.completed",
        response: {
          status: "completed",
          output: [{ type: "message", content: [{ type: "output_text", text: answer }] }],
          usage: { input_tokens: 3, output_tokens: 4 },
        },
      }),
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
    failure: [data({ type: "error", code: "server_error", message: "secret" })],
    needsEnd: true,
  },
  {
    name: "OpenAI Assistants",
    events: [
      named("thread.run.created", { id: "run", object: "thread.run", status: "queued" }),
      named("thread.message.created", { id: "m", object: "thread.message", role: "assistant", content: [] }),
      ...each((text) =>
        named("thread.message.delta", {
          id: "m",
          object: "thread.message.delta",
          delta: { content: [{ index: 0, type: "text", text: { value: text, annotations: [] } }] },
        }),
      ),
      named("thread.message.completed", {
        id: "m",
        object: "thread.message",
        role: "assistant",
        content: [{ type: "text", text: { value: answer } }],
      }),
      named("thread.run.completed", { id: "run", object: "thread.run", status: "completed" }),
      named("done", "[DONE]"),
    ],
    text: answer,
  },
  {
    name: "Gemini as a JSON array",
    contentType: "application/json",
    events: [
      "[",
      ...each(
        (text, index) =>
          `${index === 0 ? "" : "\n,\n"}${JSON.stringify({ candidates: [{ content: { parts: [{ text }], role: "model" }, ...(index === 3 ? { finishReason: "STOP" } : {}) }], modelVersion: "gemini" }, null, 2)}`,
      ),
      "\n]",
    ],
    text: answer,
  },
  {
    name: "Gemini with thoughts and a function call",
    events: [
      data({ candidates: [{ content: { parts: [{ text: "Let me think.", thought: true }] } }] }),
      data({ candidates: [{ content: { parts: [{ functionCall: { name: "search", args: { q: "x" } } }] } }] }),
      ...each((text) => data({ candidates: [{ content: { parts: [{ text }] } }] })),
      data({ candidates: [{ finishReason: "STOP" }], usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } }),
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
    needsEnd: true,
  },
  {
    name: "AI SDK fullStream parts",
    events: [
      data({ type: "start" }),
      data({ type: "start-step" }),
      data({ type: "reasoning-start", id: "0" }),
      data({ type: "reasoning-delta", id: "0", text: "Let me think." }),
      data({ type: "tool-call", toolCallId: "t", toolName: "search", input: { q: "x" } }),
      data({ type: "tool-result", toolCallId: "t", toolName: "search", output: "found" }),
      ...each((text) => data({ type: "text-delta", id: "1", text })),
      data({ type: "finish-step", finishReason: "stop" }),
      data({ type: "finish", finishReason: "stop", totalUsage: { inputTokens: 3, outputTokens: 4 } }),
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
  },
  {
    name: "AI SDK 3 text lines under an event stream",
    events: each((text) => `0:${JSON.stringify(text)}\n`),
    text: answer,
  },
  {
    name: "AI SDK 4 data stream with reasoning and tools",
    contentType: "text/plain; charset=utf-8",
    events: [
      'f:{"messageId":"m"}\n',
      'g:"Let me think."\n',
      '9:{"toolCallId":"t","toolName":"search","args":{"q":"x"}}\n',
      'a:{"toolCallId":"t","result":"found"}\n',
      ...each((text) => `0:${JSON.stringify(text)}\n`),
      'e:{"finishReason":"stop"}\n',
      'd:{"finishReason":"stop","usage":{"promptTokens":3,"completionTokens":4}}\n',
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
    failure: ['3:"secret"\n'],
    needsEnd: true,
  },
  {
    name: "Dify chat",
    events: [
      data({ event: "workflow_started", task_id: "t", workflow_run_id: "w", data: { id: "w" } }),
      data({ event: "node_started", task_id: "t", data: { id: "n", node_type: "llm", title: "LLM" } }),
      ...each((text) =>
        data({ event: "message", task_id: "t", message_id: "m", conversation_id: "c", answer: text, created_at: 1 }),
      ),
      data({ event: "node_finished", task_id: "t", data: { id: "n", outputs: { text: answer }, status: "succeeded" } }),
      data({ event: "workflow_finished", task_id: "t", data: { outputs: { answer }, status: "succeeded" } }),
      data({
        event: "message_end",
        task_id: "t",
        message_id: "m",
        conversation_id: "c",
        metadata: { usage: { prompt_tokens: 3 } },
      }),
      data({ event: "tts_message_end", audio: "" }),
    ],
    text: answer,
    failure: [data({ event: "error", task_id: "t", status: 400, code: "provider_quota_exceeded", message: "secret" })],
  },
  {
    name: "Dify agent with a tool",
    events: [
      data({ event: "agent_thought", id: "a", position: 1, thought: "", observation: "", tool: "", tool_input: "" }),
      data({
        event: "agent_thought",
        id: "a",
        position: 1,
        thought: "",
        observation: "found",
        tool: "search",
        tool_input: '{"q":"x"}',
      }),
      ...each((text) => data({ event: "agent_message", message_id: "m", answer: text })),
      data({
        event: "agent_thought",
        id: "b",
        position: 2,
        thought: answer,
        observation: "",
        tool: "",
        tool_input: "",
      }),
      data({ event: "message_end", message_id: "m" }),
    ],
    text: answer,
    tools: [{ name: "search", args: { q: "x" } }],
  },
  {
    name: "Dify workflow",
    events: [
      "event: ping\n\n",
      data({ event: "workflow_started", data: { id: "w" } }),
      ...each((text) => data({ event: "text_chunk", data: { text, from_variable_selector: ["n", "text"] } })),
      data({ event: "workflow_finished", data: { status: "succeeded", outputs: { result: answer } } }),
    ],
    text: answer,
  },
  {
    name: "FastGPT with details",
    events: [
      named("flowNodeStatus", { status: "running", name: "AI" }),
      named("toolCall", { tool: { id: "t", toolName: "search", functionName: "search", params: "", response: "" } }),
      named("toolParams", { tool: { id: "t", toolName: "", params: '{"q":' } }),
      named("toolParams", { tool: { id: "t", toolName: "", params: '"x"}' } }),
      named("toolResponse", { tool: { id: "t", toolName: "", params: "", response: "found" } }),
      ...each((text) =>
        named("answer", {
          id: "",
          object: "",
          created: 0,
          choices: [{ delta: { content: text }, index: 0, finish_reason: null }],
        }),
      ),
      named("answer", { id: "", object: "", created: 0, choices: [{ delta: {}, index: 0, finish_reason: "stop" }] }),
      named("answer", "[DONE]"),
      named("flowResponses", [{ moduleName: "AI" }]),
    ],
    text: answer,
    tools: [{ name: "search", args: { q: "x" } }],
    failure: [named("error", { message: "secret" })],
  },
  {
    name: "Coze v2",
    events: [
      ...each(
        (text) =>
          `data:${JSON.stringify({ event: "message", message: { role: "assistant", type: "answer", content: text, content_type: "text" }, is_finish: false, index: 0, conversation_id: "c", seq_id: 0 })}\n\n`,
      ),
      `data:${JSON.stringify({ event: "message", message: { role: "assistant", type: "answer", content: "", content_type: "text" }, is_finish: false, index: 0, conversation_id: "c" })}\n\n`,
      `data:${JSON.stringify({ event: "done" })}\n\n`,
    ],
    text: answer,
    failure: [
      `data:${JSON.stringify({ event: "error", error_information: { err_code: 702, err_msg: "secret" } })}\n\n`,
    ],
  },
  {
    name: "Coze workflow",
    events: [
      ...each(
        (text, index) =>
          `id: ${index}\n${named("Message", { content: text, node_title: "End", node_seq_id: String(index), node_is_finish: index === 3 })}`,
      ),
      named("Done", { debug_url: "https://example.com" }),
    ],
    text: answer,
    failure: [named("Error", { error_code: 5000, error_message: "secret" })],
  },
  {
    name: "LangServe with message chunks",
    events: [
      named("metadata", { run_id: "r" }),
      ...each((text) =>
        named("data", { content: text, additional_kwargs: {}, type: "AIMessageChunk", name: null, id: "run-1" }),
      ),
      "event: end\n\n",
      named("end", ""),
    ],
    text: answer,
    failure: [named("error", { status_code: 500, message: "secret" })],
  },
  {
    name: "LangServe with strings",
    events: [
      named("metadata", { run_id: "r" }),
      ...each((text) => named("data", JSON.stringify(text))),
      "event: end\ndata:\n\n",
    ],
    text: answer,
  },
  {
    name: "LangChain astream_events",
    events: [
      data({ event: "on_chain_start", name: "agent", run_id: "r", data: { input: "x" } }),
      data({
        event: "on_chat_model_start",
        run_id: "r1",
        data: { input: { messages: [[{ content: "question", type: "human" }]] } },
      }),
      ...each((text) =>
        [
          data({
            event: "on_chat_model_stream",
            run_id: "r1",
            name: "ChatOpenAI",
            data: { chunk: { content: text, type: "AIMessageChunk" } },
          }),
          data({ event: "on_parser_stream", run_id: "r2", data: { chunk: text } }),
          data({ event: "on_chain_stream", run_id: "r", data: { chunk: text } }),
        ].join(""),
      ),
      data({ event: "on_chat_model_end", run_id: "r1", data: { output: { content: answer, type: "AIMessage" } } }),
      data({ event: "on_chain_end", run_id: "r", data: { output: answer } }),
    ],
    text: answer,
  },
  {
    name: "LangGraph message tuples",
    events: [
      named("metadata", { run_id: "r", attempt: 1 }),
      ...each((text) =>
        named("messages", [{ content: text, type: "AIMessageChunk", id: "m" }, { langgraph_node: "agent" }]),
      ),
      "event: end\ndata: null\n\n",
    ],
    text: answer,
  },
  {
    name: "Ollama chat on lines",
    contentType: "application/x-ndjson",
    events: [
      line({
        model: "m",
        created_at: "2026-01-01T00:00:00Z",
        message: { role: "assistant", content: "", thinking: "Let me think." },
        done: false,
      }),
      line({
        model: "m",
        created_at: "2026-01-01T00:00:01Z",
        message: {
          role: "assistant",
          content: "",
          tool_calls: [{ function: { name: "search", arguments: { q: "x" } } }],
        },
        done: false,
      }),
      ...each((text, index) =>
        line({
          model: "m",
          created_at: `2026-01-01T00:00:0${index + 2}Z`,
          message: { role: "assistant", content: text },
          done: false,
        }),
      ),
      line({
        model: "m",
        created_at: "2026-01-01T00:00:09Z",
        message: { role: "assistant", content: "" },
        done: true,
        done_reason: "stop",
        prompt_eval_count: 3,
        eval_count: 4,
      }),
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
    failure: [line({ error: "secret" })],
    needsEnd: true,
  },
  {
    name: "text-generation-inference",
    events: [
      ...each(
        (text, index) =>
          `data:${JSON.stringify({ index, token: { id: index, text, logprob: -0.1, special: false }, generated_text: null, details: null })}\n\n`,
      ),
      `data:${JSON.stringify({ index: 4, token: { id: 2, text: "</s>", logprob: -0.1, special: true }, generated_text: answer, details: { finish_reason: "eos_token" } })}\n\n`,
    ],
    text: answer,
    failure: [`data:${JSON.stringify({ error: "secret", error_type: "overloaded" })}\n\n`],
  },
  {
    name: "llama.cpp server",
    events: [
      ...each((text) => data({ content: text, stop: false, id_slot: 0, multimodal: false })),
      data({ content: "", stop: true, model: "m", tokens_predicted: 4, stop_type: "eos" }),
    ],
    text: answer,
    needsEnd: true,
  },
  {
    name: "Cloudflare Workers AI",
    events: [
      ...each((text) => data({ response: text, p: "abcdef" })),
      data({ response: "", usage: { prompt_tokens: 3 } }),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "Replicate",
    events: [...each((text, index) => `event: output\nid: ${index}:0\ndata: ${text}\n\n`), "event: done\ndata: {}\n\n"],
    text: answer,
    failure: ['event: error\ndata: {"detail":"secret"}\n\n'],
  },
  {
    name: "Cohere v2",
    events: [
      named("message-start", { type: "message-start", delta: { message: { role: "assistant", content: [] } } }),
      named("content-start", {
        type: "content-start",
        index: 0,
        delta: { message: { content: { type: "text", text: "" } } },
      }),
      ...each((text) =>
        named("content-delta", { type: "content-delta", index: 0, delta: { message: { content: { text } } } }),
      ),
      named("content-end", { type: "content-end", index: 0 }),
      named("message-end", {
        type: "message-end",
        delta: { finish_reason: "COMPLETE", usage: { tokens: { input_tokens: 3 } } },
      }),
    ],
    text: answer,
  },
  {
    name: "Cohere v1 on lines",
    contentType: "application/stream+json",
    events: [
      line({ is_finished: false, event_type: "stream-start", generation_id: "g" }),
      ...each((text) => line({ is_finished: false, event_type: "text-generation", text })),
      line({ is_finished: true, event_type: "stream-end", response: { text: answer }, finish_reason: "COMPLETE" }),
    ],
    text: answer,
  },
  {
    name: "Bedrock Converse",
    contentType: "application/x-ndjson",
    events: [
      line({ messageStart: { role: "assistant" } }),
      ...each((text) => line({ contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } })),
      line({ contentBlockStop: { contentBlockIndex: 0 } }),
      line({ messageStop: { stopReason: "end_turn" } }),
      line({ metadata: { usage: { inputTokens: 3, outputTokens: 4 } } }),
    ],
    text: answer,
  },
  {
    name: "Flowise",
    events: [
      `message:\n${data({ event: "start", data: "" })}`,
      ...each((text) => `message:\n${data({ event: "token", data: text })}`),
      `message:\n${data({ event: "sourceDocuments", data: [{ pageContent: "x" }] })}`,
      `message:\n${data({ event: "metadata", data: { chatId: "c", question: "x" } })}`,
      `message:\n${data({ event: "end", data: "[DONE]" })}`,
    ],
    text: answer,
    failure: [`message:\n${data({ event: "error", data: "secret" })}`],
  },
  {
    name: "AnythingLLM",
    events: [
      ...each((text) =>
        data({ uuid: "u", sources: [], type: "textResponseChunk", textResponse: text, close: false, error: false }),
      ),
      data({ uuid: "u", sources: [], type: "finalizeResponseStream", textResponse: "", close: true, error: false }),
    ],
    text: answer,
    failure: [data({ uuid: "u", type: "abort", textResponse: null, close: true, error: "secret" })],
  },
  {
    name: "Langflow",
    contentType: "application/x-ndjson",
    events: [
      `${line({ event: "add_message", data: { sender: "User", text: "question" } })}\n`,
      ...each((text) => `${line({ event: "token", data: { chunk: text, id: "m", timestamp: "t" } })}\n`),
      `${line({ event: "add_message", data: { sender: "Machine", text: answer } })}\n`,
      `${line({ event: "end", data: { result: { outputs: [] } } })}\n`,
    ],
    text: answer,
  },
  {
    name: "LibreChat",
    events: [
      named("message", { created: true, message: { text: "question", isCreatedByUser: true, sender: "User" } }),
      named("message", { event: "on_run_step", data: { id: "s", type: "message_creation" } }),
      ...each((text) =>
        named("message", {
          event: "on_message_delta",
          data: { id: "s", delta: { content: [{ type: "text", text }] } },
        }),
      ),
      named("message", { final: true, conversation: { title: "T" }, responseMessage: { text: answer } }),
    ],
    text: answer,
  },
  {
    name: "AG-UI",
    events: [
      data({ type: "RUN_STARTED", threadId: "t", runId: "r" }),
      data({ type: "TOOL_CALL_START", toolCallId: "t", toolCallName: "search" }),
      data({ type: "TOOL_CALL_ARGS", toolCallId: "t", delta: '{"q":' }),
      data({ type: "TOOL_CALL_ARGS", toolCallId: "t", delta: '"x"}' }),
      data({ type: "TOOL_CALL_END", toolCallId: "t" }),
      data({ type: "TOOL_CALL_RESULT", messageId: "m", toolCallId: "t", content: "found" }),
      data({ type: "THINKING_TEXT_MESSAGE_CONTENT", delta: "Let me think." }),
      data({ type: "TEXT_MESSAGE_START", messageId: "m", role: "assistant" }),
      ...each((text) => data({ type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta: text })),
      data({ type: "TEXT_MESSAGE_END", messageId: "m" }),
      data({ type: "STATE_SNAPSHOT", snapshot: { text: "not shown" } }),
      data({ type: "RUN_FINISHED", threadId: "t", runId: "r" }),
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
    failure: [data({ type: "RUN_ERROR", message: "secret", code: "x" })],
  },
  {
    name: "Mastra",
    events: [
      data({ type: "start", runId: "r", from: "AGENT", payload: {} }),
      data({ type: "tool-call", runId: "r", payload: { toolCallId: "t", toolName: "search", args: { q: "x" } } }),
      data({ type: "tool-result", runId: "r", payload: { toolCallId: "t", toolName: "search", result: "found" } }),
      ...each((text) => data({ type: "text-delta", runId: "r", payload: { id: "m", text } })),
      data({ type: "step-finish", runId: "r", payload: { output: { text: answer } } }),
      data({ type: "finish", runId: "r", payload: { stepResult: { reason: "stop" } } }),
    ],
    text: answer,
    tools: [{ name: "search", args: { q: "x" } }],
  },
  {
    name: "Google ADK, whose last event repeats the answer",
    events: [
      ...each((text) =>
        data({
          content: { parts: [{ text }], role: "model" },
          partial: true,
          author: "agent",
          invocationId: "i",
          id: "e",
        }),
      ),
      data({ content: { parts: [{ text: answer }], role: "model" }, author: "agent", invocationId: "i", id: "e" }),
    ],
    text: answer,
  },
  {
    name: "ERNIE",
    events: each((text, index) =>
      data({
        id: "as",
        object: "chat.completion",
        created: 1,
        sentence_id: index,
        is_end: index === 3,
        is_truncated: false,
        result: text,
        need_clear_history: false,
        usage: { prompt_tokens: 3, completion_tokens: 4 },
      }),
    ),
    text: answer,
    failure: [data({ error_code: 336100, error_msg: "secret" })],
  },
  {
    name: "Spark as objects",
    events: each((text, index) =>
      data({
        header: { code: 0, message: "Success", sid: "s", status: index === 3 ? 2 : 1 },
        payload: {
          choices: { status: index === 3 ? 2 : 1, seq: index, text: [{ content: text, role: "assistant", index: 0 }] },
        },
      }),
    ),
    text: answer,
    failure: [data({ header: { code: 10013, message: "secret", sid: "s", status: 2 } })],
  },
  {
    name: "Zhipu v3",
    events: [...each((text) => `event: add\nid: 1\ndata: ${text}\n\n`), "event: finish\nid: 1\ndata:\nmeta: {}\n\n"],
    text: answer,
  },
  {
    name: "Spring AI ChatResponse",
    events: each(
      (text, index) =>
        `data:${JSON.stringify({ result: { output: { messageType: "ASSISTANT", toolCalls: [], text }, metadata: { finishReason: index === 3 ? "STOP" : null } }, metadata: { model: "m", usage: { promptTokens: 0 } }, results: [{ output: { text } }] })}\n\n`,
    ),
    text: answer,
  },
  {
    name: ".NET chat updates",
    events: each((text) =>
      data({
        authorName: null,
        role: "assistant",
        contents: [{ $type: "text", text }],
        responseId: "r",
        finishReason: null,
      }),
    ),
    text: answer,
  },
  {
    name: "MaxKB",
    events: [
      ...each((text) =>
        data({
          chat_id: "c",
          id: "m",
          operate: true,
          content: text,
          is_end: false,
          node_id: "n",
          reasoning_content: "",
        }),
      ),
      data({ chat_id: "c", id: "m", operate: true, content: "", is_end: true, usage: {} }),
    ],
    text: answer,
    needsEnd: true,
  },
  {
    name: "server-sent events without blank lines",
    events: [...each((text) => `data: ${JSON.stringify({ content: text })}\n`), "data: [DONE]\n"],
    text: answer,
  },
  {
    name: "server-sent events that end without the last line end",
    events: [...each((text) => data({ content: text })), "data: [DONE]"],
    text: answer,
  },
  {
    name: "tags in several cases",
    events: [
      named("Thinking", { Text: "", text: "Let me think." }),
      ...each((text) => named("AnswerChunk", { text })),
      named("StreamCompleted", { answer }),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "an answer that comes in the end event alone",
    events: [data({ type: "status", message: "Searching" }), data({ type: "done", answer })],
    text: answer,
  },
  {
    name: "a status of progress before the answer",
    events: [
      data({ type: "status", content: "Searching the web" }),
      data({ type: "progress", message: "50 %" }),
      ...each((text) => data({ type: "text", content: text })),
      data({ type: "suggestions", content: ["More?"] }),
      data({ type: "title", content: "A chat" }),
      data({ type: "end" }),
    ],
    text: answer,
  },
  {
    name: "an envelope around each event",
    events: [
      ...each((text) => data({ code: 0, msg: "success", data: { type: "answer", content: text } })),
      data({ code: 0, msg: "success", data: { type: "end" } }),
    ],
    text: answer,
    failure: [data({ code: 50001, msg: "secret", data: null })],
  },
  {
    name: "a word before the answer",
    events: ["data: connected\n\n", ...each((text) => data({ delta: text })), data({ finished: true })],
    text: answer,
  },
  {
    name: "text under a key of its own with a status",
    events: [
      ...each((text) => data({ status: "streaming", ai_response_chunk: text })),
      data({ status: "completed", ai_response: answer }),
    ],
    text: answer,
  },
  {
    name: "a success flag in every event",
    events: [...each((text) => data({ success: true, data: { text } })), data({ success: true, done: true })],
    text: answer,
    failure: [data({ success: false, message: "secret" })],
  },
  {
    name: "roles, with the user's own message first",
    events: [
      data({ role: "user", content: "question" }),
      ...each((text) => data({ role: "assistant", content: text })),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "an object that is only the answer's last word",
    events: [
      ...pieces.slice(0, 3).map((text) => data({ content: text, done: false })),
      data({ content: pieces[3], done: true }),
    ],
    text: answer,
    needsEnd: true,
  },
  {
    name: "an agent's messages, the last of which repeats the answer",
    events: [
      data({ type: "system", subtype: "init", session_id: "s" }),
      data({ type: "assistant", message: { role: "assistant", content: [{ type: "text", text: answer }] } }),
      data({ type: "result", subtype: "success", result: answer, session_id: "s" }),
    ],
    text: answer,
  },
  {
    name: "a type of its own that begins like the Responses API's",
    events: [...each((text) => data({ type: "response.chunk", content: text })), data({ type: "response.end" })],
    text: answer,
  },
  {
    name: "choices whose delta is the text",
    events: [...each((text) => data({ choices: [{ delta: text }] })), data("[DONE]")],
    text: answer,
  },
  {
    name: "a bare word at the end of JSON events",
    events: [...each((text) => data({ content: text })), "data: DONE\n\n"],
    text: answer,
  },
  {
    name: "words about the event beside the text",
    events: [
      data({ status: "success", message: "connected", data: null }),
      ...each((text) => data({ status: "success", message: "ok", data: { text } })),
      data({ status: "completed", message: "finished" }),
    ],
    text: answer,
  },
  {
    name: "thoughts by a flag",
    events: [
      data({ thinking: true, content: "Let me think." }),
      ...each((text) => data({ thinking: false, content: text })),
      data({ end: true }),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "JSON that is encoded twice",
    events: [
      ...each((text) => data(JSON.stringify(JSON.stringify({ type: "delta", content: text })))),
      data(JSON.stringify(JSON.stringify({ type: "done" }))),
    ],
    text: answer,
  },
  {
    name: "a sender instead of a role",
    events: [
      data({ sender: "user", text: "question" }),
      ...each((text) => data({ sender: "ai", text })),
      "event: close\ndata:\n\n",
      named("close", "bye"),
    ],
    text: answer,
  },
  {
    name: "the whole answer under a key of its own",
    events: [data({ type: "status", message: "working" }), data({ final_answer: answer })],
    text: answer,
  },
  {
    name: "GraphQL over server-sent events",
    events: [...each((text) => named("next", { data: { chat: { delta: text } } })), "event: complete\ndata: {}\n\n"],
    text: answer,
  },
  {
    name: "LangGraph messages that repeat the text so far",
    events: [
      named("metadata", { run_id: "r" }),
      named("messages/metadata", { m: { metadata: { thread: "not shown" } } }),
      ...pieces.map((_, index) =>
        named("messages/partial", [{ content: pieces.slice(0, index + 1).join(""), type: "ai", id: "m" }]),
      ),
      named("messages/complete", [{ content: answer, type: "ai", id: "m" }]),
      "event: end\ndata: null\n\n",
    ],
    text: answer,
  },
  {
    name: "Anthropic's events written by hand",
    events: [...each((text) => data({ type: "content_block_delta", delta: { text } })), data({ type: "message_stop" })],
    text: answer,
  },
  {
    name: "Spring's plain text without a space after the colon",
    events: each((text) => `data:${text}\n\n`),
    text: answer,
  },
  {
    name: "several recommendations after the answer",
    events: [
      ...each((text) => data({ type: "text", content: text })),
      ...["a", "b", "c"].map((text) => data({ type: "recommendation", content: text })),
      data({ type: "finished" }),
    ],
    text: answer,
  },
];
