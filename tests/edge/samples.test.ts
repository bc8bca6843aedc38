/**
 * Why the bridge answers before it relays: a handler that awaits the whole stream first has nobody to read what it writes, and
 * waits for ever. workerd notices and stops it; Vercel's edge runtime does not. Ours, on the same runtime and backend, streams.
 */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Part, startPart } from "../../scripts/lib/local-process.ts";
import { startWorker } from "../../scripts/lib/local-processes.ts";
import { type Backend, startBackend } from "./backend.ts";
import { EventReader } from "./reader.ts";
import { start } from "./runtimes.ts";

const events = { accept: "text/event-stream" };
let backend: Backend;
let workerSample: Part;
let edgeSample: Part;
let worker: Part;
let edge: Part;

beforeAll(async () => {
  backend = await startBackend();
  const { url } = backend;
  [workerSample, edgeSample, worker, edge] = await Promise.all([
    startWorker({
      name: "sample",
      config: join(import.meta.dirname, "samples/wrangler.jsonc"),
      vars: { NEST_BASE: url },
    }),
    startPart({
      name: "sample",
      command: process.execPath,
      args: [join(import.meta.dirname, "hosts/vercel-edge.ts"), "tests/edge/samples/vercel-edge.ts"],
      env: { NEST_BASE: url },
      ready: /ready on (http:\/\/\S+)/,
    }),
    start["Worker (workerd)"](url, {}),
    start["Vercel, edge runtime"](url, {}),
  ]);
});
afterAll(async () => {
  await Promise.all([workerSample, edgeSample, worker, edge].map((part) => part?.stop()));
  await backend?.close();
});

/** A whole answer of the backend's, ended. */
async function answer(prompt: string, nth = 1): Promise<void> {
  (await backend.call(prompt, nth)).open().event(1, "token", { text: "Hello" }).event(2, "done", {}).end();
}

/** Our bridge's answer to the same question, to its end. */
async function ours(part: Part, prompt: string): Promise<string> {
  const asking = fetch(`${part.url}/chat?q=${prompt}`, { headers: events });
  await answer(prompt, 2);
  return (await new EventReader(await asking).toEnd()).answer;
}

test("[E1] on workerd such a handler is stopped as hung, and ours streams", async () => {
  const asking = fetch(`${workerSample.url}/chat?q=hung`);
  await answer("hung");
  const response = await asking;
  expect(response.status).toBe(500);
  expect(workerSample.output.join("\n") + (await response.text())).toMatch(/would never generate a response|had hung/);
  expect(await ours(worker, "hung")).toBe("Hello");
});

test("[E1] on Vercel's edge runtime such a handler never answers, and ours streams", async () => {
  const leaving = new AbortController();
  let isAnswered = false;
  const asking = fetch(`${edgeSample.url}/chat?q=silent`, { signal: leaving.signal }).then(
    () => {
      isAnswered = true;
    },
    (error: Error) => expect(error.name).toBe("AbortError"),
  );
  // The backend has said all it had to say before ours is even asked.
  await answer("silent");
  expect(await ours(edge, "silent")).toBe("Hello");
  expect(isAnswered).toBe(false);
  leaving.abort();
  await asking;
});
