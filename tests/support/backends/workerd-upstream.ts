/**
 * The upstream of the workerd suite: a real HTTP server outside of the runtime, because only a real connection shows an
 * abort. An answer is keyed by its prompt; a test moves it on through `/control/<verb>?prompt=…`, so that it chooses the
 * moment. Loopback only; it ends with the suite.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { TestProject } from "vitest/node";

interface Answer {
  readonly requests: Array<{ readonly body: unknown; readonly headers: Record<string, unknown> }>;
  readonly stops: string[];
  readonly events: string[];
  readers: ServerResponse[];
  aborted: number;
  ended: boolean;
  /** It answers with a UI message stream of the AI SDK: each event is sent as the test gave it. */
  isUiMessageStream: boolean;
  waiters: Array<() => void>;
}

/** What is asked beside chatting. */
interface Info {
  hits: number;
  status: number;
}

function isInfoPath(path: string): boolean {
  return path === "/model/context" || path === "/model/models" || path === "/health";
}

export default async function setup(project: TestProject): Promise<() => void> {
  const { url, stop } = await startControlledUpstream();
  project.provide("upstreamUrl", url);
  return stop;
}

/** The same for a test that starts its own gateway. */
export async function startControlledUpstream(): Promise<{ url: string; stop: () => void }> {
  const upstream = new ControlledUpstream();
  const server = createServer((request, response) => {
    upstream.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

class ControlledUpstream {
  readonly #answers = new Map<string, Answer>();
  readonly #promptOf = new Map<string, string>();
  readonly #infos = new Map<string, Info>();

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://upstream");
    const stopped = /^\/model\/chat\/(.+)$/.exec(url.pathname)?.[1];
    if (url.pathname === "/control/chunks") {
      const { events, isLast } = (await json(request)) as { events: string[]; isLast: boolean };
      this.#chunks(url.searchParams.get("prompt") ?? "", events, isLast);
      response.writeHead(204).end();
    } else if (url.pathname.startsWith("/control/")) await this.#control(url, response);
    else if (request.method === "POST" && url.pathname === "/model/chat") {
      const body = (await json(request)) as { generationId: string; messages: { content: string }[] };
      const prompt = body.messages.at(-1)?.content ?? "";
      this.#promptOf.set(body.generationId, prompt);
      this.#chat(prompt, body, request, response);
    } else if (url.pathname === "/model/chat") {
      this.#chat(url.searchParams.get("prompt") ?? "", {}, request, response);
    } else if (request.method === "DELETE" && stopped !== undefined) {
      const answer = this.#answer(this.#promptOf.get(stopped) ?? "");
      answer.stops.push(stopped);
      changed(answer);
      response.writeHead(204).end();
    } else if (isInfoPath(url.pathname)) {
      const info = this.#info(url.pathname);
      info.hits += 1;
      response
        .writeHead(info.status, { "content-type": "application/json" })
        .end(JSON.stringify({ greeting: { en: "Hello" } }));
    } else response.writeHead(404).end();
  }

  #chat(prompt: string, body: unknown, request: IncomingMessage, response: ServerResponse): void {
    const answer = this.#answer(prompt);
    answer.requests.push({ body, headers: request.headers });
    const status = /^status (\d+)$/.exec(prompt)?.[1];
    if (status !== undefined) {
      response.writeHead(Number(status), { "retry-after": "7" }).end("backend secret: at model.ts:12");
    } else {
      const kind = answer.isUiMessageStream ? { "x-vercel-ai-ui-message-stream": "v1" } : {};
      response.writeHead(200, { "content-type": "text/event-stream", ...kind });
      const after = Number(request.headers["last-event-id"] ?? 0);
      for (const text of answer.events.slice(after)) response.write(text);
      if (answer.ended) response.end();
      else answer.readers.push(response);
      response.on("close", () => {
        if (response.writableFinished) return;
        answer.readers = answer.readers.filter((reader) => reader !== response);
        answer.aborted += 1;
        changed(answer);
      });
    }
    changed(answer);
  }

  /** Sends events of a UI message stream as they are. The first call must come before the question. */
  #chunks(prompt: string, events: readonly string[], isLast: boolean): void {
    const answer = this.#answer(prompt);
    if (!answer.isUiMessageStream) answer.events.length = 0;
    answer.isUiMessageStream = true;
    for (const text of events) send(answer, text);
    if (isLast) end(answer);
  }

  async #control(url: URL, response: ServerResponse): Promise<void> {
    const { searchParams: query } = url;
    const answer = this.#answer(query.get("prompt") ?? "");
    switch (url.pathname) {
      case "/control/text":
        push(answer, "token", { text: query.get("text")?.repeat(Number(query.get("times") ?? 1)) });
        break;
      case "/control/done":
        push(answer, "done", { finishReason: "stop" });
        end(answer);
        break;
      case "/control/info": {
        // How often a path was asked for, and what it answers from now on.
        const info = this.#info(query.get("path") ?? "");
        info.status = Number(query.get("status") ?? info.status);
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ hits: info.hits }));
        return;
      }
      case "/control/until": {
        const reached = (name: string, count: number) => count >= Number(query.get(name) ?? 0);
        const enough = () =>
          reached("requests", answer.requests.length) &&
          reached("aborted", answer.aborted) &&
          reached("stops", answer.stops.length);
        while (!enough()) await new Promise<void>((resolve) => answer.waiters.push(resolve));
        break;
      }
      default:
        response.writeHead(404).end();
        return;
    }
    const { requests, stops, aborted } = answer;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ requests, stops, aborted }));
  }

  #info(path: string): Info {
    const info = this.#infos.get(path) ?? { hits: 0, status: 200 };
    this.#infos.set(path, info);
    return info;
  }

  #answer(prompt: string): Answer {
    const known = this.#answers.get(prompt);
    if (known !== undefined) return known;
    const events = [eventText(1, "start", { model: "scripted", resumable: true })];
    const fresh = {
      requests: [],
      stops: [],
      events,
      readers: [],
      aborted: 0,
      ended: false,
      isUiMessageStream: false,
      waiters: [],
    };
    this.#answers.set(prompt, fresh);
    return fresh;
  }
}

function push(answer: Answer, name: string, data: unknown): void {
  send(answer, eventText(answer.events.length + 1, name, data));
}

function send(answer: Answer, text: string): void {
  answer.events.push(text);
  for (const reader of answer.readers) reader.write(text);
}

function end(answer: Answer): void {
  answer.ended = true;
  for (const reader of answer.readers.splice(0)) reader.end();
}

function changed(answer: Answer): void {
  for (const wake of answer.waiters.splice(0)) wake();
}

function eventText(id: number, name: string, data: unknown): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
