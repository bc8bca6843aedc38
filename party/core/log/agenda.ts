/**
 * Named deadlines behind the one alarm that an object has (A1). Pure: it computes what is due and when the alarm must ring;
 * `conversation/commit.ts` stores the entries and sets the alarm.
 */
export class Agenda {
  #entries = new Map<string, number>();
  /** The time for which the platform's alarm is known to be set. */
  #alarmAt: number | undefined;

  /** Replaces all entries with the stored ones. @param alarmAt when the platform's alarm will ring; undefined where none is set. */
  load(entries: Readonly<Record<string, number>>, alarmAt?: number): void {
    this.#entries = new Map(Object.entries(entries));
    this.#alarmAt = alarmAt;
  }

  /** The entries as they are stored. */
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

  names(prefix: string): string[] {
    return [...this.#entries.keys()].filter((name) => name.startsWith(prefix));
  }

  /** Removes all deadlines whose name begins with `prefix`. */
  clearAll(prefix: string): void {
    for (const name of this.#entries.keys()) if (name.startsWith(prefix)) this.#entries.delete(name);
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
   * Names of what is due at `now`, earliest first. An entry stays until it is cleared in the same commit as what it led to: one
   * that was removed before that would be lost in a crash.
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
   * When the alarm's handler sets the alarm before it does anything else. This is not remembered as the alarm's time, so that
   * `rearm` sets the right one at the end, also a later one.
   */
  guard(at: number): number | undefined {
    return this.#entries.size === 0 ? undefined : at;
  }

  /**
   * When to set the platform's alarm, or undefined where it is early enough already. It moves only to an earlier time, because
   * each move is a stored row; an alarm that rings too early finds nothing due and is set again.
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
