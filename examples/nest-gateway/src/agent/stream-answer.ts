/**
 * Runs the agent: the AI SDK's own `streamText` with a mock model and two tools, as a stream of UI message chunks. The chunks
 * are those of the SDK, and one data part, which says how far the agent is and is replaced in each step.
 */
import {
  convertToModelMessages,
  isStepCount,
  streamText,
  toUIMessageStream,
  type UIMessage,
  type UIMessageChunk,
} from "ai";
import { MockLanguageModelV4 } from "ai/test";
import type { ChatMessage } from "edge-chat-gateway/nestjs";
import { paced } from "../providers/pace.ts";
import { estimateTokens, lastUserText, type ProviderRequest } from "../providers/provider.ts";
import { isReminder, partsOf } from "./script.ts";
import { agentTools } from "./tools.ts";

const steps = 3;

export interface AgentRequest extends ProviderRequest<{ tokensPerSecond: number }> {}

export async function* streamAnswer(request: AgentRequest, signal: AbortSignal): AsyncGenerator<UIMessageChunk> {
  const { generationId, messages, model: modelId, params } = request;
  let outputTokens = 0;
  const model = new MockLanguageModelV4({
    provider: "agent",
    modelId,
    // Addresses stay addresses: otherwise the SDK would fetch whatever a question names.
    supportedUrls: { "*/*": [/.*/] },
    doStream: ({ prompt, abortSignal = signal }) => {
      const parts = paced(partsOf(prompt), params.tokensPerSecond, abortSignal);
      return Promise.resolve({ stream: ReadableStream.from(parts) });
    },
  });
  const instructions = messages.flatMap(({ role, content }) => (role === "system" ? [content] : [])).join("\n\n");
  const conversation = messages.filter(({ role }) => role !== "system").map(uiMessageOf);
  const result = streamText({
    model,
    ...(instructions !== "" && { instructions }),
    messages: await convertToModelMessages(conversation, { tools: agentTools }),
    tools: agentTools,
    stopWhen: isStepCount(steps),
    abortSignal: signal,
    // A failure is reported as an `error` chunk. The SDK would also write it to the console.
    onError: () => {},
  });
  const inputTokens = messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
  const chunks = toUIMessageStream({
    stream: result.stream,
    tools: agentTools,
    // An answer with outputs and decisions at the end of the conversation is continued.
    originalMessages: conversation,
    sendSources: true,
    generateMessageId: () => generationId,
    onError: () => "The model failed.",
    messageMetadata: ({ part }) => {
      if (part.type === "start") return { model: modelId };
      return part.type === "finish" ? { usage: { inputTokens, outputTokens } } : undefined;
    },
  });
  let step = 0;
  for await (const chunk of chunks) {
    if (chunk.type === "text-delta" || chunk.type === "reasoning-delta") outputTokens += 1;
    yield chunk;
    if (chunk.type !== "start-step" || isReminder(lastUserText(messages))) continue;
    step += 1;
    yield { type: "data-progress", id: "progress", data: { step, of: steps } };
  }
}

/** The parts of a message are those of the SDK, which checks them where it turns them into the model's messages. */
function uiMessageOf({ role, content, parts }: ChatMessage, index: number): UIMessage {
  return { id: String(index), role, parts: (parts ?? [{ type: "text", text: content }]) as UIMessage["parts"] };
}
