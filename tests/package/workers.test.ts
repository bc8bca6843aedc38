/**
 * Workers of other people on the packed package, as `wrangler dev` runs them: those of examples/own-worker, and one whose hooks
 * misbehave. The backend is the reference backend with an exact echo.
 */
import { cp, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { ChatClient, textOf } from "edge-chat-gateway/client";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Part } from "../../scripts/lib/local-process.ts";
import { startBackend, startWorker } from "../../scripts/lib/local-processes.ts";
import { root } from "../../scripts/package/entries.ts";
import { Project } from "./project.ts";

const example = join(root, "examples/own-worker");
let backend: Part;
const projects: Project[] = [];
const workers: Part[] = [];

beforeAll(async () => {
  backend = await startBackend({ env: { PROVIDER: "echo" } });
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await backend?.stop();
  await Promise.all(projects.map((project) => project.remove()));
});

/** Starts a Worker in a project of its own. @param main the source of its entry. */
async function serve(name: string, main: string, vars: Record<string, string> = {}): Promise<Part> {
  const project = await Project.in(inject("packedProject"), name);
  projects.push(project);
  await project.link("hono");
  await cp(join(example, "wrangler.jsonc"), join(project.folder, "wrangler.jsonc"));
  await project.write("src/index.ts", main);
  const worker = await startWorker({
    name,
    vars: { AUTH: "none", NEST_BASE: backend.url, ...vars },
    persistTo: join(project.folder, "state"),
    config: join(project.folder, "wrangler.jsonc"),
  });
  workers.push(worker);
  return worker;
}

const sourceOf = (file: string) => readFile(join(example, "src", file), "utf8");

/** Asks, and resolves with the turn once it has settled, or with the refusal. */
function ask(
  url: string,
  room: string,
  prompt: string,
): Promise<{ text?: string; input?: unknown; refused?: unknown }> {
  const chat = new ChatClient({ url, room });
  return new Promise((resolve) => {
    const id = chat.submit(prompt);
    const stop = chat.subscribe(() => {
      const { turns, pending } = chat.getSnapshot();
      const refused = pending.find((turn) => turn.id === id)?.refused;
      const turn = turns.find((shown) => shown.id === id && shown.state === "settled");
      if (refused === undefined && turn === undefined) return;
      stop();
      chat.close();
      resolve(turn === undefined ? { refused } : { text: textOf(turn.parts), input: turn.input });
    });
  });
}

describe("a Worker with plain `fetch`", () => {
  let worker: Part;
  let usage: Server;
  const reported: Record<string, unknown>[] = [];
  let onReport: () => void = () => {};

  beforeAll(async () => {
    usage = createServer((request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => reported.push(JSON.parse(text) as (typeof reported)[0]));
      request.on("end", () => {
        response.end();
        onReport();
      });
    });
    await new Promise<void>((resolve) => usage.listen(0, "127.0.0.1", resolve));
    const { port } = usage.address() as { port: number };
    worker = await serve("plain", await sourceOf("index.ts"), {
      USAGE_URL: `http://127.0.0.1:${port}/`,
      OPERATOR_TOKEN: "operator".repeat(4),
    });
  });
  afterAll(() => usage?.close());

  test("[E6] serves its own routes, and the gateway under the prefix alone", async () => {
    expect(await (await fetch(worker.url)).text()).toBe("My own page");
    expect(await (await fetch(`${worker.url}/ai/health`)).json()).toEqual({ status: "ok" });
    expect(await (await fetch(`${worker.url}/health`)).text()).toBe("My own page");
    expect((await fetch(`${worker.url}/ai/nothing`)).status).toBe(404);
  });

  test("[E6] a client whose `url` has the prefix gets its answer over a WebSocket, and afterTurn reports it", async () => {
    const told = new Promise<void>((resolve) => {
      onReport = resolve;
    });
    expect(await ask(`${worker.url}/ai`, "lobby", "What is the sky?")).toMatchObject({ text: "What is the sky?" });
    await told;
    expect(reported).toEqual([expect.objectContaining({ author: "anonymous", outcome: "completed" })]);
  });

  test("[E6] an address in an answer has the prefix", async () => {
    const response = await fetch(`${worker.url}/ai/parties/chat/places/turns`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ turnId: "t1", input: { prompt: "hi" } }),
    });
    expect(response.headers.get("location")).toBe("/ai/parties/chat/places/turns/t1");
    expect((await fetch(new URL(response.headers.get("location") ?? "", worker.url))).status).toBe(200);
  });

  test("[E6] an uploaded file is read at an address with the prefix", async () => {
    const response = await fetch(`${worker.url}/ai/parties/chat/files/files`, {
      method: "POST",
      headers: { "content-type": "text/plain", "x-file-name": "a.txt" },
      body: "hello",
    });
    const { url } = (await response.json()) as { url: string };
    expect([response.headers.get("location"), new URL(url).pathname].map((path) => path?.slice(0, 18))).toEqual([
      "/ai/parties/chat/f",
      "/ai/parties/chat/f",
    ]);
    expect(await (await fetch(url)).text()).toBe("hello");
  });

  test("[E6] beforeTurn changes a question for everybody and for the backend", async () => {
    const clean = "My card is [card number], thanks";
    expect(await ask(`${worker.url}/ai`, "cards", "My card is 4242 4242 4242 4242, thanks")).toEqual({
      text: clean,
      input: { prompt: clean },
    });
  });

  test("[E6] a changed question that is submitted again is the same question", async () => {
    const submit = () =>
      fetch(`${worker.url}/ai/parties/chat/again/turns`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ turnId: "t1", input: { prompt: "4242424242424242" } }),
      });
    expect((await submit()).ok).toBe(true);
    expect((await submit()).ok).toBe(true);
  });

  test("[E6] beforeTurn refuses a question with a sentence for its person", async () => {
    expect(await ask(`${worker.url}/ai`, "secrets", "my password is 123")).toMatchObject({
      refused: { code: "turn-not-allowed", message: "Please don't send passwords." },
    });
  });

  test("[E6] authorize keeps a caller out of a room, over HTTP and over a WebSocket", async () => {
    expect((await fetch(`${worker.url}/ai/parties/chat/staff-1`)).status).toBe(403);
    const chat = new ChatClient({ url: `${worker.url}/ai`, room: "staff-1" });
    const state = await new Promise((resolve) => {
      chat.subscribe(() => {
        const { connection } = chat.getSnapshot();
        if (connection.state === "closed") resolve(connection);
      });
    });
    chat.close();
    expect(state).toMatchObject({ code: "room-forbidden" });
  });
});

