/**
 * What the AI SDK itself writes: `streamText` of `ai` 5, 6 and 7 with a scripted model, as `toUIMessageStreamResponse()`
 * sends it. Recorded in `golden/`; a test holds the recordings against the installed packages.
 */
import * as ai7 from "ai";
import * as test7 from "ai/test";
import * as ai5 from "ai5";
import * as test5 from "ai5/test";
import * as ai6 from "ai6";
import * as test6 from "ai6/test";

export const versions = ["ai5", "ai6", "ai7"] as const;
export type Version = (typeof versions)[number];
export const stories = [
  "text",
  "reasoning",
  "tools",
  "failing-tool",
  "provider-tool",
  "data",
  "error",
  "abort",
] as const;
export type Story = (typeof stories)[number];

const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };
const tokens = {
  inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
};

const text = (id: string, ...deltas: string[]) => [
  { type: "text-start" as const, id },
  ...deltas.map((delta) => ({ type: "text-delta" as const, id, delta })),
  { type: "text-end" as const, id },
];
const call = { type: "tool-call" as const, toolCallId: "call-1", toolName: "weather", input: '{"city":"Kyoto"}' };
const providerCall = { ...call, toolCallId: "call-2", toolName: "search", providerExecuted: true as const };
const providerResult = {
  type: "tool-result" as const,
  toolCallId: "call-2",
  toolName: "search",
  result: { hits: 2 } as { hits: number } | string,
  isError: false,
  providerExecuted: true as const,
};

type Reason = "stop" | "tool-calls";
type Content =
  | ReturnType<typeof text>[number]
  | { type: "reasoning-start" | "reasoning-end"; id: string }
  | { type: "reasoning-delta"; id: string; delta: string }
  | typeof call
  | typeof providerCall
  | typeof providerResult
  | { type: "error"; error: unknown };

/** What the model says in each of its steps. */
function stepsOf(story: Story): { readonly content: Content[]; readonly reason: Reason }[] {
  switch (story) {
    case "reasoning":
      return [
        {
          content: [
            { type: "reasoning-start", id: "r" },
            { type: "reasoning-delta", id: "r", delta: "Let me " },
            { type: "reasoning-delta", id: "r", delta: "think." },
            { type: "reasoning-end", id: "r" },
            ...text("t", "Yes: ", "雨が降る 🌧️", "."),
          ],
          reason: "stop",
        },
      ];
    case "tools":
      return [
        { content: [...text("a", "Looking. "), call], reason: "tool-calls" },
        { content: text("b", "It rains ", "in Kyoto."), reason: "stop" },
      ];
    case "failing-tool":
      return [
        {
          content: [
            { ...providerCall, input: "{}" },
            { ...providerResult, isError: true, result: "no" },
          ],
          reason: "stop",
        },
      ];
    case "provider-tool":
      return [{ content: [providerCall, providerResult, ...text("t", "Two hits.")], reason: "stop" }];
    case "error":
      return [
        { content: [...text("t", "So far "), { type: "error", error: new Error("out of luck") }], reason: "stop" },
      ];
    default:
      return [{ content: text("t", "Hello", ", ", "wörld 👩‍🚀", "!\n\nA second line."), reason: "stop" }];
  }
}

function streamOf<T>(parts: readonly T[]): ReadableStream<T> {
  return new ReadableStream<T>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

const weather = { description: "weather", execute: () => ({ rain: true }) };
const search = { description: "search the web" };
const city = { type: "object", properties: { city: { type: "string" } } } as const;
const respond = { generateMessageId: () => "message-1", onError: () => "The model failed." };

/** The body of a response, as text. */
export async function tell(version: Version, story: Story): Promise<string> {
  if (story === "data") return (await dataResponse(version)).text();
  const steps = stepsOf(story);
  let step = 0;
  const abortSignal = story === "abort" ? AbortSignal.abort() : new AbortController().signal;
  const next = () => steps[step++] ?? { content: [], reason: "stop" as const };
  const prompt = "?";
  switch (version) {
    case "ai5": {
      const model = new test5.MockLanguageModelV2({
        doStream: () => {
          const { content, reason } = next();
          const parts = [
            { type: "stream-start" as const, warnings: [] },
            ...content,
            { type: "finish" as const, finishReason: reason, usage },
          ];
          return Promise.resolve({ stream: streamOf(parts) });
        },
      });
      const inputSchema = ai5.jsonSchema<{ city: string }>(city);
      const tools = { weather: { ...weather, inputSchema }, search: { ...search, inputSchema } };
      const stopWhen = ai5.stepCountIs(2);
      return ai5.streamText({ model, prompt, abortSignal, tools, stopWhen }).toUIMessageStreamResponse(respond).text();
    }
    case "ai6": {
      const model = new test6.MockLanguageModelV3({
        doStream: () => Promise.resolve({ stream: streamOf(laterParts(next())) }),
      });
      const inputSchema = ai6.jsonSchema<{ city: string }>(city);
      const tools = { weather: { ...weather, inputSchema }, search: { ...search, inputSchema } };
      const stopWhen = ai6.stepCountIs(2);
      return ai6.streamText({ model, prompt, abortSignal, tools, stopWhen }).toUIMessageStreamResponse(respond).text();
    }
    case "ai7": {
      const model = new test7.MockLanguageModelV4({
        doStream: () => Promise.resolve({ stream: streamOf(laterParts(next())) }),
      });
      const inputSchema = ai7.jsonSchema<{ city: string }>(city);
      const tools = { weather: { ...weather, inputSchema }, search: { ...search, inputSchema } };
      const stopWhen = ai7.stepCountIs(2);
      return ai7.streamText({ model, prompt, abortSignal, tools, stopWhen }).toUIMessageStreamResponse(respond).text();
    }
  }
}

function laterParts({ content, reason }: { readonly content: Content[]; readonly reason: Reason }) {
  return [
    { type: "stream-start" as const, warnings: [] },
    ...content,
    { type: "finish" as const, finishReason: { unified: reason, raw: reason }, usage: tokens },
  ];
}

type DataChunk =
  | { type: "start"; messageId: string }
  | { type: "data-progress" | "data-weather"; data: unknown; transient?: boolean }
  | ReturnType<typeof text>[number]
  | { type: "finish" };

function writeData({ writer }: { readonly writer: { write(part: DataChunk): void } }): void {
  writer.write({ type: "start", messageId: "message-1" });
  writer.write({ type: "data-progress", data: { done: 1 }, transient: true });
  for (const part of text("t", "With ", "data.")) writer.write(part);
  writer.write({ type: "data-weather", data: { rain: true } });
  writer.write({ type: "finish" });
}

function dataResponse(version: Version): Response {
  switch (version) {
    case "ai5":
      return ai5.createUIMessageStreamResponse({ stream: ai5.createUIMessageStream({ execute: writeData }) });
    case "ai6":
      return ai6.createUIMessageStreamResponse({ stream: ai6.createUIMessageStream({ execute: writeData }) });
    case "ai7":
      return ai7.createUIMessageStreamResponse({ stream: ai7.createUIMessageStream({ execute: writeData }) });
  }
}
