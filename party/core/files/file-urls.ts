/**
 * Recognises addresses of uploaded files in questions, and replaces them. A room stores the plain address, without its
 * signature; who is sent a question gets one that is signed and fresh. Pure.
 */
import { roomNamePattern } from "../../../shared/protocol/limits.ts";

export const fileIdPattern = /^[A-Za-z0-9_-]{16,64}$/;

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
