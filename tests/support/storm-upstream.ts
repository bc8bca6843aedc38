/**
 * A backend that answers ten at a time and tells everyone else 429: a real HTTP server, because its limit must count real
 * calls. It repeats the prompt, word by word. Loopback only.
 *
 * `/control/begin?retryAfter=1` forgets what it has seen and says from now on how long to wait (nothing without it);
 * `/control/events` tells what it has seen.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import type { StormEvent } from "./storm-figures.ts";

const atATime = 10;
/** What one answer takes on average: from a fifth less to a fifth more. */
const defaultAnswerMs = 125;

export interface StormUpstream {
  readonly url: string;
  readonly events: readonly StormEvent[];
  /** Forgets what it has seen. @param retryAfter seconds that a refusal asks to wait; undefined says nothing. */
  begin(retryAfter?: string): void;
  stop(): void;
}

/** For a suite. */
export default async function setup(project: TestProject): Promise<() => void> {
  const upstream = await startStormUpstream();
  project.provide("stormUrl", upstream.url);
  return () => upstream.stop();
}

export async function startStormUpstream(answerMs = defaultAnswerMs): Promise<StormUpstream> {
  let events: StormEvent[] = [];
  let retryAfter: string | undefined;
  let active = 0;
  let calls = 0;
  const begin = (after?: string) => {
    events = [];
    retryAfter = after;
  };

  async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await json(request)) as { messages: { content: string }[] };
    const prompt = body.messages.at(-1)?.content ?? "";
    if (active >= atATime) {
      events.push({ kind: "refused", prompt });
      response.writeHead(429, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end();
      return;
    }
    events.push({ kind: "taken", prompt });
    active += 1;
    response.on("close", () => {
      active -= 1;
      events.push({ kind: response.writableFinished ? "completed" : "aborted", prompt });
    });
    await answer(prompt, response);
  }

  async function answer(prompt: string, response: ServerResponse): Promise<void> {
    const words = prompt.match(/\S+\s*/g) ?? [];
    const pause = spread(calls++, answerMs) / (words.length + 1);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(eventText(1, "start", { model: "storm", resumable: false }));
    for (const [index, text] of words.entries()) {
      await sleep(pause);
      response.write(eventText(index + 2, "token", { text }));
    }
    await sleep(pause);
    response.end(eventText(words.length + 2, "done", { finishReason: "stop" }));
  }

  function handle(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://upstream");
    if (request.method === "POST" && pathname === "/model/chat") return chat(request, response);
    if (pathname === "/control/begin") begin(searchParams.get("retryAfter") ?? undefined);
    if (pathname === "/control/events") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(events));
    } else response.writeHead(204).end();
  }

  const server = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch(() => request.socket.destroy());
  });
  // A thousand rooms may knock at once.
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 }, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get events() {
      return events;
    },
    begin,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Evenly from a fifth less to a fifth more, and the same in each run. */
function spread(call: number, ms: number): number {
  return ms * (0.8 + 0.4 * (((call * 37) % 51) / 50));
}

function eventText(id: number, name: string, data: unknown): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
