/**
 * A backend that answers ten calls at a time and refuses all others with 429: a real HTTP server, because its limit must
 * count real calls. It repeats the prompt, word by word. Loopback only.
 *
 * `/control/begin?wave=200&retryAfter=1` forgets what has happened, answers no call until so many have come, and sends
 * `Retry-After` from then on if it is given. `/control/events` returns what has happened.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import type { StormEvent } from "./storm-figures.ts";

const atATime = 10;
/** How long an answer takes on average: from a fifth less to a fifth more. */
const defaultAnswerMs = 125;

/** The longest time that the upstream waits for a wave: well below the suite's own timeout, whose message would say less. */
const maxWaveMs = 45_000;

export interface Storm {
  /**
   * How many calls come at the same moment: no call is answered before so many have come. Otherwise a slow machine makes a
   * queue of the storm, in which the first rooms have their answers when the last ones ask.
   */
  readonly wave: number;
  /** `Retry-After` of a refusal in seconds; absent, a refusal has none. */
  readonly retryAfter?: string;
}

export interface StormUpstream {
  readonly url: string;
  readonly events: readonly StormEvent[];
  /** Forgets what has happened. */
  begin(storm: Storm): void;
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
  let wave = waveOf(0);
  const begin = (storm: Storm) => {
    events = [];
    retryAfter = storm.retryAfter;
    wave.stop();
    wave = waveOf(storm.wave);
  };

  async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await json(request)) as { messages: { content: string }[] };
    const prompt = body.messages.at(-1)?.content ?? "";
    await wave.arrived();
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
    if (pathname === "/control/begin") {
      const after = searchParams.get("retryAfter");
      begin({ wave: Number(searchParams.get("wave")), ...(after === null ? {} : { retryAfter: after }) });
    }
    if (pathname === "/control/events") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(events));
    } else response.writeHead(204).end();
  }

  const server = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch(() => request.socket.destroy());
  });
  // A thousand rooms may connect at once.
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 }, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get events() {
      return events;
    },
    begin,
    stop: () => {
      wave.stop();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Releases all calls together once `count` of them have come. */
function waveOf(count: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, maxWaveMs);
  let calls = 0;
  const stop = () => {
    clearTimeout(timer);
    resolve();
  };
  return {
    arrived(): Promise<void> {
      calls += 1;
      if (calls >= count) stop();
      return promise;
    },
    stop,
  };
}

/** Spreads evenly from a fifth less to a fifth more, in the same way in each run. */
function spread(call: number, ms: number): number {
  return ms * (0.8 + 0.4 * (((call * 37) % 51) / 50));
}

function eventText(id: number, name: string, data: unknown): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
