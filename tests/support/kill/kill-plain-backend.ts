/**
 * A backend as most are: it streams the unified events, cannot resume (`resumable: false`), knows no stop route (404), and
 * runs the model again for whoever asks again. It counts, so that a test sees what would be paid for.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as after } from "node:timers/promises";

export interface PlainBackend {
  readonly url: string;
  /** Requests for an answer, by prompt: each is a generation. */
  readonly generations: ReadonlyMap<string, number>;
  /** Requests to stop one. */
  readonly stops: readonly string[];
  close(): Promise<void>;
}

const tokenEveryMs = 20;

/** Says the last message's words, one a token. */
export async function startPlainBackend(): Promise<PlainBackend> {
  const generations = new Map<string, number>();
  const stops: string[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: { content: string }[] };
    const prompt = messages.at(-1)?.content ?? "";
    generations.set(prompt, (generations.get(prompt) ?? 0) + 1);
    response.writeHead(200, { "content-type": "text/event-stream" });
    let id = 0;
    const say = (event: string, data: unknown) => {
      id += 1;
      response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    say("start", { model: "plain", resumable: false });
    for (const text of prompt.match(/\S+\s*/g) ?? []) {
      if (response.closed) return;
      say("token", { text });
      await after(tokenEveryMs);
    }
    say("done", { finishReason: "stop" });
    response.end();
  };

  const server = createServer((request, response) => {
    if (request.method === "POST" && request.url === "/model/chat") {
      answer(request, response).catch(() => response.destroy());
      return;
    }
    if (request.method === "DELETE") stops.push(request.url ?? "");
    response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.close();
    server.closeAllConnections();
    if (server.listening) await once(server, "close");
  };
  return { url: `http://127.0.0.1:${port}`, generations, stops, close };
}
