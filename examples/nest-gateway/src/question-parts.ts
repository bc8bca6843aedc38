/** What providers make of a question's files and data. Nothing here reads a file. */
import type { QuestionFile, QuestionPart } from "edge-chat-gateway/nestjs";

/** A part of a question, or of an answer that is continued, whose parts are those of the AI SDK. */
export type MessagePart = QuestionPart | { readonly type: string; readonly [field: string]: unknown };

/** One line for each file and each piece of data, which says what came: for providers that can't read files. */
export function describeParts(parts: readonly MessagePart[] = []): string[] {
  return parts.flatMap((part) => {
    if (part.type === "text") return [];
    if (part.type !== "file") return [`[${part.type}: ${JSON.stringify(part["data"])}]`];
    const { mediaType, filename = "a file", url } = part as QuestionFile;
    const [, base64] = /^data:[^,]*;base64,(.*)$/s.exec(url) ?? [];
    // Without its query: an address may be signed, and the answer is kept.
    const where =
      base64 === undefined ? url.split("?")[0]?.slice(0, 200) : `${Buffer.from(base64, "base64").length} bytes`;
    return [`[${filename}, ${mediaType}: ${where}]`];
  });
}

/** The content array of OpenAI's chat completions. Data of the application has no place in it. */
export function openAiContent(parts: readonly MessagePart[]): object[] {
  return parts.flatMap((part): object[] => {
    if (part.type === "text") return [{ type: "text", text: part["text"] }];
    if (part.type !== "file") return [];
    const { mediaType, filename, url } = part as QuestionFile;
    if (mediaType.startsWith("image")) return [{ type: "image_url", image_url: { url } }];
    return [{ type: "file", file: { ...(filename !== undefined && { filename }), file_data: url } }];
  });
}
