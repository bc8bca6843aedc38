/**
 * The files that are attached to the question being written: uploads them as soon as they are chosen, one after the other's
 * progress on screen, and takes them back. Where the gateway has no store for files, small ones go into the question itself.
 */
import { useCallback, useEffect, useReducer, useRef } from "react";
import type { UploadedFile, UploadOptions } from "../../../client/upload.ts";
import {
  type Attachment,
  type AttachmentPhase,
  isShown,
  maxInlineBytes,
  type QuestionFile,
  readyFiles,
  refusalOf,
} from "./attachment.ts";

/** How files reach the room. The page gives the client's own, tests and the preview another. */
export interface FileUploads {
  upload(file: File, options: Pick<UploadOptions, "id" | "signal" | "onProgress">): Promise<UploadedFile>;
  discard(file: Pick<UploadedFile, "id">): void;
}

export interface Attachments {
  readonly list: readonly Attachment[];
  /** Undefined while one is uploading or has failed. */
  readonly files: readonly QuestionFile[] | undefined;
  readonly add: (files: readonly File[]) => void;
  readonly remove: (id: string) => void;
  readonly retry: (id: string) => void;
  /** Files of a question that comes back to the message box. */
  readonly restore: (files: readonly QuestionFile[]) => void;
  /** The question was sent: forgets the files and leaves them in the room. */
  readonly sent: () => void;
}

type Change =
  | { readonly kind: "add"; readonly attachment: Attachment }
  | { readonly kind: "phase"; readonly id: string; readonly phase: AttachmentPhase }
  | { readonly kind: "remove"; readonly id: string }
  | { readonly kind: "clear" };

function changed(list: readonly Attachment[], change: Change): readonly Attachment[] {
  switch (change.kind) {
    case "add":
      return [...list, change.attachment];
    case "phase":
      return list.map((each) => (each.id === change.id ? { ...each, phase: change.phase } : each));
    case "remove":
      return list.filter(({ id }) => id !== change.id);
    case "clear":
      return [];
  }
}

/** What a file needs beside what is shown of it. */
interface Running {
  readonly file: File;
  abort: AbortController;
}

export function useAttachments(uploads: FileUploads): Attachments {
  const [list, dispatch] = useReducer(changed, []);
  const running = useRef(new Map<string, Running>());
  const shown = useRef(list);
  shown.current = list;

  const start = useCallback(
    (id: string) => {
      const entry = running.current.get(id);
      if (entry === undefined) return;
      entry.abort = new AbortController();
      const { signal } = entry.abort;
      const show = (phase: AttachmentPhase) => {
        if (!signal.aborted) dispatch({ kind: "phase", id, phase });
      };
      show({ state: "uploading", sentBytes: 0 });
      const onProgress = (sentBytes: number) => show({ state: "uploading", sentBytes });
      uploads.upload(entry.file, { id, signal, onProgress }).then(
        (uploaded) => {
          // Removed in the moment of its arrival.
          if (signal.aborted) uploads.discard(uploaded);
          else show({ state: "ready", file: uploaded, uploaded });
        },
        async (error: unknown) => {
          const inline = codeOf(error) === "uploads-off" ? await inlined(entry.file, shown.current) : undefined;
          show(inline === undefined ? failed(error) : { state: "ready", file: inline });
        },
      );
    },
    [uploads],
  );

  const add = useCallback(
    (files: readonly File[]) => {
      let attached = shown.current.length;
      for (const file of files) {
        const id = randomId();
        const refusal = refusalOf(file, attached);
        attached += 1;
        const preview = isShown(file.type) && refusal === undefined ? { preview: URL.createObjectURL(file) } : {};
        const phase: AttachmentPhase =
          refusal === undefined
            ? { state: "uploading", sentBytes: 0 }
            : { state: "failed", code: refusal.code, message: refusal.code, retryable: false };
        const { name, size, type } = file;
        dispatch({ kind: "add", attachment: { id, name, bytes: size, mediaType: type, phase, ...preview } });
        if (refusal !== undefined) continue;
        running.current.set(id, { file, abort: new AbortController() });
        start(id);
      }
    },
    [start],
  );

  /** Ends what runs and frees the preview. */
  const forget = useCallback((attachment: Attachment) => {
    running.current.get(attachment.id)?.abort.abort();
    running.current.delete(attachment.id);
    if (attachment.preview !== undefined) URL.revokeObjectURL(attachment.preview);
  }, []);

  const remove = useCallback(
    (id: string) => {
      const attachment = shown.current.find((each) => each.id === id);
      if (attachment === undefined) return;
      const { phase } = attachment;
      if (phase.state === "ready" && phase.uploaded !== undefined) uploads.discard(phase.uploaded);
      forget(attachment);
      dispatch({ kind: "remove", id });
    },
    [forget, uploads],
  );

  const restore = useCallback((files: readonly QuestionFile[]) => {
    for (const file of files) {
      const { filename: name = file.mediaType, mediaType } = file;
      dispatch({ kind: "add", attachment: { id: randomId(), name, mediaType, phase: { state: "ready", file } } });
    }
  }, []);

  const sent = useCallback(() => {
    shown.current.forEach(forget);
    dispatch({ kind: "clear" });
  }, [forget]);

  // A room that is left takes its uploads along; what it has goes by itself after a while.
  useEffect(() => () => shown.current.forEach(forget), [forget]);

  return { list, files: readyFiles(list), add, remove, retry: start, restore, sent };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function failed(error: unknown): AttachmentPhase {
  const code = codeOf(error) ?? "unreachable";
  const retryable = !(error instanceof Error && "retryable" in error && error.retryable === false);
  return { state: "failed", code, message: error instanceof Error ? error.message : code, retryable };
}

/** The file within the question; undefined where it doesn't fit beside those that are there. */
async function inlined(file: File, others: readonly Attachment[]): Promise<QuestionFile | undefined> {
  const held = others.flatMap(({ phase }) => (phase.state === "ready" ? [phase.file.url] : []));
  const used = held.reduce((sum, url) => sum + (url.startsWith("data:") ? url.length : 0), 0);
  // Four characters for three bytes, and the begin.
  if (file.type === "" || used + Math.ceil(file.size / 3) * 4 + 100 > maxInlineBytes) return undefined;
  const url = await dataUrlOf(file);
  return { url, mediaType: file.type, filename: file.name };
}

function dataUrlOf(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** Not `randomUUID`, which a page over plain HTTP lacks. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
