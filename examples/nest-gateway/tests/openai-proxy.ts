/** The controller of docs/nestjs.md: passes the conversation to an OpenAI-compatible service, and its stream back as it is. */
// #region controller
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { Body, Controller, Post, Res } from "@nestjs/common";

interface Question {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly model?: string;
}

@Controller("model")
export class ChatController {
  @Post("chat")
  async chat(@Body() { messages, model }: Question, @Res() response: ServerResponse) {
    const { OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL } = process.env;
    const call = new AbortController();
    response.on("close", () => call.abort()); // a stop closes the connection: the model stops too
    const answer = await fetch(`${OPENAI_BASE_URL}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${OPENAI_API_KEY}` },
      body: JSON.stringify({ model: model ?? OPENAI_MODEL, messages, stream: true }),
      signal: call.signal,
    });
    const headers = { "content-type": answer.headers.get("content-type") ?? "application/json" };
    response.writeHead(answer.status, { ...headers, "x-accel-buffering": "no" }); // 429, 400 … are understood as they are
    if (answer.body === null) response.end();
    else await pipeline(Readable.fromWeb(answer.body as ReadableStream), response).catch(() => call.abort());
  }
}
// #endregion
