/** Streams of products and model services that backends pass on as they are, beside those of `public-shapes.ts`. */
import { answer, chunk, data, each, line, named, type PublicShape, pieces } from "./shape-parts.ts";

const soFar = (index: number) => pieces.slice(0, index + 1).join("");
const bare = (name: string, value: unknown) => `event:${name}\ndata:${JSON.stringify(value)}\n\n`;

export const productShapes: readonly PublicShape[] = [
  {
    name: "LangServe stream_log",
    events: [
      named("data", {
        ops: [{ op: "replace", path: "", value: { id: "r", streamed_output: [], final_output: null, logs: {} } }],
      }),
      ...each((text) =>
        named("data", {
          ops: [
            { op: "add", path: "/logs/ChatModel/streamed_output_str/-", value: text },
            { op: "add", path: "/streamed_output/-", value: text },
          ],
        }),
      ),
      named("data", { ops: [{ op: "replace", path: "/final_output", value: { output: answer } }] }),
      "event: end\n\n",
    ],
    text: answer,
  },
  {
    name: "LangServe with an agent's final output",
    events: [
      named("metadata", { run_id: "r" }),
      named("data", { actions: [{ tool: "search", tool_input: { q: "x" }, log: "not shown" }], messages: [] }),
      named("data", { steps: [{ action: { tool: "search" }, observation: "found" }] }),
      named("data", { output: answer, messages: [{ content: answer, type: "ai" }] }),
      "event: end\n\n",
    ],
    text: answer,
  },
  {
    name: "LangGraph updates",
    events: [
      named("metadata", { run_id: "r", attempt: 1 }),
      named("updates", { retrieve: { documents: [{ page_content: "not shown" }] } }),
      named("updates", { agent: { messages: [{ content: answer, type: "ai", id: "m", tool_calls: [] }] } }),
      named("end", null),
    ],
    text: answer,
  },
  {
    name: "LangGraph updates without names",
    events: [
      data({ retrieve: { documents: ["not shown"] } }),
      data({ generate: { messages: [{ type: "ai", content: answer }] } }),
    ],
    text: answer,
  },
  {
    name: "LangGraph values, whose states hold the conversation",
    events: [
      named("metadata", { run_id: "r" }),
      named("values", { messages: [{ content: "question", type: "human", id: "q" }] }),
      named("values", {
        messages: [
          { content: "question", type: "human", id: "q" },
          { content: answer, type: "ai", id: "m" },
        ],
      }),
      named("end", null),
    ],
    text: answer,
  },
  {
    name: "LangGraph with two stream modes as pairs",
    events: [
      data(["updates", { plan: { steps: ["not shown"] } }]),
      ...each((text) =>
        data(["messages", [{ content: text, type: "AIMessageChunk", id: "m" }, { langgraph_node: "agent" }]]),
      ),
      data(["updates", { agent: { messages: [{ content: answer, type: "ai", id: "m" }] } }]),
    ],
    text: answer,
  },
  {
    name: "LangGraph messages under a mode's name",
    events: [
      named("metadata", { run_id: "r" }),
      ...each((text) =>
        named("messages|agent", [{ content: text, type: "AIMessageChunk", id: "m" }, { langgraph_node: "agent" }]),
      ),
      "event: end\ndata: null\n\n",
    ],
    text: answer,
    failure: [named("error", { error: "ValueError", message: "secret" })],
  },
  {
    name: "LangGraph messages with tool calls and tool results",
    events: [
      named("messages", [
        { content: "", type: "AIMessageChunk", tool_call_chunks: [{ name: "search", args: "", id: "t", index: 0 }] },
        { langgraph_node: "agent" },
      ]),
      named("messages", [
        {
          content: "",
          type: "AIMessageChunk",
          tool_call_chunks: [{ name: null, args: '{"q":"x"}', id: null, index: 0 }],
        },
        { langgraph_node: "agent" },
      ]),
      named("messages", [
        { content: "not shown", type: "tool", name: "search", tool_call_id: "t" },
        { langgraph_node: "tools" },
      ]),
      ...each((text) => named("messages", [{ content: text, type: "AIMessageChunk" }, { langgraph_node: "agent" }])),
      "event: end\ndata: null\n\n",
    ],
    text: answer,
    tools: [{ name: "search", args: { q: "x" } }],
  },
  {
    name: "LangChain serialized message chunks",
    events: each((text) =>
      data({
        lc: 1,
        type: "constructor",
        id: ["langchain_core", "messages", "AIMessageChunk"],
        kwargs: { content: text, additional_kwargs: {} },
      }),
    ),
    text: answer,
  },
  {
    name: "A2A message/stream with artifacts",
    events: [
      data({
        jsonrpc: "2.0",
        id: 1,
        result: { kind: "task", id: "t", contextId: "c", status: { state: "submitted" } },
      }),
      data({
        jsonrpc: "2.0",
        id: 1,
        result: { kind: "status-update", taskId: "t", contextId: "c", status: { state: "working" }, final: false },
      }),
      ...each((text, index) =>
        data({
          jsonrpc: "2.0",
          id: 1,
          result: {
            kind: "artifact-update",
            taskId: "t",
            contextId: "c",
            append: index > 0,
            artifact: { artifactId: "a", parts: [{ kind: "text", text }] },
          },
        }),
      ),
      data({
        jsonrpc: "2.0",
        id: 1,
        result: { kind: "status-update", taskId: "t", status: { state: "completed" }, final: true },
      }),
    ],
    text: answer,
    failure: [data({ jsonrpc: "2.0", id: 1, error: { code: -32603, message: "secret" } })],
  },
  {
    name: "A2A with one message",
    events: [
      data({
        jsonrpc: "2.0",
        id: 1,
        result: { kind: "message", messageId: "m", role: "agent", parts: [{ kind: "text", text: answer }] },
      }),
    ],
    text: answer,
  },
  {
    name: "Dify chat with thoughts in tags and a replaced end",
    events: [
      data({ event: "message", task_id: "t", answer: "<think>Let me think.</think>\n" }),
      ...each((text) => data({ event: "message", task_id: "t", answer: text })),
      data({ event: "message_file", id: "f", type: "image", url: "https://example.com/x.png" }),
      data({ event: "message_end", task_id: "t", metadata: { retriever_resources: [{ content: "not shown" }] } }),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "Flowise agentflow",
    events: [
      data({ event: "agentFlowEvent", data: "INPROGRESS" }),
      data({ event: "nextAgentFlow", data: { nodeId: "n", nodeLabel: "LLM", status: "INPROGRESS" } }),
      ...each((text) => data({ event: "token", data: text })),
      data({ event: "usageMetadata", data: { input_tokens: 3 } }),
      data({ event: "agentFlowExecutedData", data: [{ nodeLabel: "LLM", data: { output: { content: answer } } }] }),
      data({ event: "metadata", data: { chatId: "c", sessionId: "s" } }),
      data({ event: "end", data: "[DONE]" }),
    ],
    text: answer,
  },
  {
    name: "Coze v3 with a verbose message and a follow-up",
    events: [
      bare("conversation.chat.created", { id: "h", conversation_id: "c", status: "created" }),
      bare("conversation.chat.in_progress", { id: "h", conversation_id: "c", status: "in_progress" }),
      ...each((text) =>
        bare("conversation.message.delta", {
          id: "m",
          role: "assistant",
          type: "answer",
          content: text,
          content_type: "text",
        }),
      ),
      bare("conversation.message.completed", {
        id: "m",
        role: "assistant",
        type: "answer",
        content: answer,
        content_type: "text",
      }),
      bare("conversation.message.completed", {
        id: "v",
        role: "assistant",
        type: "verbose",
        content: '{"msg_type":"generate_answer_finish"}',
      }),
      bare("conversation.message.completed", { id: "f", role: "assistant", type: "follow_up", content: "not shown" }),
      bare("conversation.chat.completed", {
        id: "h",
        conversation_id: "c",
        status: "completed",
        usage: { token_count: 9 },
      }),
      'event:done\ndata:"[DONE]"\n\n',
    ],
    text: answer,
  },
  {
    name: "n8n's streaming response",
    contentType: "application/json; charset=utf-8",
    events: [
      line({ type: "begin", metadata: { nodeId: "n", nodeName: "AI Agent", itemIndex: 0, timestamp: 1 } }),
      ...each((text) =>
        line({ type: "item", content: text, metadata: { nodeId: "n", nodeName: "AI Agent", timestamp: 2 } }),
      ),
      line({ type: "end", metadata: { nodeId: "n", nodeName: "AI Agent", timestamp: 3 } }),
    ],
    text: answer,
    failure: [line({ type: "error", content: "secret", metadata: { nodeId: "n" } })],
  },
  {
    name: "Open WebUI with sources before the chunks",
    events: [
      data({ sources: [{ source: { name: "a" }, document: ["not shown"] }] }),
      data({ event: { type: "status", data: { description: "Searching", done: false } } }),
      ...each((text) => data(chunk({ content: text }))),
      data(chunk({}, "stop")),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "Ollama generate with a context at the end",
    contentType: "application/x-ndjson",
    events: [
      ...each((text) => line({ model: "m", created_at: "2026-01-01T00:00:00Z", response: text, done: false })),
      line({
        model: "m",
        created_at: "2026-01-01T00:00:00Z",
        response: "",
        done: true,
        done_reason: "stop",
        context: [1, 2],
        eval_count: 4,
      }),
    ],
    text: answer,
    failure: [line({ error: "secret" })],
    needsEnd: true,
  },
  {
    name: "Ollama chat with thinking and a tool",
    contentType: "application/x-ndjson",
    events: [
      line({ model: "m", message: { role: "assistant", content: "", thinking: "Let me think." }, done: false }),
      line({
        model: "m",
        message: {
          role: "assistant",
          content: "",
          tool_calls: [{ function: { name: "search", arguments: { q: "x" } } }],
        },
        done: false,
      }),
      ...each((text) => line({ model: "m", message: { role: "assistant", content: text }, done: false })),
      line({ model: "m", message: { role: "assistant", content: "" }, done: true, done_reason: "stop" }),
    ],
    text: answer,
    reasoning: "Let me think.",
    tools: [{ name: "search", args: { q: "x" } }],
  },
  {
    name: "Vertex AI with safety ratings",
    events: [
      ...each((text, index) =>
        data({
          candidates: [
            {
              content: { role: "model", parts: [{ text }] },
              ...(index === 3 ? { finishReason: "STOP" } : {}),
              safetyRatings: [{ category: "HARM_CATEGORY_HATE_SPEECH", probability: "NEGLIGIBLE" }],
            },
          ],
          usageMetadata: { trafficType: "ON_DEMAND" },
          modelVersion: "gemini",
          createTime: "2026-01-01T00:00:00Z",
          responseId: "r",
        }),
      ),
    ],
    text: answer,
    failure: [data({ error: { code: 429, message: "secret", status: "RESOURCE_EXHAUSTED" } })],
  },
  {
    name: "Gemini that is blocked in the middle",
    events: [
      ...each((text) => data({ candidates: [{ content: { parts: [{ text }], role: "model" }, index: 0 }] })),
      data({ candidates: [{ finishReason: "STOP", index: 0 }] }),
    ],
    text: answer,
    failure: [data({ promptFeedback: { blockReason: "PROHIBITED_CONTENT" } })],
  },
  {
    name: "Cohere v2 with thinking and a tool plan",
    events: [
      named("message-start", {
        type: "message-start",
        id: "m",
        delta: { message: { role: "assistant", content: [], tool_plan: "" } },
      }),
      named("content-start", {
        type: "content-start",
        index: 0,
        delta: { message: { content: { type: "thinking", thinking: "" } } },
      }),
      named("content-delta", {
        type: "content-delta",
        index: 0,
        delta: { message: { content: { thinking: "Let me think." } } },
      }),
      named("content-end", { type: "content-end", index: 0 }),
      named("content-start", {
        type: "content-start",
        index: 1,
        delta: { message: { content: { type: "text", text: "" } } },
      }),
      ...each((text) =>
        named("content-delta", { type: "content-delta", index: 1, delta: { message: { content: { text } } } }),
      ),
      named("citation-start", {
        type: "citation-start",
        index: 0,
        delta: { message: { citations: { start: 0, end: 5, text: "Hello" } } },
      }),
      named("citation-end", { type: "citation-end", index: 0 }),
      named("content-end", { type: "content-end", index: 1 }),
      named("message-end", {
        type: "message-end",
        id: "m",
        delta: { finish_reason: "COMPLETE", usage: { billed_units: {} } },
      }),
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "Azure OpenAI on your data, with a context in the first delta",
    events: [
      data({
        ...chunk({ role: "assistant", context: { citations: [{ content: "not shown" }], intent: "[]" } }),
        model: "gpt",
      }),
      ...each((text) =>
        data({
          id: "c",
          object: "extensions.chat.completion.chunk",
          choices: [
            { index: 0, delta: { content: text }, end_turn: false, finish_reason: null, content_filter_results: {} },
          ],
        }),
      ),
      data({
        id: "c",
        object: "extensions.chat.completion.chunk",
        choices: [{ index: 0, delta: {}, end_turn: true, finish_reason: "stop" }],
      }),
      data("[DONE]"),
    ],
    text: answer,
    failure: [data({ error: { message: "secret", type: null, param: "prompt", code: "content_filter", status: 400 } })],
  },
  {
    name: "Azure with asynchronous filter annotations",
    events: [
      ...each((text) => data(chunk({ content: text }))),
      data({
        id: "",
        object: "",
        created: 0,
        model: "",
        choices: [
          { index: 0, finish_reason: null, content_filter_offsets: { check_offset: 1 }, content_filter_results: {} },
        ],
      }),
      data(chunk({}, "stop")),
      data("[DONE]"),
    ],
    text: answer,
  },
  {
    name: "OpenRouter with comments and reasoning details",
    events: [
      ": OPENROUTER PROCESSING\n\n",
      data(
        chunk({
          role: "assistant",
          content: "",
          reasoning: "Let me think.",
          reasoning_details: [{ type: "reasoning.text", text: "Let me think." }],
        }),
      ),
      ...each((text) => data(chunk({ role: "assistant", content: text }))),
      data(chunk({ role: "assistant", content: "" }, "stop")),
      data({ ...chunk({}), choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, cost: 0.1 } }),
      data("[DONE]"),
    ],
    text: answer,
    reasoning: "Let me think.",
    failure: [data({ ...chunk({ content: "" }, "error"), error: { code: 502, message: "secret" } })],
  },
  {
    name: "Perplexity with citations and search results in each chunk",
    events: [
      ...each((text, index) =>
        data({
          ...chunk({ role: "assistant", content: text }, index === 3 ? "stop" : null),
          citations: ["https://example.com"],
          search_results: [{ title: "not shown", snippet: "not shown" }],
          choices: [
            {
              index: 0,
              delta: { role: "assistant", content: text },
              message: { role: "assistant", content: soFar(index) },
              finish_reason: index === 3 ? "stop" : null,
            },
          ],
        }),
      ),
    ],
    text: answer,
  },
  {
    name: "MiniMax v2 with a whole message at the end",
    events: [
      ...each((text) =>
        data({
          id: "m",
          choices: [{ index: 0, delta: { content: text, role: "assistant" } }],
          object: "chat.completion.chunk",
        }),
      ),
      data({
        id: "m",
        choices: [{ finish_reason: "stop", index: 0, message: { content: answer, role: "assistant" } }],
        object: "chat.completion",
        usage: { total_tokens: 7 },
        base_resp: { status_code: 0, status_msg: "" },
      }),
    ],
    text: answer,
    failure: [data({ base_resp: { status_code: 1002, status_msg: "secret" } })],
  },
  {
    name: "Tencent Hunyuan",
    events: [
      ...each((text) =>
        data({
          Note: "generated by AI",
          Choices: [{ Delta: { Role: "assistant", Content: text }, FinishReason: "" }],
          Created: 1,
          Id: "h",
          Usage: { PromptTokens: 3 },
        }),
      ),
      data({
        Note: "generated by AI",
        Choices: [{ Delta: { Role: "assistant", Content: "" }, FinishReason: "stop" }],
        Created: 1,
        Id: "h",
      }),
    ],
    text: answer,
    failure: [data({ Response: { Error: { Code: "AuthFailure", Message: "secret" }, RequestId: "r" } })],
  },
  {
    name: "Qwen DashScope with increments and reasoning",
    events: [
      `id:1\nevent:result\n:HTTP_STATUS/200\ndata:${JSON.stringify({ output: { choices: [{ message: { content: "", reasoning_content: "Let me think.", role: "assistant" }, finish_reason: "null" }] }, usage: { output_tokens: 1 }, request_id: "q" })}\n\n`,
      ...each(
        (text) =>
          `id:2\nevent:result\n:HTTP_STATUS/200\ndata:${JSON.stringify({ output: { choices: [{ message: { content: text, reasoning_content: "", role: "assistant" }, finish_reason: "null" }] }, usage: { output_tokens: 1 }, request_id: "q" })}\n\n`,
      ),
      `id:3\nevent:result\n:HTTP_STATUS/200\ndata:${JSON.stringify({ output: { choices: [{ message: { content: "", reasoning_content: "", role: "assistant" }, finish_reason: "stop" }] }, request_id: "q" })}\n\n`,
    ],
    text: answer,
    reasoning: "Let me think.",
  },
  {
    name: "Baidu AppBuilder",
    events: [
      data({
        code: 0,
        message: "",
        request_id: "r",
        conversation_id: "c",
        answer: "",
        content: [{ event_type: "ChatAgent", event_status: "preparing" }],
        is_completion: false,
      }),
      ...each((text) =>
        data({
          request_id: "r",
          conversation_id: "c",
          date: "d",
          answer: text,
          content: [
            {
              event_code: 0,
              event_type: "ChatAgent",
              event_id: "1",
              event_status: "running",
              content_type: "text",
              outputs: { text },
            },
          ],
          is_completion: false,
        }),
      ),
      data({ request_id: "r", conversation_id: "c", answer: "", content: [], is_completion: true }),
    ],
    text: answer,
    needsEnd: true,
  },
  {
    name: "RAGFlow, whose events repeat the text so far",
    events: [
      ...pieces.map(
        (_, index) =>
          `data:${JSON.stringify({ code: 0, message: "", data: { answer: soFar(index), reference: {}, audio_binary: null, id: "m", session_id: "s" } })}\n\n`,
      ),
      `data:${JSON.stringify({ code: 0, message: "", data: true })}\n\n`,
    ],
    text: answer,
    failure: [
      `data:${JSON.stringify({ code: 500, message: "secret", data: { answer: "**ERROR**: secret", reference: [] } })}\n\n`,
    ],
  },
  {
    name: "Hugging Face TGI with details",
    events: [
      ...each(
        (text, index) =>
          `data:${JSON.stringify({ index, token: { id: index, text, logprob: -0.1, special: false }, generated_text: index === 3 ? answer : null, details: index === 3 ? { finish_reason: "length" } : null })}\n\n`,
      ),
    ],
    text: answer,
    failure: [`data:${JSON.stringify({ error: "secret", error_type: "overloaded" })}\n\n`],
  },
  {
    name: "llama.cpp completion with a slot and probabilities",
    events: [
      ...each((text) => data({ index: 0, content: text, tokens: [1], stop: false, id_slot: 0, multimodal: false })),
      data({
        index: 0,
        content: "",
        tokens: [],
        stop: true,
        id_slot: 0,
        model: "m",
        prompt: "not shown",
        generation_settings: {},
        stop_type: "eos",
        timings: {},
      }),
    ],
    text: answer,
    needsEnd: true,
    failure: [`error: ${JSON.stringify({ code: 500, message: "secret", type: "server_error" })}\n\n`],
  },
  {
    name: "Bedrock's events of InvokeModel as objects",
    events: [
      ...each((text) => data({ outputText: text, index: 0, totalOutputTextTokenCount: null, completionReason: null })),
      data({
        outputText: "",
        index: 0,
        totalOutputTextTokenCount: 4,
        completionReason: "FINISH",
        inputTextTokenCount: 3,
      }),
    ],
    text: answer,
  },
  {
    name: "Bedrock agents' chunks and traces",
    events: [
      data({ trace: { agentId: "a", trace: { orchestrationTrace: { rationale: { text: "not shown" } } } } }),
      ...each((text) => data({ chunk: { text } })),
    ],
    text: answer,
  },
  {
    name: "Semantic Kernel's chat message contents",
    events: each((text) =>
      data({
        Role: { Label: "assistant" },
        Items: [{ $type: "StreamingTextContent", Text: text, ChoiceIndex: 0 }],
        ModelId: "m",
        Metadata: {},
      }),
    ),
    text: answer,
  },
  {
    name: "LlamaIndex events",
    events: [
      data({ type: "AgentInput", value: { input: "not shown" } }),
      ...each((text) => data({ type: "AgentStream", value: { delta: text, current_agent_name: "Agent" } })),
      data({ type: "AgentOutput", value: { response: { content: answer } } }),
      data({ type: "StopEvent", value: { result: answer } }),
    ],
    text: answer,
  },
  {
    name: "CrewAI chunks with a final result",
    events: [
      ...each((text) => data({ type: "llm_stream_chunk", chunk: text, agent_role: "writer" })),
      data({ type: "crew_kickoff_completed", output: answer }),
    ],
    text: answer,
  },
  {
    name: "PydanticAI deltas",
    events: [
      data({ event_kind: "part_start", index: 0, part: { part_kind: "text", content: pieces[0] } }),
      ...pieces
        .slice(1)
        .map((text) =>
          data({ event_kind: "part_delta", index: 0, delta: { part_delta_kind: "text", content_delta: text } }),
        ),
      data({ event_kind: "agent_run_result", result: { output: answer } }),
    ],
    text: answer,
  },
  {
    name: "OpenAI Agents SDK events",
    events: [
      data({ type: "agent_updated_stream_event", new_agent: { name: "Agent" } }),
      ...each((text) =>
        data({
          type: "raw_response_event",
          data: { type: "response.output_text.delta", delta: text, sequence_number: 1 },
        }),
      ),
      data({
        type: "raw_response_event",
        data: { type: "response.completed", response: { id: "r", status: "completed", output: [] } },
      }),
      data({
        type: "run_item_stream_event",
        name: "message_output_created",
        item: { raw_item: { content: [{ text: answer }] } },
      }),
    ],
    text: answer,
  },
  {
    name: "OpenAI Responses with a web search and annotations",
    events: [
      named("response.created", {
        type: "response.created",
        response: { id: "r", model: "gpt", status: "in_progress", output: [] },
      }),
      named("response.web_search_call.searching", {
        type: "response.web_search_call.searching",
        output_index: 0,
        item_id: "w",
      }),
      named("response.output_item.done", {
        type: "response.output_item.done",
        output_index: 0,
        item: { id: "w", type: "web_search_call", status: "completed", action: { type: "search", query: "x" } },
      }),
      named("response.content_part.added", {
        type: "response.content_part.added",
        part: { type: "output_text", text: "" },
      }),
      ...each((text) =>
        named("response.output_text.delta", {
          type: "response.output_text.delta",
          item_id: "m",
          delta: text,
          obfuscation: "abc",
        }),
      ),
      named("response.output_text.annotation.added", {
        type: "response.output_text.annotation.added",
        annotation: { type: "url_citation", url: "https://example.com", title: "not shown" },
      }),
      named("response.output_text.done", { type: "response.output_text.done", text: answer }),
      named("response.completed", {
        type: "response.completed",
        response: { id: "r", status: "completed", usage: { input_tokens: 3 } },
      }),
    ],
    text: answer,
    tools: [{ name: "web_search", args: { type: "search", query: "x" } }],
    failure: [
      named("response.failed", {
        type: "response.failed",
        response: { status: "failed", error: { code: "server_error", message: "secret" } },
      }),
    ],
    needsEnd: true,
  },
  {
    name: "Anthropic with a server tool and citations",
    events: [
      named("message_start", {
        type: "message_start",
        message: { id: "m", type: "message", role: "assistant", content: [], model: "claude" },
      }),
      named("content_block_start", {
        type: "content_block_start",
        index: 0,
        content_block: { type: "server_tool_use", id: "t", name: "web_search", input: {} },
      }),
      named("content_block_delta", {
        type: "content_block_delta",
        index: 0,
        delta: { type: "input_json_delta", partial_json: '{"query":"x"}' },
      }),
      named("content_block_stop", { type: "content_block_stop", index: 0 }),
      named("content_block_start", {
        type: "content_block_start",
        index: 1,
        content_block: { type: "web_search_tool_result", tool_use_id: "t", content: [{ title: "not shown" }] },
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
      named("content_block_delta", {
        type: "content_block_delta",
        index: 2,
        delta: { type: "citations_delta", citation: { cited_text: "not shown" } },
      }),
      named("content_block_stop", { type: "content_block_stop", index: 2 }),
      named("message_delta", {
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: { output_tokens: 4 },
      }),
      named("message_stop", { type: "message_stop" }),
    ],
    text: answer,
    tools: [{ name: "web_search", args: { query: "x" } }],
    failure: [named("error", { type: "error", error: { type: "api_error", message: "secret" } })],
  },
  {
    name: "Assistants with a tool that needs action",
    events: [
      named("thread.created", { id: "th", object: "thread" }),
      named("thread.run.in_progress", { id: "run", object: "thread.run", status: "in_progress" }),
      named("thread.run.step.delta", {
        id: "s",
        object: "thread.run.step.delta",
        delta: {
          step_details: {
            type: "tool_calls",
            tool_calls: [{ index: 0, id: "t", type: "code_interpreter", code_interpreter: { input: "not shown" } }],
          },
        },
      }),
      ...each((text) =>
        named("thread.message.delta", {
          id: "m",
          object: "thread.message.delta",
          delta: { content: [{ index: 0, type: "text", text: { value: text } }] },
        }),
      ),
      named("thread.run.completed", {
        id: "run",
        object: "thread.run",
        status: "completed",
        usage: { prompt_tokens: 3 },
      }),
      named("done", "[DONE]"),
    ],
    text: answer,
    failure: [
      named("thread.run.failed", {
        id: "run",
        object: "thread.run",
        status: "failed",
        last_error: { code: "rate_limit_exceeded", message: "secret" },
      }),
    ],
  },
  {
    name: "Vercel AI Gateway text with an end of the stream as JSON",
    events: [
      data({ type: "start", messageId: "m" }),
      data({ type: "start-step" }),
      data({ type: "reasoning-start", id: "r" }),
      data({ type: "reasoning-delta", id: "r", delta: "Let me think." }),
      data({ type: "reasoning-end", id: "r" }),
      data({ type: "source-url", sourceId: "s", url: "https://example.com" }),
      data({ type: "data-status", data: { message: "not shown" }, transient: true }),
      data({ type: "text-start", id: "t" }),
      ...each((text) => data({ type: "text-delta", id: "t", delta: text })),
      data({ type: "text-end", id: "t" }),
      data({ type: "finish-step" }),
      data({ type: "finish", finishReason: "stop" }),
      data("[DONE]"),
    ],
    text: answer,
    reasoning: "Let me think.",
    failure: [data({ type: "error", errorText: "secret" })],
    needsEnd: false,
  },
  {
    name: "Botpress and others that send typing, text and a final reply",
    events: [
      data({ type: "typing", value: true }),
      ...each((text) => data({ type: "text", payload: { text } })),
      data({ type: "typing", value: false }),
      data({ type: "final", payload: { text: answer } }),
    ],
    text: answer,
  },
  {
    name: "Rasa-like list of messages that comes whole",
    contentType: "application/json",
    events: [
      JSON.stringify([
        { recipient_id: "u", text: "Hello" },
        { recipient_id: "u", text: ", 世界! 1 < 2" },
      ]),
    ],
    text: answer,
  },
  {
    name: "a completion that comes whole in an envelope",
    contentType: "application/json",
    events: [
      JSON.stringify({
        code: 0,
        message: "ok",
        data: { id: "m", role: "assistant", content: answer, createdAt: "2026-01-01" },
      }),
    ],
    text: answer,
  },
];
