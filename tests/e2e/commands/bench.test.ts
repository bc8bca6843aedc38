/** The bench on what needs no peers: its load, its clock and our own contenders on workerd, so that it runs when it is wanted. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { copy } from "../../../bench/contenders/copy.ts";
import { relay } from "../../../bench/contenders/relay.ts";
import { usPoll, usSse } from "../../../bench/contenders/us-http.ts";
import { usWs } from "../../../bench/contenders/us-ws.ts";
import { runPlan } from "../../../bench/lib/run.ts";
import { burst } from "../../../bench/scenarios/burst.ts";
import { resume } from "../../../bench/scenarios/resume.ts";
import { answer } from "../../../bench/upstream/answer.ts";
import { orderIn } from "../../../bench/upstream/order.ts";

/** The bench's backend without NestJS, which has its WebSocket gateway from a peer. */
async function startUpstream() {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    if (request.method !== "POST") return void response.writeHead(204).end();
    response.writeHead(200, { "content-type": "text/event-stream" });
    let id = 0;
    const say = (event: string, data: object) => {
      id += 1;
      response.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    say("start", { model: "bench", resumable: false });
    const stop = answer(
      orderIn(body),
      (text) => say("token", { text }),
      () => {
        say("done", { finishReason: "stop" });
        response.end();
      },
    );
    response.on("close", stop);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${port}`, pid: process.pid, stop };
}

test("measures each of our transports, a copy and a relay, and a resume", async () => {
  const upstream = await startUpstream();
  try {
    const [bursts, resumes] = await runPlan(
      {
        contenders: [copy, relay, usWs, usSse, usPoll],
        scenarios: [burst({ isQuick: true }), resume({ isQuick: true })],
        rounds: 1,
        timeoutMs: 30_000,
        onRun: () => undefined,
      },
      upstream,
    );
    for (const id of ["copy", "relay", "us-ws", "us-sse", "us-poll"]) {
      expect([id, bursts?.entries[id]]).toEqual([id, expect.objectContaining({ kind: "measured" })]);
    }
    // Merged: the text itself and little else; copied: an event for each token.
    const bytes = (id: string) => {
      const entry = bursts?.entries[id];
      return entry?.kind === "measured" ? entry.rounds[0]?.["bytes"] : undefined;
    };
    expect(bytes("us-ws")).toBeLessThan(15);
    expect(bytes("copy")).toBeGreaterThan(30);
    for (const id of ["us-ws", "us-sse", "us-poll"]) expect([id, resumes?.entries[id]?.kind]).toEqual([id, "measured"]);
    expect(resumes?.entries["copy"]).toMatchObject({
      kind: "n/a",
      reason: expect.stringContaining("belongs to the request"),
    });
  } finally {
    await upstream.stop();
  }
});
