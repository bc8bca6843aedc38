/** TanStack AI's durable stream, with the log it ships: in the memory of an object, one object a room. */
import { DurableObject } from "cloudflare:workers";
import { chat, memoryStream, resumeServerSentEventsResponse, toServerSentEventsResponse } from "@tanstack/ai";
import { createOpenaiChatCompletions } from "@tanstack/ai-openai";

interface Env {
  readonly NEST_BASE: string;
  readonly Room: DurableObjectNamespace<Room>;
}

export class Room extends DurableObject<Env> {
  override async fetch(request: Request): Promise<Response> {
    const adapter = memoryStream(request, { firstChunkDeadlineMs: 10_000 });
    if (request.method === "GET") return resumeServerSentEventsResponse({ adapter });
    const { messages } = await request.json<{ messages: { role: "user"; content: string }[] }>();
    const model = createOpenaiChatCompletions("gpt-5.2", "bench", { baseURL: `${this.env.NEST_BASE}/v1` });
    // A chunk an append: what a live answer wants. By default it holds back 32.
    return toServerSentEventsResponse(chat({ adapter: model, messages }), { durability: { adapter, batch: 1 } });
  }
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    return env.Room.getByName(new URL(request.url).pathname).fetch(request);
  },
};
