/**
 * What the bridge has for its reader and the reader has not taken yet. The run of an answer fills it and waits for room
 * before it reads on, so that a slow reader slows the backend and little is kept in between.
 */

/** Kept in memory for one reader before reading on waits: some thousand tokens. */
const enoughBytes = 64 * 1024;
const newline = 0x0a;

export class Outbox {
  readonly #encoder = new TextEncoder();
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isEnded = false;
  #isBetweenLines = true;
  #arrived: (() => void) | undefined;
  #taken: Array<() => void> = [];

  /** Whether a comment may be put after all that was taken: inside a line it would break it. */
  get isBetweenLines(): boolean {
    return this.#isBetweenLines;
  }

  /** Nothing is taken after the end. */
  push(chunk: string | Uint8Array): void {
    if (this.#isEnded) return;
    const bytes = typeof chunk === "string" ? this.#encoder.encode(chunk) : chunk;
    if (bytes.byteLength === 0) return;
    this.#chunks.push(bytes);
    this.#bytes += bytes.byteLength;
    this.#arrived?.();
  }

  /** What is in it can still be taken. */
  end(): void {
    this.#isEnded = true;
    this.#arrived?.();
    this.#wake();
  }

  /** Nobody will take what is in it. */
  drop(): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.end();
  }

  /** Resolves when there is room for more, or `signal` aborts. */
  async room(signal: AbortSignal): Promise<void> {
    if (this.#bytes < enoughBytes) return;
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    while (this.#bytes >= enoughBytes && !this.#isEnded && !signal.aborted) {
      await new Promise<void>((resolve) => this.#taken.push(resolve));
    }
    signal.removeEventListener("abort", wake);
  }

  /** All there is, as one chunk; undefined at the end. One reader takes, one call at a time. */
  async take(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#isEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    const chunk = joined(this.#chunks, this.#bytes);
    this.#chunks = [];
    this.#bytes = 0;
    this.#isBetweenLines = chunk.at(-1) === newline;
    this.#wake();
    return chunk;
  }

  #wake(): void {
    for (const wake of this.#taken.splice(0)) wake();
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
