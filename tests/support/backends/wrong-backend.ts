/**
 * A backend that fits the contract but for one fault, which a test chooses: what `npm run doctor` must find. Loopback only;
 * it ends with its test.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export const flaws = [
  ...["refuses", "answers-201", "answers-whole", "unnamed", "other-name", "misfit", "no-done", "buffers", "no-ids"],
  ...["same-ids", "runs-again", "resumes-from-start", "resumes-the-unknown", "no-stop", "stop-does-nothing"],
  ...["stop-of-unknown-404", "accepts-anything", "not-resumable", "ids-go-back", "ids-are-words", "never-notices"],
] as const;
export type Flaw = (typeof flaws)[number];

interface Generation {
  readonly words: readonly string[];
  readonly salt: string;
  startedAt: number;
  isStopped: boolean;
}

const tokenMs = 4;

export interface WrongBackend {
  readonly url: string;
  close(): void;
}

export async function startWrongBackend(flaw: Flaw | undefined): Promise<WrongBackend> {
  const generations = new Map<string, Generation>();
  const server = createServer((request, response) => {
    handle(request, response, flaw, generations).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  flaw: Flaw | undefined,
  generations: Map<string, Generation>,
): Promise<void> {
  const [, , , stopped] = (request.url ?? "").split("/");
  if (request.method === "GET") {
    const isAsked = flaw === "never-notices" && request.url?.startsWith("/model/stats") === true;
    return void response.writeHead(isAsked ? 200 : 404).end(isAsked ? '{"state":"running"}' : "");
  }
  if (request.method === "DELETE") {
    const generation = generations.get(stopped ?? "");
    if (generation !== undefined && flaw !== "stop-does-nothing") generation.isStopped = true;
    const isRefused = flaw === "no-stop" || (flaw === "stop-of-unknown-404" && generation === undefined);
    return void response.writeHead(isRefused ? 404 : 204).end();
  }
  const body = JSON.parse(await text(request)) as { generationId?: string; messages?: unknown };
  if (flaw === "refuses") return void response.writeHead(403).end();
  if (!Array.isArray(body.messages)) {
    return void response
      .writeHead(flaw === "accepts-anything" ? 200 : 400, { "content-type": "text/event-stream" })
      .end();
  }
  await answer(request, response, body.generationId ?? "", body.messages, flaw, generations);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
  messages: readonly { readonly content: string }[],
  flaw: Flaw | undefined,
  generations: Map<string, Generation>,
): Promise<void> {
  const after = request.headers["last-event-id"];
  const known = flaw === "runs-again" && after === undefined ? undefined : generations.get(id);
  if (known === undefined && after !== undefined && flaw !== "resumes-the-unknown") {
    return void response.writeHead(410).end();
  }
  const words = (messages.at(-1)?.content ?? "").split(" ");
  const generation = known ?? { words, salt: String(generations.size), startedAt: Date.now(), isStopped: false };
  generations.set(id, generation);
  if (flaw === "answers-whole") {
    return void response.writeHead(200, { "content-type": "text/plain" }).end(words.join(" "));
  }
  response.writeHead(flaw === "answers-201" ? 201 : 200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  const all = eventsOf(generation, flaw);
  const from = flaw === "resumes-from-start" ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const buffered: string[] = [];
  for (const [index, { text: event }] of all.entries()) {
    if (index + 1 <= from) continue;
    // A generation goes on by itself, whoever reads it.
    const due = generation.startedAt + index * tokenMs - Date.now();
    if (due > 0) await sleep(due);
    if (generation.isStopped || response.destroyed) break;
    if (flaw === "buffers") buffered.push(event);
    else response.write(event);
  }
  response.end(buffered.join(""));
}

function eventsOf(
  { words, salt }: Generation,
  flaw: Flaw | undefined,
): { readonly id: string; readonly text: string }[] {
  const token = flaw === "misfit" ? { word: "x" } : undefined;
  // Run again, a model says something else.
  const said = flaw === "runs-again" ? words.map((word) => `${word}${salt} `) : words.map((word) => `${word} `);
  const events: [name: string, data: unknown][] = [
    ["start", { model: "wrong-1", resumable: flaw !== "not-resumable" }],
    ...said.map((text): [string, unknown] => [flaw === "other-name" ? "chunk" : "token", token ?? { text }]),
    ...(flaw === "no-done" ? [] : [["done", { finishReason: "stop" }] as [string, unknown]]),
  ];
  return events.map(([name, data], index) => {
    const id = flaw === undefined ? String(index + 1) : (idOf[flaw]?.(index) ?? String(index + 1));
    const idLine = flaw === "no-ids" ? "" : `id: ${id}\n`;
    const text = `${idLine}${flaw === "unnamed" ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
    return { id, text };
  });
}

const idOf: { readonly [F in Flaw]?: (index: number) => string } = {
  "same-ids": () => "1",
  "ids-go-back": (index) => String(1_000 - index),
  "ids-are-words": (index) => `event-${index}`,
};
