/**
 * The one clock. Every token of every answer is ten characters that say when the backend made it: `~` and nine base-36 digits of
 * microseconds on the machine's monotonic clock, which all processes of a machine share. So a reader knows a token's age whatever
 * protocol carried it, and no contender's frames have to be understood to be measured.
 */

export const tokenLength = 10;

/** Microseconds on the monotonic clock. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

export function stamp(us: number): string {
  return `~${us.toString(36).padStart(tokenLength - 1, "0")}`;
}

/** Finds the stamps in what comes on one connection, also those that lie across two reads, and each only once. */
export class StampScanner {
  #tail = "";
  #newest = 0;

  /**
   * Calls `onToken` for each token that was not seen before. The backend's stamps only rise within an answer: what is not newer
   * than the newest is a repetition (a replay, the whole message again at its end).
   */
  scan(text: string, onToken: (stampUs: number) => void): void {
    const all = this.#tail + text;
    this.#tail = "";
    for (let at = all.indexOf("~"); at !== -1; at = all.indexOf("~", at + 1)) {
      if (at + tokenLength > all.length) {
        this.#tail = all.slice(at);
        return;
      }
      const us = Number.parseInt(all.slice(at + 1, at + tokenLength), 36);
      if (us > this.#newest) {
        this.#newest = us;
        onToken(us);
      }
    }
  }
}
