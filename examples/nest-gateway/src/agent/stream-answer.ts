/**
 * Runs the agent: the AI SDK's own `streamText` with a mock model and two tools, as a stream of UI message chunks. The chunks
 * are those of the SDK, and one data part, which says how far the agent is and is replaced in each step.
 */
import { isStepCount, type ModelMessage, streamText, toUIMessageStream, type UIMessageChunk } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { paced } from "../providers/pace.ts";
import { estimateTokens, type ProviderRequest } from "../providers/provider.ts";
import { partsOf } from "./script.ts";
import { agentTools } from "./tools.ts";

const steps = 3;

export interface AgentRequest extends ProviderRequest<{ tokensPerSecond: number }> {}

export async function* streamAnswer(request: AgentRequest, signal: AbortSignal): AsyncGenerator<UIMessageChunk> {
  const { generationId, messages, model: modelId, params } = request;
  let outputTokens = 0;
  const model = new MockLanguageModelV4({
    provider: "agent",
    modelId,
    doStream: ({ prompt, abortSignal = signal }) => {
      const parts = paced(partsOf(prompt), params.tokensPerSecond, abortSignal);
      return Promise.resolve({ stream: ReadableStream.from(parts) });
    },
  });
  const instructions = messages.flatMap(({ role, content }) => (role === "system" ? [content] : [])).join("\n\n");
  const result = streamText({
    model,
    ...(instructions !== "" && { instructions }),
    messages: messages.filter(({ role }) => role !== "system") as ModelMessage[],
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
    if (chunk.type !== "start-step") continue;
    step += 1;
    yield { type: "data-progress", id: "progress", data: { step, of: steps } };
  }
}
