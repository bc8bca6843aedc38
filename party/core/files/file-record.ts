/**
 * What a room stores of an uploaded file: facts, never bytes, which are in the file store. Also the keys of files whose bytes
 * are still to be deleted. `room-files.ts` decides; `docs/storage.md` lists the keys.
 */
import * as z from "zod/mini";

/** What people and backends learn of a file. */
export interface FileFacts {
  readonly id: string;
  /** As the first bytes say it (`party/files/media-type.ts`). */
  readonly mediaType: string;
  readonly filename?: string;
  readonly bytes: number;
}

/** uploading → unused → used. A file is removed from any of them, and its bytes with it. */
export interface StoredFile extends FileFacts {
  readonly v: 1;
  /** The client's own id of the upload: one that is sent again finds this file. */
  readonly upload?: string;
  /** The subject that uploads it. Until a question uses the file, it is this subject's alone. */
  readonly by: string;
  /** Where the gateway was reached, for the file's address. */
  readonly origin: string;
  /** Of the state's begin, ms since 1970. */
  readonly at: number;
  readonly state: "uploading" | "unused" | "used";
  /** Tries to send the bytes: an earlier one that fails must not remove what a later one sends. */
  readonly attempt: number;
  /** The turns whose questions hold it. */
  readonly turns: readonly string[];
}

/** Bytes that must go: deleted at `at` at the earliest, and tried again until the file store says that they are gone. */
export interface TrashedFile {
  readonly v: 1;
  readonly at: number;
  readonly tries: number;
}

const count = z.int().check(z.minimum(0));
export const storedFileSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  mediaType: z.string(),
  filename: z.exactOptional(z.string()),
  bytes: count,
  upload: z.exactOptional(z.string()),
  by: z.string(),
  origin: z.string(),
  at: z.number(),
  state: z.enum(["uploading", "unused", "used"]),
  attempt: count,
  turns: z.array(z.string()),
});
export const trashedFileSchema = z.object({ v: z.literal(1), at: z.number(), tries: count });

export const filePrefix = "file/";
export const trashPrefix = "trash/";
/** The agenda's name for all deadlines of files. */
export const filesDeadline = "files";

export function factsOf({ id, mediaType, filename, bytes }: StoredFile): FileFacts {
  return filename === undefined ? { id, mediaType, bytes } : { id, mediaType, filename, bytes };
}
