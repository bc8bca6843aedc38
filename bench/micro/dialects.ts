/**
 * What a token costs in each dialect: the same answer as each service streams it, one event in a read of its own. Some services
 * put a time or a number into every event, so their events are never the same twice; those are measured as they are.
 */

import { AnswerReader } from "../../party/upstream/event-stream.ts";
import { textOf } from "../../shared/content.ts";
import { stamp } from "../lib/stamp.ts";
import type { Step } from "./step.ts";

const tokens = 20_000;

type Format = (text: string, index: number) => string;

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const at = (index: number) => new Date(1_700_000_000_000 + index).toISOString();

/** The first is the one that the others are compared with. */
const formats: Readonly<Record<string, Format>> = {
  unified: (text, index) => `id: ${index + 1}\n${data({ type: "delta", data: text })}`,
  openai: (text) =>
    data({
      ...{ id: "chatcmpl-9", object: "chat.completion.chunk", created: 1_700_000_000, model: "gpt-5" },
      choices: [{ index: 0, delta: { content: text }, logprobs: null, finish_reason: null }],
    }),
  responses: (text, index) =>
    `event: response.output_text.delta\n${data({
      ...{ type: "response.output_text.delta", sequence_number: index, item_id: "msg_1" },
      ...{ output_index: 0, content_index: 0, delta: text },
    })}`,
  anthropic: (text) =>
    `event: content_block_delta\n${data({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })}`,
  gemini: (text, index) =>
    data({
      candidates: [{ content: { parts: [{ text }], role: "model" }, index: 0 }],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: index, totalTokenCount: index + 9 },
      modelVersion: "gemini-3",
    }),
  "ui-message": (text, index) =>
    (index === 0 ? data({ type: "text-start", id: "0" }) : "") + data({ type: "text-delta", id: "0", delta: text }),
  "data-stream": (text) => `0:${JSON.stringify(text)}\n`,
  dashscope: (text) =>
    data({ output: { text, finish_reason: "null", session_id: "s" }, usage: { input_tokens: 3 }, request_id: "q" }),
  text: (text) => `data: ${text}\n\n`,
  "tagged: a format of one's own": (text) => `event: token\n${data({ content: text })}`,
  "tagged: Dify": (text) =>
    data({
      ...{ event: "message", task_id: "t", message_id: "m", conversation_id: "c" },
      ...{ answer: text, created_at: 1_700_000_000 },
    }),
  "tagged: Ollama, a time in each": (text, index) =>
    `${JSON.stringify({ model: "m", created_at: at(index), message: { role: "assistant", content: text }, done: false })}\n`,
  "tagged: an envelope, an id in each": (text, index) =>
    data({ code: 0, msg: "ok", data: { message_id: `m-${index}`, answer: text } }),
  "tagged: LangGraph, a time in each": (text, index) =>
    data({ id: "r", status: "on_chat_model_stream", type: "text", timestamp: index, content: text }),
};

const encoder = new TextEncoder();

function stepOf(name: string, format: Format): Step {
  const chunks = Array.from({ length: tokens }, (_, index) => encoder.encode(format(stamp(index), index)));
  const body = () => {
    let next = 0;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const chunk = chunks[next];
        next += 1;
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    });
  };
  const run = async () => {
    let units = 0;
    const read = new AnswerReader("auto").batches(body(), new AbortController().signal, "text/event-stream");
    for await (const { parts } of read) units += textOf(parts).length;
    if (units !== tokens * stamp(0).length) throw new Error(`${name}: ${units} units`);
  };
  return { name: `dialect ${name}`, tokens, run };
}

export const dialectSteps: readonly Step[] = Object.entries(formats).map(([name, format]) => stepOf(name, format));

/** CPU per token of each dialect as a multiple of the unified one's, from the times by step name. */
export function dialectRatios(ns: ReadonlyMap<string, number>): [name: string, ratio: number][] {
  const [first] = dialectSteps;
  const base = ns.get(first?.name ?? "") ?? Number.NaN;
  return dialectSteps.map(({ name }) => [name, (ns.get(name) ?? Number.NaN) / base]);
}
