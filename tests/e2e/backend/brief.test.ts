/**
 * The service of the brief behind the gateway with no setting but `NEST_BASE`, in a room and at `/chat`: a real NestJS service,
 * the real runtime, and the client library.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { textOf } from "../../../shared/content.ts";
import { ERROR_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import { type BriefService, startBriefService } from "../../support/backends/brief-service.ts";
import { untilSnapshot } from "../../support/client.ts";

let service: BriefService;
let gateway: Part;
let persistTo: string;
let rooms = 0;

beforeAll(async () => {
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-brief-"));
  service = await startBriefService();
  gateway = await startGateway({ backendUrl: service.url, persistTo });
});

afterAll(async () => {
  await gateway?.stop();
  await service?.close();
  await rm(persistTo, { recursive: true, force: true });
});

/** Asks in a room of its own, and resolves with the settled turn. */
async function ask(prompt: string) {
  const client = new ChatClient({ url: gateway.url, room: `brief-${rooms++}` });
  const id = client.submit(prompt);
  const { turns } = await untilSnapshot(client, (now) =>
    now.turns.some((turn) => turn.id === id && turn.state === "settled"),
  );
  client.close();
  const turn = turns.find((candidate) => candidate.id === id);
  if (turn === undefined) throw new Error("the turn is gone");
  return turn;
}

const callsOf = (prompt: string) => service.calls.filter((call) => call.prompt === prompt);

describe("[U5] in a room, the brief's service", () => {
  test("streams text, Chinese and an emoji, and is asked by GET for the provider openai", async () => {
    const turn = await ask("text 你好 & ?");
    expect(turn).toMatchObject({ outcome: "completed" });
    expect(textOf(turn.parts)).toBe("Hello, 世界！😀");
    expect(callsOf("text 你好 & ?")).toEqual([{ method: "GET", provider: "openai", prompt: "text 你好 & ?" }]);
  });

  test("is tried by POST once, whatever the number of rooms", async () => {
    await ask("text once more");
    await ask("text and again");
    expect(service.calls.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  test("shows a tool call beside its text", async () => {
    const turn = await ask("tool");
    expect(turn).toMatchObject({ outcome: "completed" });
    expect(textOf(turn.parts)).toBe("Found.");
    expect(JSON.stringify(turn.parts)).toContain('"search"');
    expect(JSON.stringify(turn.parts)).toContain('{"q":"x"}');
  });

  test("keeps the connection alive with pings, of which nothing is shown", async () => {
    const turn = await ask("ping");
    expect(turn).toMatchObject({ outcome: "completed", parts: [{ type: "text-delta", delta: "ab" }] });
  });

  test.each(["error", "throw"])(
    "that ends with %s in the middle fails with the text so far, once, in our words",
    async (what) => {
      const turn = await ask(what);
      expect(turn.outcome).toBe("failed");
      expect(textOf(turn.parts)).toBe("so far");
      expect(turn.error?.message).toBe(ERROR_MESSAGES["upstream-unavailable"]);
      expect(JSON.stringify(turn)).not.toContain("secret");
      expect(callsOf(what)).toHaveLength(1);
    },
  );

  test("that closes without complete is told as broken off, and isn't asked again", async () => {
    const turn = await ask("open");
    expect(turn).toMatchObject({ outcome: "interrupted", error: { code: "upstream-truncated" } });
    expect(textOf(turn.parts)).toBe("no end");
    expect(callsOf("open")).toHaveLength(1);
  });

  test("[U2] that answers 503 is asked again, and then completes", async () => {
    const turn = await ask("busy");
    expect(turn).toMatchObject({ outcome: "completed" });
    expect(callsOf("busy")).toHaveLength(2);
  });

  test("[T3] sees a stop as a closed connection, and gets no DELETE", async () => {
    const client = new ChatClient({ url: gateway.url, room: `brief-${rooms++}` });
    const id = client.submit("slow");
    await untilSnapshot(client, ({ turns }) => (turns[0]?.length ?? 0) > 10);
    client.cancel(id);
    await service.untilUnsubscribed("slow");
    const { turns } = await untilSnapshot(client, (now) => now.turns[0]?.state === "settled");
    expect(turns[0]).toMatchObject({ outcome: "cancelled", stop: "closed" });
    client.close();
    expect(service.calls.filter(({ method }) => method === "DELETE")).toEqual([]);
    expect(callsOf("slow")).toHaveLength(1);
  });
});

describe("[E1] at /chat, the brief's service", () => {
  const chat = async (prompt: string) => {
    const response = await fetch(`${gateway.url}/chat?q=${encodeURIComponent(prompt)}`, {
      headers: { accept: "text/event-stream" },
    });
    return response.text();
  };

  test("streams its text, and an EventSource is told the end", async () => {
    const text = await chat("text at chat");
    for (const word of ["Hello", "世界", "😀"]) expect(text).toContain(word);
    expect(callsOf("text at chat")).toEqual([{ method: "GET", provider: "openai", prompt: "text at chat" }]);
  });

  test("that fails in the middle is told in our words", async () => {
    const text = await chat("error at chat");
    expect(text).toContain("so far");
    expect(text).toContain(ERROR_MESSAGES["upstream-unavailable"]);
    expect(text).not.toContain("secret");
    expect(callsOf("error at chat")).toHaveLength(1);
  });

  test("sees its reader leave", async () => {
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/chat?q=slow+at+chat`, {
      headers: { accept: "text/event-stream" },
      signal: leaving.signal,
    });
    await response.body?.getReader().read();
    leaving.abort();
    await service.untilUnsubscribed("slow at chat");
  });
});
