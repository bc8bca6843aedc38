/** Files that a person attaches to a question, and what becomes of each of them. Pure; `use-attachments.ts` runs the uploads. */
import type { TurnInput } from "../../../client/index.ts";
import type { UploadedFile } from "../../../client/upload.ts";

/** A file as a question holds it. */
export type QuestionFile = Pick<UploadedFile, "url" | "mediaType" | "filename">;

export type AttachmentPhase =
  | { readonly state: "uploading"; readonly sentBytes: number }
  /** `uploaded`: the room has it, and it can be taken back. Without it the question holds the bytes itself. */
  | { readonly state: "ready"; readonly file: QuestionFile; readonly uploaded?: Pick<UploadedFile, "id"> }
  /** `code` is one of the gateway's, or one of `LocalCode`. */
  | { readonly state: "failed"; readonly code: string; readonly message: string; readonly retryable: boolean };

export interface Attachment {
  /** Also the upload's own id, so that trying again doesn't upload twice. */
  readonly id: string;
  readonly name: string;
  /** Unknown of a file that comes back with its question. */
  readonly bytes?: number;
  readonly mediaType: string;
  /** An address that only this page has, of a picture that a browser shows. */
  readonly preview?: string;
  readonly phase: AttachmentPhase;
}

/** As many as a question may hold beside its text. */
export const maxAttachments = 10;
/** Larger files aren't tried: the gateway's default. */
export const maxAttachedBytes = 20 * 1_048_576;
/** What all data URLs of a question may have together (`maxDataUrlBytes`), where files can't be uploaded. */
export const maxInlineBytes = 448 * 1_024;

/** What can be said before a file is sent. */
export function refusalOf(file: Pick<File, "size">, attached: number): { readonly code: string } | undefined {
  if (attached >= maxAttachments) return { code: "too-many-attached" };
  if (file.size === 0) return { code: "file-empty" };
  if (file.size > maxAttachedBytes) return { code: "file-too-large" };
  return undefined;
}

/** The files of a question, once all are ready; undefined while one is on its way, or has failed. */
export function readyFiles(attachments: readonly Attachment[]): QuestionFile[] | undefined {
  const files: QuestionFile[] = [];
  for (const { phase } of attachments) {
    if (phase.state !== "ready") return undefined;
    files.push(phase.file);
  }
  return files;
}

/** Text and files as one question; text alone stays a text. */
export function questionOf(text: string, files: readonly QuestionFile[]): string | TurnInput {
  if (files.length === 0) return text;
  const said = text.trim() === "" ? [] : [{ type: "text" as const, text }];
  return {
    parts: [
      ...said,
      ...files.map(({ url, mediaType, filename }) => ({
        type: "file" as const,
        url,
        mediaType,
        ...(filename !== undefined && { filename }),
      })),
    ],
  };
}

/** Pictures that every browser shows. Others have an icon: a photo of a camera may be HEIC. */
export function isShown(mediaType: string): boolean {
  return /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/.test(mediaType);
}

/** "3 KB", "1.2 MB", in the language's own digits and units. */
export function sizeText(bytes: number, locale: string): string {
  const [value, unit] =
    bytes < 1_000_000 ? [Math.max(1, Math.round(bytes / 1_000)), "kilobyte"] : [bytes / 1_000_000, "megabyte"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
