/**
 * Named deadlines behind the one alarm an object has (A1). Pure: it knows what is due and when to wake; the room stores
 * `entries` and sets the alarm when `alarmAt` says so.
 */
export class Agenda {
  #entries = new Map<string, number>();
  /** When the platform's alarm is known to be set for. */
  #alarmAt: number | undefined;

  /** Begins again with what is stored. @param alarmAt when the platform's alarm will ring; undefined where none is set. */
  load(entries: Readonly<Record<string, number>>, alarmAt?: number): void {
    this.#entries = new Map(Object.entries(entries));
    this.#alarmAt = alarmAt;
  }

  /** As stored. */
  entries(): Record<string, number> {
    return Object.fromEntries(this.#entries);
  }

  at(name: string): number | undefined {
    return this.#entries.get(name);
  }

  hasAny(prefix: string): boolean {
    for (const name of this.#entries.keys()) if (name.startsWith(prefix)) return true;
    return false;
  }

  /** Adds or moves a deadline. Returns whether anything changed and the agenda must be stored. */
  set(name: string, at: number): boolean {
    if (this.#entries.get(name) === at) return false;
    this.#entries.set(name, at);
    return true;
  }

  clear(name: string): boolean {
    return this.#entries.delete(name);
  }

  /**
   * What is due at `now`, earliest first. It stays until it is cleared, in the same commit as what it led to: an entry
   * taken out before that would be lost in a crash.
   */
  due(now: number): string[] {
    const due = [...this.#entries].filter(([, at]) => at <= now).sort((a, b) => a[1] - b[1]);
    return due.map(([name]) => name);
  }

  /** The platform's alarm has gone off and is no longer set. */
  fired(): void {
    this.#alarmAt = undefined;
  }

  /**
   * For the alarm's handler: when to set the alarm before anything else is done, whatever that may be. It is not taken for
   * the alarm's time, so that `rearm` sets the right one in the end, be it later.
   */
  guard(at: number): number | undefined {
    return this.#entries.size === 0 ? undefined : at;
  }

  /**
   * When to set the platform's alarm, or undefined where it stands right already: it moves only to an earlier time,
   * because each move is a stored row; one that rings too early finds nothing due and moves on.
   */
  rearm(): number | undefined {
    let earliest = Number.POSITIVE_INFINITY;
    for (const at of this.#entries.values()) earliest = Math.min(earliest, at);
    if (earliest === Number.POSITIVE_INFINITY) return undefined;
    if (this.#alarmAt !== undefined && this.#alarmAt <= earliest) return undefined;
    this.#alarmAt = earliest;
    return earliest;
  }
}
