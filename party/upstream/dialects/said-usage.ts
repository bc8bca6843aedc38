/** Token counts under the names that services give them. Odd counts are left out: nothing in them is worth failing an answer for. */
import type { Usage } from "../../../shared/protocol/server-frames.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import { isObject, type JsonObject } from "./stream-event.ts";

export const inputNames = [
  ...["inputTokens", "input_tokens", "prompt_tokens", "promptTokens", "promptTokenCount", "prompt_eval_count"],
] as const;
export const outputNames = [
  ...["outputTokens", "output_tokens", "completion_tokens", "completionTokens", "candidatesTokenCount", "eval_count"],
] as const;

/** Takes the counts of an object that may have them. */
export function addUsage(value: unknown, into: BatchBuilder): void {
  if (!isObject(value)) return;
  const input = countIn(value, inputNames);
  const output = countIn(value, outputNames);
  if (input === undefined && output === undefined) return;
  const usage: { -readonly [K in keyof Usage]: Usage[K] } = {};
  if (input !== undefined) usage.inputTokens = input;
  if (output !== undefined) usage.outputTokens = output;
  into.usage(usage);
}

function countIn(value: JsonObject, names: readonly string[]): number | undefined {
  for (const name of names) {
    const count = value[name];
    if (Number.isSafeInteger(count) && (count as number) >= 0) return count as number;
  }
  return undefined;
}
