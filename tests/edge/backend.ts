/**
 * The backend of the bridge's contract: a real HTTP server on loopback, whose answers a test writes by hand. A call is found by its
 * prompt; a test awaits it and moves it on, so that it chooses every moment.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export class BackendCall {
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  readonly query: URLSearchParams;
  readonly body: string;
  /** Settles when the connection is closed before the answer was complete: the edge aborted the call. */
  readonly aborted: Promise<void>;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, query: URLSearchParams, body: string) {
    this.method = request.method ?? "";
    this.headers = request.headers;
    this.query = query;
    this.body = body;
    this.#response = response;
    this.aborted = new Promise((resolve) => {
      response.on("close", () => {
        if (!response.writableFinished) resolve();
      });
    });
  }

  /** The headers of an event stream, and nothing yet. */
  open(): this {
    this.#response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    return this;
  }

  /** Bytes as they are. */
  write(bytes: string): this {
    this.#response.write(bytes);
    return this;
  }

  /** An event of the unified format. */
  event(id: number, name: string, data: unknown): this {
    return this.write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.#response.end();
  }

  /** Breaks the connection in the middle. */
  break(): void {
    this.#response.destroy();
  }

  answer(status: number, headers: Readonly<Record<string, string>>, body = ""): void {
    this.#response.writeHead(status, headers).end(body);
  }
}

export interface Backend {
  readonly url: string;
  /** The nth call with this prompt, when it has come; the first is 1. */
  call(prompt: string, nth?: number): Promise<BackendCall>;
  /** How many calls with this prompt have come. */
  count(prompt: string): number;
  /** Resolves when this generation was asked to stop. */
  stopped(generationId: string): Promise<void>;
  close(): Promise<void>;
}

export async function startBackend(): Promise<Backend> {
  const calls = new Map<string, BackendCall[]>();
  const stops = new Set<string>();
  let changed = Promise.withResolvers<void>();
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const server = createServer((request, response) => {
    void take(request, response).catch((error: Error) => response.destroy(error));
  });
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://backend");
    const stop = /^\/model\/chat\/(.+)$/.exec(url.pathname)?.[1];
    if (request.method === "DELETE" && stop !== undefined) {
      stops.add(stop);
      response.writeHead(204).end();
    } else if (url.pathname === "/model/chat") {
      const body = await text(request);
      const prompt = url.searchParams.get("prompt") ?? promptIn(body);
      calls.set(prompt, [...(calls.get(prompt) ?? []), new BackendCall(request, response, url.searchParams, body)]);
    } else response.writeHead(404).end();
    tell();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async call(prompt, nth = 1) {
      for (;;) {
        const call = calls.get(prompt)?.[nth - 1];
        if (call !== undefined) return call;
        await changed.promise;
      }
    },
    count: (prompt) => calls.get(prompt)?.length ?? 0,
    async stopped(generationId) {
      while (!stops.has(generationId)) await changed.promise;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function promptIn(body: string): string {
  const { messages } = JSON.parse(body) as { messages: { content: string }[] };
  return messages.at(-1)?.content ?? "";
}
