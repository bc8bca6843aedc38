/** A chat completions body, for backends that speak OpenAI's API. `params` are its further fields, such as `temperature`. */
import { defined } from "../../../shared/defined.ts";
import type { UiPart } from "../../../shared/ui-parts.ts";
import type { UpstreamMessage } from "../../core/ports.ts";
import type { RequestAdapter } from "./adapter.ts";
import { answerMessages } from "./openai-answer.ts";

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

function messagesOf({ role, content, parts }: UpstreamMessage): object[] {
  if (parts === undefined || role === "system") return [{ role, content }];
  return role === "user" ? [{ role, content: contentOf(parts) }] : answerMessages(parts);
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
