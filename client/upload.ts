/**
 * Uploads a file into a room, for questions that hold it. An entry of its own, because a chat without attachments needs none of
 * it: load it when the first file is chosen.
 *
 * @example
 * const { url, mediaType, filename } = await uploadFile(file, { room: "lobby", onProgress: (sent) => … });
 * chat.submit({ parts: [{ type: "text", text: "What is this?" }, { type: "file", url, mediaType }] });
 */
import { gatewayHref, gatewayUrl } from "./transports/gateway-url.ts";
import { randomId } from "./transports/random-id.ts";
import { type FileAnswer, sendFile } from "./upload/send-file.ts";

export interface UploadOptions {
  /** Where the gateway is, as the chat client takes it. Default: the page's own origin. */
  readonly url?: string;
  readonly room: string;
  /** Called with the room's name before each try. Left out where the gateway needs no token. */
  readonly token?: (room: string) => string | undefined | Promise<string | undefined>;
  /** Ends the upload. Nothing of it stays in the room. */
  readonly signal?: AbortSignal;
  /** Called with the bytes that were sent, of `file.size`. Only a browser can tell. */
  readonly onProgress?: (sentBytes: number) => void;
  /** The name that people see. Default: the file's own. */
  readonly filename?: string;
  /**
   * The upload's own id: the same one sent again is the same file. Default: a random one, so that a try whose answer was lost
   * doesn't upload twice. Pass one to try again later. 1–64 of A–Z a–z 0–9 _ -.
   */
  readonly id?: string;
}

/** A file that the room has. `url`, `mediaType` and `filename` are the fields of a question's file part. */
export interface UploadedFile {
  readonly id: string;
  /** Signed, and good until `expiresAt`. */
  readonly url: string;
  /** By the file's content. */
  readonly mediaType: string;
  readonly filename?: string;
  readonly bytes: number;
  /** ms since 1970. */
  readonly expiresAt: number;
}

/** Why a file wasn't uploaded. */
export class UploadError extends Error {
  /**
   * The gateway's code (`file-too-large`, `file-type-refused`, `too-many-files`, `uploads-off`, `unauthenticated`, …), or
   * `unreachable` where the network failed or something else answered.
   */
  readonly code: string;
  /** Trying again later may succeed. */
  readonly retryable: boolean;

  constructor(code: string, message: string, retryable: boolean, options?: { cause: unknown }) {
    super(message, options);
    this.name = "UploadError";
    this.code = code;
    this.retryable = retryable;
  }
}

const maxTries = 4;
const firstPauseMs = 500;
/** A longer wait is told to the person instead. */
const maxPauseMs = 10_000;

/**
 * Uploads a file, and tries again where the network fails. Rejects with an `UploadError`, or with the signal's reason.
 * @throws TypeError for a gateway's address that can't exist.
 */
export async function uploadFile(
  file: Blob & { readonly name?: string },
  options: UploadOptions,
): Promise<UploadedFile> {
  const { room, token, signal, onProgress, filename = file.name, id = randomId() } = options;
  const url = `${gatewayHref(gatewayUrl(options.url))}/parties/chat/${encodeURIComponent(room)}/files`;
  for (let tries = 1; ; tries += 1) {
    const failure = await attempt(url, file, { room, token, signal, onProgress, filename, id });
    if (!(failure instanceof Failure)) return failure;
    const { error, pauseMs = firstPauseMs * 2 ** tries } = failure;
    if (!error.retryable || tries === maxTries || pauseMs > maxPauseMs) throw error;
    // Spread out, so that many pages don't come back at once.
    await pause(pauseMs * (1 + Math.random() / 2), signal);
  }
}

class Failure {
  readonly error: UploadError;
  readonly pauseMs: number | undefined;

  constructor(error: UploadError, pauseMs?: number) {
    this.error = error;
    this.pauseMs = pauseMs;
  }
}

interface Attempt {
  readonly room: string;
  readonly token: UploadOptions["token"] | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: UploadOptions["onProgress"] | undefined;
  readonly filename: string | undefined;
  readonly id: string;
}

async function attempt(url: string, body: Blob, asked: Attempt): Promise<UploadedFile | Failure> {
  const { room, signal, onProgress, filename, id } = asked;
  const bearer = await asked.token?.(room);
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": body.type === "" ? "application/octet-stream" : body.type,
    "idempotency-key": id,
  };
  if (filename !== undefined) headers["content-disposition"] = `attachment; filename*=UTF-8''${encoded(filename)}`;
  if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
  try {
    const answer = await sendFile({ url, headers, body, signal, onProgress });
    return uploadedIn(answer) ?? failureIn(answer);
  } catch (cause) {
    if (signal?.aborted === true) throw signal.reason;
    return new Failure(new UploadError("unreachable", "The gateway could not be reached.", true, { cause }));
  }
}

/** RFC 8187: what `encodeURIComponent` leaves and a parameter may not hold. */
function encoded(name: string): string {
  return encodeURIComponent(name.toWellFormed?.() ?? name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
}

function uploadedIn({ status, body }: FileAnswer): UploadedFile | undefined {
  const { id, url, mediaType } = fieldsOf(body);
  const isFile = typeof id === "string" && typeof url === "string" && typeof mediaType === "string";
  return (status === 200 || status === 201) && isFile ? (body as UploadedFile) : undefined;
}

function failureIn({ status, retryAfter, body }: FileAnswer): Failure {
  const { code, detail, title, retryable } = fieldsOf(body);
  const message = [detail, title].find((text) => typeof text === "string") ?? `The gateway answered ${status}.`;
  // A proxy's page on the way: it may pass.
  if (typeof code !== "string") return new Failure(new UploadError("unreachable", message, status >= 500));
  const seconds = Number(retryAfter ?? Number.NaN);
  const pauseMs = Number.isFinite(seconds) ? seconds * 1_000 : undefined;
  return new Failure(new UploadError(code, message, retryable === true), pauseMs);
}

function fieldsOf(
  body: unknown,
): Readonly<Record<string, unknown>> & { readonly [name in "title" | "detail"]?: string } {
  return typeof body === "object" && body !== null ? (body as Record<string, string>) : {};
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Removes a file that no question holds yet, so that its place is free again. Does nothing where it is gone. Never rejects. */
export async function discardFile(
  { id }: Pick<UploadedFile, "id">,
  options: Omit<UploadOptions, "signal" | "onProgress">,
): Promise<void> {
  const { room, token } = options;
  const url = `${gatewayHref(gatewayUrl(options.url))}/parties/chat/${encodeURIComponent(room)}/files/${id}`;
  try {
    const bearer = await token?.(room);
    await fetch(url, { method: "DELETE", headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } });
  } catch {
    // It goes by itself after its grace period.
  }
}
