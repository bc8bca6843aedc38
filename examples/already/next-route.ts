/** docs/already/use-chat-nextjs.md: the route of a Next.js app that uses the AI SDK, as it is before and after. */
import { convertToModelMessages, streamText, type UIMessage } from "ai";
import { model } from "./model.ts";

// #region route
export async function POST(request: Request): Promise<Response> {
  const { messages } = (await request.json()) as { messages: UIMessage[] };
  const result = streamText({
    model,
    messages: await convertToModelMessages(messages),
    abortSignal: request.signal, // a stop at the gateway closes the request, and the model stops
  });
  return result.toUIMessageStreamResponse();
}
// #endregion
