/** A chat completions body, for backends that speak OpenAI's API. `params` are its further fields, such as `temperature`. */
import { defined } from "../../../shared/defined.ts";
import { isToolUiPart, type ToolUiPart, toolNameOf, type UiPart } from "../../../shared/ui-parts.ts";
import type { UpstreamMessage } from "../../core/ports.ts";
import type { RequestAdapter } from "./adapter.ts";

export const openai: RequestAdapter = {
  toBody: ({ facts: { model, messages, params, user } }) =>
    defined({
      stream_options: { include_usage: true },
      user,
      ...params,
      model,
      messages: messages.flatMap(messagesOf),
      stream: true,
    }),
};

/** An answer whose tools were run elsewhere is several messages here: its calls, and the result of each. */
function messagesOf({ role, content, parts = [] }: UpstreamMessage): object[] {
  if (role === "user") return [{ role, content: parts.length > 0 ? contentOf(parts) : content }];
  const tools = parts.filter(isToolUiPart).filter(({ providerExecuted }) => providerExecuted !== true);
  if (tools.length === 0) return [{ role, content }];
  const calls = tools.map((tool) => ({
    id: tool.toolCallId,
    type: "function",
    function: { name: toolNameOf(tool), arguments: JSON.stringify(tool.input ?? {}) },
  }));
  const results = tools.map((tool) => ({ role: "tool", tool_call_id: tool.toolCallId, content: resultOf(tool) }));
  return [{ role, content, tool_calls: calls }, ...results];
}

/** What the model is told of a call, as text. */
function resultOf({ state, output, errorText, ...part }: ToolUiPart): string {
  if (state === "output-error") return `Error: ${errorText ?? ""}`;
  if (state === "output-available") return typeof output === "string" ? output : JSON.stringify(output);
  const { approved = false, reason } = (part["approval"] ?? {}) as {
    readonly approved?: boolean;
    readonly reason?: string;
  };
  return JSON.stringify(defined({ approved, reason }));
}

/** Content parts of a user's message. Data of the application has no place in this format. */
function contentOf(parts: readonly UiPart[]): object[] {
  return parts.flatMap((part): object[] => {
    if (part.type === "text") return [{ type: "text", text: part["text"] }];
    if (part.type !== "file") return [];
    const { mediaType, filename, url } = part as Readonly<Record<string, unknown>>;
    const [kind, format = ""] = String(mediaType).toLowerCase().split("/");
    if (kind === "image") return [{ type: "image_url", image_url: { url } }];
    const [, base64] = /^data:[^,]*;base64,(.*)$/s.exec(String(url)) ?? [];
    const audio = audioFormats[format];
    if (kind === "audio" && audio !== undefined && base64 !== undefined) {
      return [{ type: "input_audio", input_audio: { data: base64, format: audio } }];
    }
    return [{ type: "file", file: defined({ filename, file_data: url }) }];
  });
}

/** The formats of `input_audio`, by the subtype of the media type. */
const audioFormats: Readonly<Record<string, string>> = { wav: "wav", "x-wav": "wav", mpeg: "mp3", mp3: "mp3" };
