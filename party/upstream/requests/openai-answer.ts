/**
 * An earlier answer as messages of OpenAI's API: its text, its tool calls (`tool_calls`) and their results (role `tool`), step by
 * step. Reasoning has no place there. A file is named by its address, because an assistant's message holds text alone.
 */
import { defined } from "../../../shared/defined.ts";
import { isToolUiPart, type ToolUiPart, toolNameOf, type UiPart } from "../../../shared/ui-parts.ts";

interface Step {
  text: string;
  readonly tools: ToolUiPart[];
}

export function answerMessages(parts: readonly UiPart[]): object[] {
  const steps: Step[] = [{ text: "", tools: [] }];
  for (const part of parts) {
    let step = steps.at(-1) as Step;
    const text = textOf(part);
    // The results come right behind the message with their calls, so what follows them is a message of its own.
    if (part.type === "step-start" || (text !== "" && step.tools.length > 0)) {
      step = { text: "", tools: [] };
      steps.push(step);
    }
    step.text += text;
    if (isToolUiPart(part) && resultOf(part) !== undefined) step.tools.push(part);
  }
  return steps.flatMap(messagesOf);
}

function messagesOf({ text, tools }: Step): object[] {
  if (text === "" && tools.length === 0) return [];
  const calls = tools.map((tool) => ({
    id: tool.toolCallId,
    type: "function",
    function: { name: functionName(toolNameOf(tool)), arguments: JSON.stringify(tool.input ?? {}) },
  }));
  const tool_calls = calls.length === 0 ? undefined : calls;
  return [
    defined({ role: "assistant", content: text === "" ? null : text, tool_calls }),
    ...tools.map((tool) => ({ role: "tool", tool_call_id: tool.toolCallId, content: resultOf(tool) })),
  ];
}

function textOf(part: UiPart): string {
  const { type, text, url, mediaType, filename } = part as UiPart & Readonly<Record<string, unknown>>;
  if (type === "text") return String(text);
  if (type !== "file") return "";
  const name = [filename, mediaType].filter((fact) => typeof fact === "string").join(", ");
  const address = typeof url === "string" && /^https?:/i.test(url) ? `: ${url}` : "";
  return `\n[file ${name}${address}]\n`;
}

/** Undefined for a call without an end: the API refuses a call that has no result. */
function resultOf(tool: ToolUiPart): string | undefined {
  switch (tool.state) {
    case "output-available":
      return typeof tool.output === "string" ? tool.output : (JSON.stringify(tool.output) ?? "null");
    case "output-error":
      return `Error: ${tool.errorText ?? ""}`;
    case "output-denied":
      return decisionOf(tool, false);
    case "approval-responded":
      return decisionOf(tool);
    default:
      return undefined;
  }
}

/** What the user decided about a call. */
function decisionOf(tool: ToolUiPart, decided?: boolean): string {
  const { approved = decided ?? false, reason } = (tool["approval"] ?? {}) as {
    readonly approved?: boolean;
    readonly reason?: string;
  };
  return JSON.stringify(defined({ approved, reason }));
}

/** The API takes only these characters, and at most 64 of them. */
function functionName(name: string): string {
  return name.replace(/[^\w-]/g, "_").slice(0, 64) || "tool";
}
