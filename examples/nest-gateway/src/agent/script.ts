/**
 * What the agent's model says in each of its three steps: it searches, counts, and answers with sources and a picture; asked for
 * a reminder, it needs the page and a person instead. Pure:
 * the step follows from the tool results in the prompt, so the same conversation always gives the same answer.
 */
import type { MockLanguageModelV4 } from "ai/test";
import { isChinese } from "../guide/words.ts";
import { drawBarChart } from "./bar-chart.ts";
import { countOutput, reminderOutput, searchOutput, timeZoneOutput } from "./tools.ts";

type DoStream = MockLanguageModelV4["doStream"];
export type Prompt = Parameters<DoStream>[0]["prompt"];
type Part = Awaited<ReturnType<DoStream>>["stream"] extends ReadableStream<infer Streamed> ? Streamed : never;

type ToolOutput = Extract<
  Extract<Prompt[number], { role: "tool" }>["content"][number],
  { type: "tool-result" }
>["output"];
type Texts = (typeof texts)[keyof typeof texts];

const texts = {
  en: {
    plan: "The question has to be looked up. I search the reading list first, and then I count the words.",
    looking: "I'll look that up.",
    next: "There are pages on it. The words are counted next.",
    found: "These pages fit your question:",
    words: "Your question has % words. The picture shows one bar for each.",
    needsZone: "For a reminder I need your time zone.",
    needsApproval: "Please approve the reminder.",
    isSet: "The reminder is set, in the time zone %.",
    notSet: "No reminder was set.",
  },
  "zh-CN": {
    plan: "这个问题需要查找。我先搜索阅读列表，然后统计词数。",
    looking: "我来查一下。",
    next: "已找到相关页面。接下来统计词数。",
    found: "以下页面与您的问题相关：",
    words: "您的问题有 % 个词。图中每个词对应一条柱。",
    needsZone: "设置提醒需要您的时区。",
    needsApproval: "请批准这个提醒。",
    isSet: "提醒已设置，时区为 %。",
    notSet: "没有设置提醒。",
  },
} as const;

/** @param prompt the conversation, with the results of earlier steps at its end. */
export function partsOf(prompt: Prompt): Part[] {
  const question = lastQuestion(prompt);
  const say = texts[isChinese(question) ? "zh-CN" : "en"];
  if (isReminder(question)) return reminderParts(prompt, question, say);
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

/** Whether a question asks for a reminder: then the page and a person have to help. */
export function isReminder(question: string): boolean {
  return /\bremind/i.test(question) || question.includes("提醒");
}

/** First the page gives its time zone, then a person approves the reminder, and then it is set. */
function reminderParts(prompt: Prompt, question: string, say: Texts): Part[] {
  const zone = outputOf(prompt, "readTimeZone");
  if (zone === undefined) {
    return [...spoken("text", "text-1", say.needsZone), ...call("zone-1", "readTimeZone", {}), finish("tool-calls")];
  }
  const reminder = outputOf(prompt, "setReminder");
  if (reminder === undefined) {
    const read = zone.type === "json" ? timeZoneOutput.safeParse(zone.value).data : undefined;
    // A page that doesn't say gets the reminder in the world's time.
    const input = { text: question, timeZone: read?.timeZone ?? "UTC" };
    return [
      ...spoken("text", "text-2", say.needsApproval),
      ...call("reminder-1", "setReminder", input),
      finish("tool-calls"),
    ];
  }
  const set = reminder.type === "json" ? reminderOutput.safeParse(reminder.value).data : undefined;
  const text = set === undefined ? say.notSet : say.isSet.replace("%", set.timeZone);
  return [...spoken("text", "text-3", text), finish("stop")];
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

/** The output of a tool that was called after the last question, where it is what the tool says. */
function resultOf<Output>(
  prompt: Prompt,
  toolName: string,
  schema: { safeParse(value: unknown): { success: boolean; data?: Output } },
): Output | undefined {
  const output = outputOf(prompt, toolName);
  return output?.type === "json" ? schema.safeParse(output.value).data : undefined;
}

/** What became of a tool's call after the last question: a result, an error, or that it was denied. */
function outputOf(prompt: Prompt, toolName: string): ToolOutput | undefined {
  const since = prompt.slice(prompt.findLastIndex((message) => message.role === "user"));
  for (const message of since) {
    if (message.role !== "tool") continue;
    for (const part of message.content) {
      if (part.type === "tool-result" && part.toolName === toolName) return part.output;
    }
  }
  return undefined;
}
