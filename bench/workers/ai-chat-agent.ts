/** `AIChatAgent` as its documentation shows it, with an OpenAI-compatible model. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { AIChatAgent } from "@cloudflare/ai-chat";
import { routeAgentRequest } from "agents";
import { convertToModelMessages, streamText } from "ai";

interface Env {
  readonly NEST_BASE: string;
}

export class ChatAgent extends AIChatAgent<Env & Cloudflare.Env> {
  override async onChatMessage(): Promise<Response> {
    const provider = createOpenAICompatible({ name: "bench", baseURL: `${this.env.NEST_BASE}/v1` });
    const result = streamText({
      model: provider.chatModel("bench"),
      messages: await convertToModelMessages(this.messages),
    });
    return result.toUIMessageStreamResponse();
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    return (await routeAgentRequest(request, env)) ?? new Response("not found", { status: 404 });
  },
};
