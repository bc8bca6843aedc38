/**
 * Takes an upload: from the request's body into the bucket, as a stream that is never held whole. Who asks is verified; the
 * room decides whether there may be such a file (`core/files/room-files.ts`), and is told when its bytes are there.
 */
import { fail, ok, type Result } from "../../shared/result.ts";
import { isFileType } from "../config/file-settings.ts";
import type { AddressedFile, FileCall, FileReply } from "../core/files/file-calls.ts";
import type { AccessRefusal, Principal } from "../core/principal.ts";
import type { FileBucket } from "./file-bucket.ts";
import { filenameIn } from "./file-headers.ts";
import { mediaTypeOf, sniffedBytes } from "./media-type.ts";

/** An upload that takes longer is given up: a phone on a slow network sends 20 MB in this time. Less than `uploadDeadlineMs`. */
const uploadTimeoutMs = 10 * 60_000;

const uploadIdPattern = /^[A-Za-z0-9_-]{1,64}$/;

export interface UploadParts {
  readonly by: Principal;
  readonly origin: string;
  readonly maxFileBytes: number;
  readonly fileTypes: readonly string[];
  readonly bucket: FileBucket;
  readonly ask: (call: FileCall) => Promise<FileReply>;
  /** Runs on after the answer, and after its client has left. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export interface Uploaded {
  readonly file: AddressedFile;
  /** The same upload came before, and its file is here. */
  readonly isRepeated: boolean;
}

export async function acceptUpload(request: Request, parts: UploadParts): Promise<Result<Uploaded, AccessRefusal>> {
  const { by, origin, fileTypes, maxFileBytes, ask } = parts;
  const [bytes, upload] = [bytesOf(request), request.headers.get("idempotency-key") ?? undefined];
  const { body } = request;
  if (bytes === undefined || bytes === 0 || body === null) return fail(needsLength);
  if (bytes > maxFileBytes) return fail(tooLarge(maxFileBytes));
  if (upload !== undefined && !uploadIdPattern.test(upload)) return fail(badUploadId);
  const head = await readHead(body);
  const mediaType = mediaTypeOf(head.bytes, request.headers.get("content-type") ?? "");
  if (!isFileType(mediaType, fileTypes)) return refuseAfter(body, refusedType(mediaType));
  const filename = filenameIn(request.headers.get("content-disposition"));
  const facts = { origin, mediaType, bytes, ...(upload && { upload }), ...(filename && { filename }) };
  const reserved = await ask({ kind: "reserve", by, upload: facts });
  if (!reserved.ok) return refuseAfter(body, reserved.error);
  if (reserved.value.kind !== "upload") {
    await drain(body);
    return answerOf(reserved, true);
  }
  const { id, attempt } = reserved.value;
  try {
    await store(id, { head, body, bytes, mediaType, filename }, parts);
  } catch (cause) {
    // The room is told in any case, also when this client has left.
    const released = ask({ kind: "release", id, attempt });
    parts.waitUntil(released.catch(() => undefined));
    if (head.isBroken || request.signal.aborted) return fail(brokenOff);
    throw cause;
  }
  const stored = await ask({ kind: "stored", id });
  // Cleared or erased while the bytes came: nothing of them may stay.
  if (!stored.ok) await parts.bucket.delete([id]);
  return answerOf(stored, false);
}

interface Head {
  readonly bytes: Uint8Array;
  /** The body broke off within them. */
  readonly isBroken: boolean;
}

interface Contents {
  readonly head: Head;
  readonly body: ReadableStream<Uint8Array>;
  readonly bytes: number;
  readonly mediaType: string;
  readonly filename: string | undefined;
}

/** The bucket takes a stream whose length is known. One that ends earlier or later fails, and stores nothing. */
async function store(id: string, contents: Contents, { bucket }: UploadParts): Promise<void> {
  const { head, body, bytes, mediaType, filename } = contents;
  const { readable, writable } = new FixedLengthStream(bytes);
  const send = async () => {
    const writer = writable.getWriter();
    await writer.write(head.bytes);
    writer.releaseLock();
    await body.pipeTo(writable, { signal: AbortSignal.timeout(uploadTimeoutMs) });
  };
  const sent = send();
  // Seen through the put as well; without a handler of its own it would be an unhandled rejection meanwhile.
  sent.catch((error: unknown) => writable.abort(error).catch(() => undefined));
  await Promise.all([bucket.put(id, readable, { mediaType, filename }), sent]);
}

/** As many of the first bytes as tell the type, or a little more. */
async function readHead(body: ReadableStream<Uint8Array>): Promise<Head> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    while (length < sniffedBytes) {
      const { value, done } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.byteLength;
    }
    return { bytes: joined(chunks, length), isBroken: false };
  } catch {
    return { bytes: joined(chunks, length), isBroken: true };
  } finally {
    reader.releaseLock();
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

/** A client that is still sending would see a lost connection instead of the answer. The body is bounded already. */
async function refuseAfter(
  body: ReadableStream<Uint8Array>,
  refusal: AccessRefusal,
): Promise<Result<never, AccessRefusal>> {
  await drain(body);
  return fail(refusal);
}

async function drain(body: ReadableStream<Uint8Array>): Promise<void> {
  await body.pipeTo(new WritableStream(), { signal: AbortSignal.timeout(uploadTimeoutMs) }).catch(() => undefined);
}

function answerOf(reply: FileReply, isRepeated: boolean): Result<Uploaded, AccessRefusal> {
  if (!reply.ok) return reply;
  return reply.value.kind === "file" ? ok({ file: reply.value.file, isRepeated }) : fail({ code: "internal" });
}

function bytesOf({ headers }: Request): number | undefined {
  const length = headers.get("content-length");
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

function refusedType(mediaType: string): AccessRefusal {
  return {
    code: "file-type-refused",
    detail: `By its content this file is ${mediaType}, which can't be attached here.`,
  };
}

function tooLarge(maxFileBytes: number): AccessRefusal {
  return { code: "file-too-large", detail: `A file has at most ${maxFileBytes} bytes here.` };
}

const needsLength: AccessRefusal = {
  code: "bad-request",
  detail: "The body is the file's bytes, at least one, and Content-Length says how many.",
};
const badUploadId: AccessRefusal = {
  code: "bad-request",
  detail: "Idempotency-Key must be 1–64 of A–Z a–z 0–9 _ -.",
};
const brokenOff: AccessRefusal = { code: "bad-request", detail: "The upload broke off. Send it again." };
