/** The bytes of one answer, kept to be read more than once: a backend is asked only once. */
export interface Recorded {
  readonly method: "POST" | "GET";
  readonly status: number;
  readonly contentType: string;
  readonly isSized: boolean;
  readonly chunks: readonly Uint8Array[];
  /** From the first bytes to the last. */
  readonly streamedMs: number;
}
