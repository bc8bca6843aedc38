/**
 * Ephemeral state of the room: presence, queue positions, notices. It is never stored, and only the latest value per key is
 * sent; each sync is followed by all of it. Keys are `presence`, or a kind and a turn: `position/<turn>`, `notice/<turn>`.
 */
export class EphemeralState {
  readonly #values = new Map<string, { readonly version: number; readonly text: string }>();
  #version = 0;
  #newestNotice = 0;

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** The version of the newest notice. */
  get newestNotice(): number {
    return this.#newestNotice;
  }

  /** Returns whether the value changed and must be sent. @param text the frame as JSON. */
  set(key: string, text: string): boolean {
    if (this.#values.get(key)?.text === text) return false;
    this.#version += 1;
    this.#values.set(key, { version: this.#version, text });
    if (key.startsWith("notice/")) this.#newestNotice = this.#version;
    return true;
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }

  /** The frames that are newer than `version`. @param only the turn of a reader that reads one turn. */
  *after(version: number, only: string | undefined): Iterable<string> {
    for (const [key, value] of this.#values) {
      if (value.version > version && (only === undefined || key.endsWith(`/${only}`))) yield value.text;
    }
  }
}
