/**
 * What a question is made of: text, files by their address, and data of the application, in the shape of the AI SDK's message
 * parts. The schema says what a part is. `questionProblem` says which bound a whole question breaks, for every way to submit.
 */
import * as z from "zod/mini";
import { fileAddressOf } from "../file-address.ts";
import { utf8Length } from "../text.ts";
import type { ErrorCode } from "./errors.ts";
import { maxDataUrlBytes, maxFrameBytes, maxQuestionParts } from "./limits.ts";

const textPart = z.catchall(z.object({ type: z.literal("text"), text: z.string() }), z.json());
const filePart = z.catchall(
  z.object({
    type: z.literal("file"),
    mediaType: z.string().check(z.minLength(1), z.maxLength(255)),
    filename: z.exactOptional(z.string().check(z.maxLength(255))),
    url: z.string().check(z.minLength(1)),
  }),
  z.json(),
);
const dataPart = z.catchall(
  z.object({ type: z.templateLiteral(["data-", z.string()]), id: z.exactOptional(z.string()), data: z.json() }),
  z.json(),
);

/** Fields that aren't listed pass as they are, such as `providerMetadata`. */
export const questionPartSchema = z.union([textPart, filePart, dataPart]);
export type QuestionPart = z.infer<typeof questionPartSchema>;

/** As much of an input as is judged here. */
interface Judged {
  readonly prompt?: string;
  readonly answers?: unknown;
  readonly parts?: readonly QuestionPart[];
  readonly messages?: readonly { readonly parts?: readonly QuestionPart[] | undefined }[];
}

export interface QuestionProblem {
  readonly code: ErrorCode;
  /** What is wrong and what may be sent. It never quotes a value. */
  readonly detail: string;
}

/** @param bytes of the whole submit as JSON in UTF-8. */
export function questionProblem(input: Judged, bytes: number): QuestionProblem | undefined {
  if ((input.parts ?? []).length > maxQuestionParts) {
    return { code: "prompt-too-large", detail: `A question has at most ${maxQuestionParts} parts. Remove some.` };
  }
  const addresses = fileUrlsIn(allParts(input));
  if (addresses.some((url) => fileAddressOf(url) === undefined)) {
    return {
      code: "unsupported-content",
      detail: "The url of a file is an https address, a data URL with its media type, or the path of an uploaded file.",
    };
  }
  const dataBytes = dataBytesOf(addresses);
  if (dataBytes > maxDataUrlBytes) {
    return {
      code: "prompt-too-large",
      detail: `The data URLs of a question have at most ${maxDataUrlBytes} bytes together. Send smaller files, or their addresses.`,
    };
  }
  if (bytes - dataBytes <= maxFrameBytes) return undefined;
  const detail = `A question has at most ${maxFrameBytes} bytes beside its data URLs. Shorten it.`;
  return { code: "prompt-too-large", detail };
}

/** Bytes of the data URLs among the files of a question. */
export function dataUrlBytes(input: Judged): number {
  return dataBytesOf(fileUrlsIn(allParts(input)));
}

/** Whether a file of a question would be read over http from beyond loopback, which the operator has to allow. */
export function needsHttp(input: Judged): boolean {
  return fileUrlsIn(allParts(input)).some((url) => fileAddressOf(url) === "http");
}

/** A question of blanks asks nothing. */
export function asksSomething(parts: readonly QuestionPart[]): boolean {
  return parts.some((part) => part.type !== "text" || part.text.trim() !== "");
}

/** What is wrong with the parts of a question that the schema refuses; undefined where it isn't they. */
export function partsProblem(parts: unknown): QuestionProblem | undefined {
  const problem = shapeProblem(parts);
  if (problem !== undefined || asksSomething(z.array(questionPartSchema).parse(parts))) return problem;
  return { code: "unsupported-content", detail: "A question needs some text, a file or data." };
}

/** What is wrong with a list of parts, of a question or of an earlier message. */
export function shapeProblem(parts: unknown): QuestionProblem | undefined {
  const code = "unsupported-content";
  if (!Array.isArray(parts)) return { code, detail: "Parts are a list." };
  const at = parts.findIndex((part) => !questionPartSchema.safeParse(part).success);
  if (at === -1) return undefined;
  return {
    code,
    detail: `Part ${at + 1} isn't {"type": "text", "text"}, {"type": "file", "mediaType", "url", "filename"?} or {"type": "data-…", "data"}.`,
  };
}

function allParts({ parts = [], messages = [] }: Judged): QuestionPart[] {
  return [...parts, ...messages.flatMap((message) => message.parts ?? [])];
}

function fileUrlsIn(parts: readonly QuestionPart[]): string[] {
  return parts.flatMap((part) => (part.type === "file" ? [part.url] : []));
}

function dataBytesOf(urls: readonly string[]): number {
  return urls.reduce((sum, url) => sum + (fileAddressOf(url) === "data" ? utf8Length(url) : 0), 0);
}
