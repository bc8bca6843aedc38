/**
 * A small agent that needs no network: it reasons, calls two tools, and answers with sources and a picture. Its answer is the
 * AI SDK's own UI message stream, as a backend with `streamText` sends it. The AI SDK is loaded with the first question.
 */

import type { GenerationEvent } from "edge-chat-gateway/nestjs";
import { z } from "zod";
import type { Provider, ProviderRequest } from "./provider.ts";

const agentParams = z.strictObject({
  /** Parts of the model's stream a second. */
  tokensPerSecond: z.number().min(1).max(10_000).default(40),
});

type AgentParams = z.infer<typeof agentParams>;

export class AgentProvider implements Provider<AgentParams> {
  readonly id = "agent";
  readonly name = "Agent";
  readonly models = [
    { id: "agent-1", name: "Agent", description: "Shows tools, sources and a picture. Works offline." },
  ] as const;
  readonly params = agentParams;

  async *generate(request: ProviderRequest<AgentParams>, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    const { streamAnswer } = await import("../agent/stream-answer.ts");
    for await (const chunk of streamAnswer(request, signal)) yield { type: "chunk", chunk };
  }
}
