// The running parts that other end-to-end tests build on: they start on free ports, keep rooms where told, and end when told.
import { afterEach, expect, test } from "vitest";
import { startBackend, startGateway } from "../../../scripts/lib/local-processes.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

let stack: TestStack | undefined;
afterEach(() => stack?.stop());

/** Sends frames in a room after hello, and resolves with what came back once `until` has come. */
async function visit(url: string, frames: readonly object[], until: ServerFrame["type"]): Promise<ServerFrame[]> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/parties/chat/parts`);
  const received: ServerFrame[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => {
      for (const frame of [{ type: "hello", version: 2 }, ...frames]) socket.send(JSON.stringify(frame));
    };
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data) as ServerFrame;
      received.push(frame);
      if (frame.type === until) resolve();
    };
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code} before ${until}`));
  });
  socket.close();
  return received;
}

test("a gateway killed outright and started again on the same rooms has their turns", async () => {
  stack = await startTestStack();
  const { backend, gateway, persistTo } = stack;
  await visit(gateway.url, [{ type: "turn-submit", turnId: "one", input: { prompt: "kept" } }], "turn-end");

  await gateway.kill("SIGKILL");
  expect(await gateway.exited).toEqual({ code: null, signal: "SIGKILL" });
  await expect(fetch(gateway.url)).rejects.toThrow();

  const port = Number(new URL(gateway.url).port);
  const next = await startGateway({ port, backendUrl: backend.url, persistTo });
  try {
    expect(next.url).toBe(gateway.url);
    const [sync] = (await visit(next.url, [], "sync")).filter((frame) => frame.type === "sync");
    expect(sync?.turns).toMatchObject([
      { id: "one", outcome: "completed", parts: [{ type: "text-delta", delta: "kept" }] },
    ]);
  } finally {
    await next.stop();
  }
});

test("a part that cannot start says why", async () => {
  await expect(startBackend({ env: { PROVIDER: "nobody" } })).rejects.toThrow(/PROVIDER/);
});
