/**
 * Keys that no client of the AI SDK accepts in an event: `__proto__`, and `prototype` below `constructor`. One of them, in the output
 * of a tool, would end the reading of the whole answer, so a UI message stream with one is malformed, and other answers lose the
 * key. Used by the batch builder and the rules of the UI message stream.
 */

function isRefused(key: string, value: unknown): boolean {
  if (key === "__proto__") return true;
  return key === "constructor" && typeof value === "object" && value !== null && Object.hasOwn(value, "prototype");
}

/** Whether a JSON value has such a key at any depth. Without recursion, because a backend decides about the depth. */
export function hasRefusedKeys(json: unknown): boolean {
  if (typeof json !== "object" || json === null) return false;
  const rest: object[] = [json];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const key of Object.keys(next)) {
      const value = (next as Readonly<Record<string, unknown>>)[key];
      if (isRefused(key, value)) return true;
      if (typeof value === "object" && value !== null) rest.push(value);
    }
  }
  return false;
}

/** The value without such keys: itself, where it has none. */
export function withoutRefusedKeys<T extends object>(json: T): T {
  if (!hasRefusedKeys(json)) return json;
  return JSON.parse(JSON.stringify(json), function (this: unknown, key: string, value: unknown) {
    return isRefused(key, value) ? undefined : value;
  }) as T;
}
