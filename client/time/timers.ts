/** Named timers, at most one of each name: whoever owns a set can show that nothing is left running. */
export class Timers<Name extends string> {
  readonly #running = new Map<Name, ReturnType<typeof setTimeout>>();

  /** Starts or restarts one. */
  start(name: Name, afterMs: number, action: () => void): void {
    this.stop(name);
    this.#running.set(
      name,
      setTimeout(() => {
        this.#running.delete(name);
        action();
      }, afterMs),
    );
  }

  has(name: Name): boolean {
    return this.#running.has(name);
  }

  stop(name: Name): void {
    clearTimeout(this.#running.get(name));
    this.#running.delete(name);
  }

  stopAll(): void {
    for (const name of [...this.#running.keys()]) this.stop(name);
  }
}
