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
export declare class UploadError extends Error {
  /**
   * The gateway's code (`file-too-large`, `file-type-refused`, `too-many-files`, `uploads-off`, `unauthenticated`, …), or
   * `unreachable` where the network failed or something else answered.
   */
  readonly code: string;
  /** Trying again later may succeed. */
  readonly retryable: boolean;
  constructor(code: string, message: string, retryable: boolean, options?: {
    cause: unknown;
  });
}
/**
 * Uploads a file, and tries again where the network fails. Rejects with an `UploadError`, or with the signal's reason.
 * @throws TypeError for a gateway's address that can't exist.
 */
export declare function uploadFile(file: Blob & {
  readonly name?: string;
}, options: UploadOptions): Promise<UploadedFile>;
/** Removes a file that no question holds yet, so that its place is free again. Does nothing where it is gone. Never rejects. */
export declare function discardFile({ id }: Pick<UploadedFile, "id">, options: Omit<UploadOptions, "signal" | "onProgress">): Promise<void>;