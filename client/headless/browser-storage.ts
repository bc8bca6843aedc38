/** Web storage that may be missing, full or forbidden (private windows, blocked cookies): then nothing is remembered. */
type Area = "local" | "session";

export function readItem(area: Area, key: string): string | undefined {
  try {
    return areaOf(area).getItem(key) ?? undefined;
  } catch {
    return undefined; // Forbidden reads the same as empty: the page works without memory.
  }
}

/** An empty value removes the key. */
export function writeItem(area: Area, key: string, value: string): void {
  try {
    if (value === "") areaOf(area).removeItem(key);
    else areaOf(area).setItem(key, value);
  } catch {
    // Full or forbidden: what was to be remembered is a convenience, never the conversation.
  }
}

/** The keys that begin with `prefix`. */
export function keysOf(area: Area, prefix: string): string[] {
  try {
    return Object.keys(areaOf(area)).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

function areaOf(area: Area): Storage {
  return area === "local" ? localStorage : sessionStorage;
}
