import { GenerationError, type GenerationEvent } from "edge-chat-gateway/nestjs";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { EchoProvider, echoParams } from "../src/providers/echo.ts";
import { echoChunks, echoText } from "../src/providers/echo-text.ts";

const provider = new EchoProvider();

async function run(
  params: z.input<typeof echoParams>,
  prompt = "hello",
  generationId = "g",
): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  const messages = [{ role: "user" as const, content: prompt }];
  const request = { generationId, model: "echo-1", messages, params: echoParams.parse(params) };
  for await (const event of provider.generate(request, new AbortController().signal)) events.push(event);
  return events;
}

const textOf = (events: GenerationEvent[]): string =>
  events.map((event) => (event.type === "delta" ? event.data : "")).join("");

describe("text", () => {
  test("numbered tokens are deterministic", () => {
    expect(echoText({ tokens: 4 }, "ignored")).toBe("tok0 tok1 tok2 tok3");
    expect(echoText({ tokens: 0 }, "ignored")).toBe("");
    expect(Array.from(echoChunks({ tokens: 10_000 }, ""))).toHaveLength(10_000);
  });

  test("the prompt is cut by characters, never inside one", () => {
    expect(Array.from(echoChunks({ chunkSize: 2 }, "a👍b世界"))).toEqual(["a👍", "b世", "界"]);
    expect(Array.from(echoChunks({ chunkSize: 1 }, "👍👍"))).toEqual(["👍", "👍"]);
    expect(Array.from(echoChunks({ chunkSize: 4, repeat: 3 }, "abc"))).toEqual(["abca", "bcab", "c"]);
  });

  test.each<z.input<typeof echoParams>>([
    { burst: true },
    { burst: true, chunkSize: 1 },
    { burst: true, repeat: 50, chunkSize: 7 },
    { burst: true, tokens: 5_000 },
    { burst: true, tokens: 20, failAfter: 5 },
    { burst: true, failAfter: 0 },
    { burst: true, tokens: 3, failAfter: 9 },
  ])("what is streamed with %j is what the pure function says", async (params) => {
    const prompt = "Grüße, 世界 👩‍👩‍👧!";
    expect(textOf(await run(params, prompt))).toBe(echoText(params, prompt));
  });
});

describe("pace", () => {
  test("a burst lets other work through", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await run({ tokens: 50_000, burst: true });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  test("an abort ends it in the middle of a wait", async () => {
    const abort = new AbortController();
    const params = echoParams.parse({ delayMs: 60_000 });
    const messages = [{ role: "user" as const, content: "x" }];
    const events = provider.generate({ generationId: "g", model: "echo-1", messages, params }, abort.signal);
    expect((await events.next()).value).toEqual({ type: "start", model: "echo-1" });
    const next = events.next();
    abort.abort();
    await expect(next).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("accidents", () => {
  test("reasoning and a tool step come before the text", async () => {
    const events = await run({
      burst: true,
      reasoning: "let me think",
      tool: { toolName: "search", input: { q: 1 }, result: [2] },
    });
    expect(events.map(({ type }) => type)).toEqual([
      "start",
      "reasoning",
      "reasoning",
      "reasoning",
      "tool_call",
      "tool_result",
      "delta",
      "delta",
      "usage",
      "complete",
    ]);
    expect(events.filter(({ type }) => type.startsWith("tool_"))).toEqual([
      { type: "tool_call", id: "call-1", name: "search", args: { q: 1 } },
      { type: "tool_result", id: "call-1", name: "search", result: [2] },
    ]);
    const failed = await run({ burst: true, tool: { toolName: "search", error: "no" } });
    expect(failed.find(({ type }) => type === "tool_result")).toMatchObject({ error: "no" });
  });

  test("failStatus fails before the start; failTimes lets later attempts through", async () => {
    const params = { burst: true, failStatus: 429, failTimes: 2 };
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(run(params, "hi", "retried")).rejects.toBeInstanceOf(GenerationError);
    }
    expect(textOf(await run(params, "hi", "retried"))).toBe("hi");
    await expect(run(params, "hi", "another")).rejects.toMatchObject({ status: 429 });
  });

  test("failWith is what the error says", async () => {
    const events = await run({
      burst: true,
      failAfter: 1,
      failWith: { code: "content-filter", message: "No.", retryable: false },
    });
    expect(events.at(-1)).toEqual({ type: "error", code: "content-filter", message: "No.", retryable: false });
  });
});
