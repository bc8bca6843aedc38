/**
 * What the Worker asks of a room about its files, and what the room answers: plain data, the same on both sides. The Worker has
 * verified who asks; scopes are checked here, as for every act in a room (S6).
 */
import { fail, ok, type Result } from "../../../shared/result.ts";
import { type AccessRefusal, mayDo, type Principal } from "../principal.ts";
import { type FileAddresses, unknownFile } from "./file-addresses.ts";
import { type FileFacts, factsOf, type StoredFile } from "./file-record.ts";
import type { RoomFiles, Upload } from "./room-files.ts";

export type FileCall =
  /** Before the bytes: may there be such a file, and under which id? */
  | { readonly kind: "reserve"; readonly by: Principal; readonly upload: Upload }
  /** The bytes are stored. */
  | { readonly kind: "stored"; readonly id: string }
  /** The bytes broke off. */
  | { readonly kind: "release"; readonly id: string; readonly attempt: number }
  | { readonly kind: "read"; readonly by: Principal; readonly id: string }
  /** Removes a file that no question uses yet. */
  | { readonly kind: "discard"; readonly by: Principal; readonly id: string };

/** A file with an address that is good until `expiresAt` (ms since 1970). */
export interface AddressedFile extends FileFacts {
  readonly url: string;
  readonly expiresAt: number;
}

export type FileAnswer =
  | { readonly kind: "upload"; readonly id: string; readonly attempt: number }
  | { readonly kind: "file"; readonly file: AddressedFile }
  | { readonly kind: "done" };

export type FileReply = Result<FileAnswer, AccessRefusal>;

const forbidden: FileReply = fail({ code: "forbidden" });
const done: FileReply = ok({ kind: "done" });
const gone: FileReply = fail(unknownFile);

export async function answerFileCall(call: FileCall, files: RoomFiles, addresses: FileAddresses): Promise<FileReply> {
  switch (call.kind) {
    case "reserve": {
      if (!mayDo(call.by, "turn-submit")) return forbidden;
      const reserved = await files.reserve(call.by, call.upload);
      if (!reserved.ok) return reserved;
      const { id, attempt, state } = reserved.value;
      return state === "uploading" ? ok({ kind: "upload", id, attempt }) : addressed(reserved.value, addresses);
    }
    case "stored": {
      const file = await files.stored(call.id);
      return file === undefined ? gone : addressed(file, addresses);
    }
    case "release":
      await files.release(call.id, call.attempt);
      return done;
    case "read": {
      const file = files.get(call.id);
      if (!mayDo(call.by, "look") && file?.by !== call.by.sub) return forbidden;
      return file !== undefined && files.mayUse(call.id, call.by) ? addressed(file, addresses) : gone;
    }
    case "discard": {
      if (!mayDo(call.by, "turn-submit")) return forbidden;
      const file = files.get(call.id);
      if (file === undefined || !files.mayUse(call.id, call.by)) return gone;
      if (file.state === "used") return fail(inUse);
      await files.discard(call.id);
      return done;
    }
  }
}

async function addressed(file: StoredFile, addresses: FileAddresses): Promise<FileReply> {
  const address = await addresses.of(file.id);
  if (address === undefined) return gone;
  return ok({ kind: "file", file: { ...factsOf(file), url: address.url, expiresAt: address.expiresAt } });
}

const inUse: AccessRefusal = {
  code: "file-conflict",
  detail: "A question holds this file. Remove the question, and the file goes with it.",
};
