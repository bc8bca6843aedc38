/**
 * What the agent's model says in each of its three steps: it searches, counts, and answers with sources and a picture. Pure:
 * the step follows from the tool results in the prompt, so the same conversation always gives the same answer.
 */
import type { MockLanguageModelV4 } from "ai/test";
import { isChinese } from "../guide/words.ts";
import { drawBarChart } from "./bar-chart.ts";
import { countOutput, searchOutput } from "./tools.ts";

type DoStream = MockLanguageModelV4["doStream"];
export type Prompt = Parameters<DoStream>[0]["prompt"];
type Part = Awaited<ReturnType<DoStream>>["stream"] extends ReadableStream<infer Streamed> ? Streamed : never;

const texts = {
  en: {
    plan: "The question has to be looked up. I search the reading list first, and then I count the words.",
    looking: "I'll look that up.",
    next: "There are pages on it. The words are counted next.",
    found: "These pages fit your question:",
    words: "Your question has % words. The picture shows one bar for each.",
  },
  "zh-CN": {
    plan: "这个问题需要查找。我先搜索阅读列表，然后统计词数。",
    looking: "我来查一下。",
    next: "已找到相关页面。接下来统计词数。",
    found: "以下页面与您的问题相关：",
    words: "您的问题有 % 个词。图中每个词对应一条柱。",
  },
} as const;

/** @param prompt the conversation, with the results of earlier steps at its end. */
export function partsOf(prompt: Prompt): Part[] {
  const question = lastQuestion(prompt);
  const say = texts[isChinese(question) ? "zh-CN" : "en"];
  const search = resultOf(prompt, "search", searchOutput);
  if (search === undefined) {
    return [
      ...spoken("reasoning", "reasoning-1", say.plan),
      ...spoken("text", "text-1", say.looking),
      ...call("call-1", "search", { query: question }),
      finish("tool-calls"),
    ];
  }
  const counted = resultOf(prompt, "countWords", countOutput);
  if (counted === undefined) {
    return [
      ...spoken("reasoning", "reasoning-2", say.next),
      ...call("call-2", "countWords", { text: question }),
      finish("tool-calls"),
    ];
  }
  const list = search.pages.map(({ title }, index) => `${index + 1}. ${title}`).join("\n");
  return [
    ...search.pages.map(
      ({ title, url }, index): Part => ({ type: "source", sourceType: "url", id: `source-${index + 1}`, url, title }),
    ),
    ...spoken("text", "text-3", `${say.found}\n\n${list}\n\n${say.words.replace("%", String(counted.words))}`),
    { type: "file", mediaType: "image/png", data: { type: "data", data: drawBarChart(counted.lengths) } },
    finish("stop"),
  ];
}

/**
 * A word at a time, with the spaces that follow it. Chinese has no spaces, so its text goes in pairs of characters. Ids differ
 * between steps, because the SDK gives a random one to a part whose id occurred before.
 */
function spoken(kind: "text" | "reasoning", id: string, text: string): Part[] {
  const words = text.match(/[\u2e80-\u9fff\uff00-\uffef]{1,2}|[^\s\u2e80-\u9fff\uff00-\uffef]+\s*|\s+/g) ?? [];
  return [
    { type: `${kind}-start`, id },
    ...words.map((delta): Part => ({ type: `${kind}-delta`, id, delta })),
    { type: `${kind}-end`, id },
  ];
}

function call(toolCallId: string, toolName: string, input: object): Part[] {
  const text = JSON.stringify(input);
  const pieces = text.match(/.{1,8}/gsu) ?? [];
  return [
    { type: "tool-input-start", id: toolCallId, toolName },
    ...pieces.map((delta): Part => ({ type: "tool-input-delta", id: toolCallId, delta })),
    { type: "tool-input-end", id: toolCallId },
    { type: "tool-call", toolCallId, toolName, input: text },
  ];
}

/** Without counts: those of the whole answer are in the message's metadata. */
function finish(reason: "stop" | "tool-calls"): Part {
  const none = { cacheRead: undefined, cacheWrite: undefined };
  return {
    type: "finish",
    finishReason: { unified: reason, raw: reason },
    usage: {
      inputTokens: { total: undefined, noCache: undefined, ...none },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    },
  };
}

function lastQuestion(prompt: Prompt): string {
  const asked = prompt.findLast((message) => message.role === "user");
  return asked?.content.map((part) => (part.type === "text" ? part.text : "")).join("") ?? "";
}

/** The output of a tool that was called after the last question. */
function resultOf<Output>(
  prompt: Prompt,
  toolName: string,
  schema: { safeParse(value: unknown): { success: boolean; data?: Output } },
): Output | undefined {
  const since = prompt.slice(prompt.findLastIndex((message) => message.role === "user"));
  for (const message of since) {
    if (message.role !== "tool") continue;
    for (const part of message.content) {
      if (part.type !== "tool-result" || part.toolName !== toolName || part.output.type !== "json") continue;
      return schema.safeParse(part.output.value).data;
    }
  }
  return undefined;
}