test("[E6] a Worker with Hono serves its own routes and the gateway", async () => {
  const worker = await serve("hono", await sourceOf("with-hono.ts"));
  expect(await (await fetch(worker.url)).text()).toBe("My own page");
  expect(await ask(`${worker.url}/ai`, "lobby", "What is the sea?")).toMatchObject({ text: "What is the sea?" });
});

describe("a Worker whose hooks misbehave", () => {
  let worker: Part;
  const main = `
    import { createGateway } from "edge-chat-gateway/server";
    const gateway = createGateway({
      settings: { MAX_QUEUED_TURNS: 4 },
      authorize: ({ room }) => {
        if (room === "breaks") throw new Error("authorize broke");
        if (room === "forgets") return undefined;
        return room === "reads" ? { scopes: ["read"] } : true;
      },
      beforeTurn: ({ input: { prompt } }) => {
        if (prompt === "throw") throw new Error("beforeTurn broke");
        if (prompt === "hang") return new Promise(() => {});
        if (prompt === "nonsense") return { input: { prompt: 7 } };
      },
      afterTurn: () => { throw new Error("afterTurn broke"); },
      onEvent: () => Promise.reject(new Error("onEvent broke")),
    });
    export const { ChatRoom, Limiter, Metrics, Revocations } = gateway;
    export default gateway;
  `;
  const failures = (hook: string) =>
    worker.output.filter((line) => line.includes('"hook-failed"') && line.includes(`"${hook}"`));

  beforeAll(async () => {
    worker = await serve("misbehaving", main);
  });

  test.each(["throw", "hang", "nonsense"])("[E6] a beforeTurn that does %s refuses the question", async (prompt) => {
    expect(await ask(worker.url, `before-${prompt}`, prompt)).toMatchObject({ refused: { code: "internal" } });
    await expect.poll(() => failures("beforeTurn").length).toBeGreaterThan(0);
  });

  test("[E6] an afterTurn and an onEvent that fail break nothing, and are logged", async () => {
    expect(await ask(worker.url, "fine", "hello")).toMatchObject({ text: "hello" });
    await expect.poll(() => failures("afterTurn").length).toBeGreaterThan(0);
    await expect.poll(() => failures("onEvent").length).toBeGreaterThan(0);
  });

  test.each(["breaks", "forgets"])("[E6] an authorize that %s lets nobody in", async (room) => {
    const response = await fetch(`${worker.url}/parties/chat/${room}`);
    expect([response.status, response.headers.get("x-gateway-error")]).toEqual([500, "internal"]);
  });

  test("[E6] authorize takes scopes away", async () => {
    const address = `${worker.url}/parties/chat/reads`;
    expect((await fetch(address)).status).toBe(200);
    const body = JSON.stringify({ turnId: "t1", input: { prompt: "hi" } });
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${address}/turns`, { method: "POST", headers, body })).status).toBe(403);
  });
});
