/** `npm run doctor -- --backend`: what it makes of the streams of public backends, and of one that nobody has seen. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { BackendMemory } from "../../../party/upstream/backend-memory.ts";
import { readerOf } from "../../../party/upstream/event-stream.ts";
import { FetchUpstream } from "../../../party/upstream/fetch-upstream.ts";
import { reportOf } from "../../../scripts/lib/doctor/backend-report.ts";
import { printable } from "../../../scripts/lib/doctor/findings.ts";
import { diagnose, type Target, variablesOf } from "../../../scripts/lib/doctor/recognize-backend.ts";
import { upstreamSetting } from "../../support/backends/upstream-setting.ts";
import { sendShape } from "../../support/upstream/send-shape.ts";
import { servedShapes } from "../../support/upstream/served-shapes.ts";
import { readAll } from "../upstream/reading.ts";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<{ readonly url: string; readonly calls: string[] }> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

async function diagnosed(url: string, more: Partial<Target> = {}) {
  const diagnosis = await diagnose({ backend: url, headers: {}, ...more });
  if (!diagnosis.ok) throw new Error(diagnosis.error);
  return { ...diagnosis.value, report: reportOf(diagnosis.value).join("\n") };
}

/** What the gateway shows of an answer with these settings. */
async function answerWith(settings: readonly (readonly [name: string, value: string])[]): Promise<string> {
  const upstream = new FetchUpstream({
    setting: () => upstreamSetting(Object.fromEntries(settings)),
    readerOf,
    room: "r",
    authorize: async () => ({}),
    fetch,
    memory: new BackendMemory({ now: () => 0 }),
  });
  const request = { generationId: "g", messages: [{ role: "user", content: "hi" }] } as const;
  const { parts, end } = await readAll(await upstream.open(request, new AbortController().signal));
  expect(end?.kind).toBe("done");
  return parts.map((part) => (part.type === "text-delta" ? String(part.delta) : "")).join("");
}

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;

test("[S6] the doctor says that a backend over http needs ALLOW_HTTP, except on loopback", async () => {
  const backend = await serve((_, response) => {
    response.setHeader("content-type", "text/event-stream");
    response.end(data({ type: "delta", data: "hi" }) + data({ type: "complete" }));
  });
  const local = await diagnosed(backend.url);
  expect(local.report).not.toContain("ALLOW_HTTP");
  // Not a loopback address, and reaches this machine all the same.
  const open = await diagnosed(backend.url.replace("127.0.0.1", "0.0.0.0"));
  expect(open.settings).toContainEqual(["ALLOW_HTTP", "yes"]);
  expect(open.report).toMatch(/no +encryption .*https/);
});

test("what a server says reaches the terminal without control characters", () => {
  const [sequence, override] = ["\u001b]52;c;aGk=\u0007\u009b31m", "\u202e"];
  expect(printable(`a${sequence}\n\tb${override}é 😀\r`)).toBe("a]52;c;aGk=31m\n\tbé 😀");
});

