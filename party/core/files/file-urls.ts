/**
 * Recognises addresses of uploaded files in questions, and replaces them. A room stores the plain address, without its
 * signature; who is sent a question gets one that is signed and fresh. Pure.
 */
import type { ChatMessage, TurnInput } from "../../../shared/protocol/client-frames.ts";
import { roomNamePattern } from "../../../shared/protocol/limits.ts";

export const fileIdPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** The gateway may be mounted under a prefix of several segments. */
const filePattern = /^(?:https?:\/\/[^/?#]+)?(?:\/[\w.~-]+)*?\/parties\/chat\/([^/?#]+)\/files\/([^/?#]+)(?:[?#].*)?$/i;

/** The path of a file. */
export function pathOfFile(room: string, id: string): string {
  return `/parties/chat/${room}/files/${id}`;
}

/** The room and id in the address of an uploaded file, of whatever host; undefined for any other address. */
export function fileIn(url: string): { readonly room: string; readonly id: string } | undefined {
  const [, room = "", id = ""] = filePattern.exec(url) ?? [];
  return roomNamePattern.test(room) && fileIdPattern.test(id) ? { room, id } : undefined;
}

interface Asked {
  readonly messages: readonly ChatMessage[];
}

/** The addresses of all files in an input or a list of messages. */
export function fileUrlsIn(input: TurnInput | Asked): string[] {
  const urls: string[] = [];
  withFileUrls(input, (url) => {
    urls.push(url);
    return url;
  });
  return urls;
}

/** The same input with other addresses of files; the very same one where it has none. */
export function withFileUrls<T extends TurnInput | Asked>(input: T, replace: (url: string) => string): T {
  if ("parts" in input) return { ...input, parts: replaced(input.parts, replace) };
  if (!("messages" in input) || !input.messages.some(({ parts }) => parts !== undefined)) return input;
  const messages = input.messages.map((message) =>
    message.role !== "user" || message.parts === undefined
      ? message
      : { ...message, parts: replaced(message.parts, replace) },
  );
  return { ...input, messages };
}

type Parts = NonNullable<ChatMessage["parts"]>;

function replaced(parts: Parts, replace: (url: string) => string): Parts {
  return parts.map((part) => (part.type === "file" ? { ...part, url: replace(part.url) } : part));
}
