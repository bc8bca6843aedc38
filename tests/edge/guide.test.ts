/**
 * The minimal functions of docs/guide.md, each on its runtime, over real HTTP: what they promise, and that the two samples they
 * replace do not do it. The text of the guide is held against these files by tests/docs.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { relay } from "../../examples/guide/relay.ts";
import { type Part, startPart } from "../../scripts/lib/local-process.ts";
import { startWorker } from "../../scripts/lib/local-processes.ts";
import { type Backend, startBackend } from "./backend.ts";
import { EventReader } from "./reader.ts";

const root = join(import.meta.dirname, "../..");
const deno = ["run", "--quiet", "--no-config", "--allow-net", "--allow-env", "--allow-read"];

/** A host of tests/edge/hosts with a function of the guide in it. */
function host(name: string, file: string): (url: string) => Promise<Part> {
  const script = join(import.meta.dirname, "hosts", `${name}.ts`);
  const isDeno = name === "netlify";
  return (url) =>
    startPart({
      name: file,
      command: isDeno ? join(root, "node_modules/.bin/deno") : process.execPath,
      args: [...(isDeno ? deno : []), script, `examples/guide/${file}`],
      env: { NEST_BASE: url },
      ready: /ready on (http:\/\/\S+)/,
    });
}

let persistTo: string;
const runtimes: Readonly<Record<string, (url: string) => Promise<Part>>> = {
  "Worker (workerd)": (url) =>
    startWorker({
      name: "worker.ts",
      config: join(root, "examples/guide/wrangler.jsonc"),
      vars: { NEST_BASE: url },
      persistTo,
    }),
  "Vercel, edge runtime": host("vercel-edge", "vercel-edge.ts"),
  "Vercel, Node.js": host("vercel-node", "vercel-node.ts"),
  "Netlify Edge (Deno)": host("netlify", "netlify-edge.ts"),
  "Netlify Functions (Node.js)": host("vercel-node", "netlify-function.ts"),
  Deno: (url) =>
    startPart({
      name: "deno.ts",
      command: join(root, "node_modules/.bin/deno"),
      args: [...deno.filter((flag) => flag !== "--quiet"), "examples/guide/deno.ts"],
      env: { NEST_BASE: url, DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0" },
      ready: /Listening on (http:\/\/\S+?)\/?$/,
    }),
};

let backend: Backend;
let parts: ReadonlyMap<string, Part>;
beforeAll(async () => {
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-guide-"));
  backend = await startBackend();
  const started = Object.entries(runtimes).map(async ([name, start]) => [name, await start(backend.url)] as const);
  parts = new Map(await Promise.all(started));
});
afterAll(async () => {
  await Promise.all([...(parts?.values() ?? [])].map((part) => part.stop()));
  await backend?.close();
  await rm(persistTo, { recursive: true, force: true });
});

let prompts = 0;
/** With what breaks a prompt that is put into a URL as it is. */
const fresh = () => `question ${++prompts} & provider=other # 你好?`;

describe.each(Object.keys(runtimes))("%s", (name) => {
  const ask = (prompt: string) => fetch(`${parts.get(name)?.url}/chat?q=${encodeURIComponent(prompt)}`);

  test("answers before the backend has ended, and asks for the prompt as it was", async () => {
    const prompt = fresh();
    const asking = ask(prompt);
    const call = (await backend.call(prompt)).open();
    expect(call.query.getAll("provider")).toEqual(["openai"]);
    call.event(1, "token", { text: "Hello, " });
    const response = await asking;
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = await new EventReader(response).until(({ answer }) => answer === "Hello, ");
    call.event(2, "token", { text: "world" }).event(3, "done", {}).end();
    expect((await reader.toEnd()).answer).toBe("Hello, world");
  });

  test("passes on that the backend is busy, and for how long; not its words", async () => {
    for (const [status, seen, wait] of [
      [429, 429, "7"],
      [503, 503, "7"],
      [401, 502, null],
      [500, 502, null],
    ] as const) {
      const prompt = fresh();
      const asking = ask(prompt);
      (await backend.call(prompt)).answer(status, { "retry-after": "7" }, "secret: at model.ts:12");
      const response = await asking;
      expect(response.status).toBe(seen);
      expect(response.headers.get("retry-after")).toBe(wait);
      expect(await response.text()).not.toContain("secret");
    }
  });

  test("closes the backend's call when the reader leaves", async () => {
    const prompt = fresh();
    const asking = ask(prompt);
    const call = (await backend.call(prompt)).open().event(1, "token", { text: "so far" });
    const reader = await new EventReader(await asking).until(({ answer }) => answer === "so far");
    await reader.leave();
    // Some runtimes notice a departure only when they write again, and that more than once: the model goes on speaking.
    const speaking = setInterval(() => call.event(2, "token", { text: "unread" }), 20);
    await call.aborted;
    clearInterval(speaking);
  });

  test("asks for a question", async () => {
    expect((await fetch(`${parts.get(name)?.url}/chat`)).status).toBe(400);
  });
});

describe("the relay's clocks", () => {
  const timing = { headersTimeoutMs: 5_000, silenceTimeoutMs: 5_000, heartbeatMs: 20 };
  const ask = (prompt: string, times: Partial<typeof timing>) =>
    relay(new Request(`http://edge.example/chat?q=${encodeURIComponent(prompt)}`), backend.url, {
      ...timing,
      ...times,
    });

  test("a backend that sends no headers in time is a 502, and its call is closed", async () => {
    const prompt = fresh();
    const asking = ask(prompt, { headersTimeoutMs: 200 });
    const call = await backend.call(prompt);
    expect((await asking).status).toBe(502);
    await call.aborted;
  });

  test("a silent line has comments, between events only", async () => {
    const prompt = fresh();
    const asking = ask(prompt, {});
    const call = (await backend.call(prompt)).open();
    const reader = new EventReader(await asking);
    await reader.until(({ text }) => text.startsWith(":\n\n:\n\n:\n\n"));
    call.write('event: token\ndata: {"te');
    await reader.until(({ text }) => text.endsWith('{"te'));
    await new Promise((resolve) => setTimeout(resolve, 3 * timing.heartbeatMs));
    call.write('xt":"whole"}\n\n').event(2, "done", {}).end();
    expect((await reader.toEnd()).answer).toBe("whole");
  });

  test("silence ends the answer with an event, and closes the call", async () => {
    const prompt = fresh();
    const asking = ask(prompt, { silenceTimeoutMs: 200 });
    const call = (await backend.call(prompt)).open().event(1, "token", { text: "so far" });
    const reader = await new EventReader(await asking).toEnd();
    expect(reader.answer).toBe("so far");
    expect(reader.of("error")).toEqual([{ code: "upstream-silence", retryable: false }]);
    await call.aborted;
  });

  test("an answer that breaks inside an event is not taken for a whole one", async () => {
    const prompt = fresh();
    const asking = ask(prompt, { silenceTimeoutMs: 200 });
    (await backend.call(prompt)).open().write('event: token\ndata: {"text":"half');
    const reader = await new EventReader(await asking).toEnd();
    expect(reader.events).toEqual([]);
  });
});

describe("the room", () => {
  const open = async (room: string) => {
    const socket = new WebSocket(`${parts.get("Worker (workerd)")?.url.replace("http", "ws")}/rooms/${room}`);
    const frames: { type: string; data?: { text?: string } }[] = [];
    let heard = Promise.withResolvers<void>();
    socket.onmessage = ({ data }) => {
      frames.push(JSON.parse(String(data)));
      heard.resolve();
      heard = Promise.withResolvers();
    };
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const until = async (type: string) => {
      while (!frames.some((frame) => frame.type === type)) await heard.promise;
    };
    const text = () => frames.map(({ data }) => data?.text ?? "").join("");
    return { socket, until, text };
  };

  test("two tabs see one answer grow, and either stops it at the backend", async () => {
    const prompt = fresh();
    const [a, b] = await Promise.all([open("two"), open("two")]);
    a.socket.send(prompt);
    const call = (await backend.call(prompt)).open().event(1, "token", { text: "Hello" });
    await Promise.all([a.until("token"), b.until("token")]);
    expect([a.text(), b.text()]).toEqual(["Hello", "Hello"]);
    b.socket.send("stop");
    await Promise.all([a.until("stopped"), b.until("stopped"), call.aborted]);
    a.socket.close();
    b.socket.close();
  });

  test("when the last tab leaves, the backend's call is closed", async () => {
    const prompt = fresh();
    const [a, b] = await Promise.all([open("leave"), open("leave")]);
    a.socket.send(prompt);
    const call = (await backend.call(prompt)).open().event(1, "token", { text: "Hello" });
    await b.until("token");
    a.socket.close();
    call.event(2, "reasoning", { text: "still here" });
    await b.until("reasoning");
    b.socket.close();
    await call.aborted;
  });

  test("a backend that refuses is told as a failure, and the room goes on", async () => {
    const [first, second] = [fresh(), fresh()];
    const tab = await open("refused");
    tab.socket.send(first);
    (await backend.call(first)).answer(503, {});
    await tab.until("failed");
    tab.socket.send(second);
    (await backend.call(second)).open().event(1, "token", { text: "now" }).event(2, "done", {}).end();
    await tab.until("done");
    expect(tab.text()).toBe("now");
    tab.socket.close();
  });
});