describe("the doctor and a backend's stream", () => {
  test.each(servedShapes.map((shape, index) => ({ ...shape, index })))(
    "$name is recognized after one call, and the settings to copy read it",
    async ({ index, text }) => {
      const { url, calls } = await serve((_, response) => void sendShape(`shape:${index}`, response));
      const { recognized, settings, report } = await diagnosed(url);
      expect(recognized.text).toBe(text);
      expect(recognized.failure).toBeUndefined();
      expect(calls).toEqual(["POST /model/chat"]);
      expect(settings[0]).toEqual(["NEST_BASE", url]);
      expect(await answerWith(settings)).toBe(text);
      expect(report).toContain("Recognized:");
    },
  );

  test("an unknown format gets the path to its text, and is told to be cumulative", async () => {
    const { url, calls } = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const text of ["He", "Hello", "Hello!"])
        response.write(data({ id: "x", zork: { words: text }, chat_id: "c1" }));
      response.end();
    });
    const { recognized, report } = await diagnosed(url);
    expect(recognized.text).toBe("Hello!");
    for (const line of [
      "UPSTREAM_TEXT_PATH=/zork/words",
      "UPSTREAM_CUMULATIVE=yes",
      "UPSTREAM_CONVERSATION_PATH=/chat_id",
    ])
      expect(report).toContain(line);
    expect(calls.length).toBe(1);
  });

  test("a backend that is only asked by GET keeps its path, and is told what it loses", async () => {
    const { url, calls } = await serve((request, response) => {
      if (request.method !== "GET") return void response.writeHead(404).end();
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(data({ type: "delta", data: "Hi" }) + data({ type: "complete" }));
    });
    const { report } = await diagnosed(url, { variables: { UPSTREAM_PATH: "/ai/chat" }, prompt: "x" });
    expect(calls).toEqual(["POST /ai/chat", "GET /ai/chat?provider=openai&prompt=x"]);
    expect(report).toContain("UPSTREAM_PATH=/ai/chat");
    expect(report).toContain("UPSTREAM_METHOD=GET");
    expect(report).toContain("UPSTREAM_DIALECT=unified");
    expect(report).toMatch(/no +history/);
  });

  test("a stream without an end event is told to send one", async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(data({ content: "Hi" }));
    });
    expect((await diagnosed(url)).report).toMatch(/no +end +.*"complete"/);
  });

  test("nothing that can be read, a refusal and a wrong path are said in a sentence", async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(data({ count: 1 }));
    });
    expect((await diagnosed(url)).report).toContain("Nothing was read as the answer: upstream-unrecognized");
    const refusing = await serve((_, response) => response.writeHead(401).end());
    expect(await diagnose({ backend: refusing.url, headers: {} })).toMatchObject({
      ...{ ok: false, error: expect.stringContaining("answers 401") },
    });
    expect(await diagnose({ backend: refusing.url, variables: { UPSTREAM_PATH: "chat" }, headers: {} })).toMatchObject({
      ...{ ok: false, error: expect.stringContaining("UPSTREAM_PATH") },
    });
  });

  const ways: readonly (readonly [name: string, options: Record<string, string>, asked: string, history: RegExp])[] = [
    ["a query of its own", { method: "GET", path: "/ask", query: "q={prompt}" }, "GET /ask?q=hi", /no +history/],
    [
      "a body of its own",
      { path: "/ask", body: '{"message":"{prompt}"}' },
      'POST /ask {"message":"hi"}',
      /no +history/,
    ],
    [
      "a body with the conversation",
      { body: '{"messages":"{messages}"}' },
      'POST /model/chat {"messages":[{"role":"user","content":"hi"}]}',
      /yes +history +\{messages\}/,
    ],
    [
      "a conversation of its own",
      { body: '{"query":"{prompt}","conversation_id":"{conversation}"}' },
      'POST /model/chat {"query":"hi"}',
      /yes +history +Your service keeps it under its own id/,
    ],
    [
      "its own header and stop route",
      { headers: '{"x-app":"1"}', body: '{"text":"{prompt}"}', "stop-path": "/stop/{generation}" },
      'POST /model/chat {"text":"hi"} x-app: 1',
      /not seen +stop +Serve \/stop/,
    ],
  ];
  test.each(ways)("a service that takes %s is asked so, and the settings say so", async (_, options, asked, says) => {
    const seen: string[] = [];
    const { url } = await serve(async (request, response) => {
      const body = await text(request);
      const header = request.headers["x-app"] === undefined ? "" : ` x-app: ${request.headers["x-app"]}`;
      seen.push(`${request.method} ${request.url}${body === "" ? "" : ` ${body}`}${header}`);
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(data({ conversation_id: "c", content: "Hi" }) + data({ conversation_id: "c", done: true }));
    });
    const { settings, report } = await diagnosed(url, { variables: variablesOf(options), prompt: "hi" });
    expect(seen).toEqual([asked]);
    expect(report).toMatch(says);
    for (const [name, value] of Object.entries(options))
      expect(report).toContain(`UPSTREAM_${name.replace("-", "_").toUpperCase()}=${value}`);
    expect(await answerWith(settings)).toBe("Hi");
    expect(seen).toEqual([asked, asked]);
  });

  test("text alone can't tell a failure, and the report says what to set", async () => {
    const plain = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end("data: Hello\n\ndata: you\n\n");
    });
    expect((await diagnosed(plain.url)).report).toMatch(/no +failure .*UPSTREAM_FAILURE_MARKS/);
    const tagged = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(data({ content: "Hi", done: true }));
    });
    expect((await diagnosed(tagged.url)).report).toMatch(/yes +failure/);
  });

  test.each([
    [400, "--body"],
    [401, "--authorization"],
    [404, "--path"],
    [302, "redirect"],
  ])("status %i is answered with what to pass: %s", async (status, advice) => {
    const { url } = await serve((_, response) => void response.writeHead(status).end());
    expect(await diagnose({ backend: url, headers: {} })).toMatchObject({
      ...{ ok: false, error: expect.stringContaining(advice) },
    });
  });
});
