/**
 * Writes the keys of an event as other services do: .NET and some clouds send `Content`, `Choices` or `DELTA`. Asked once for each
 * event that is read in full; an event whose first key is in lower case is left alone.
 */
import { isObject, type JsonObject, type StreamEvent } from "../stream-event.ts";

const maxDepth = 8;

/** The same event, with keys that begin in lower case. */
export function withSmallKeys(event: StreamEvent): StreamEvent {
  const { value } = event;
  if (!isObject(value)) return event;
  for (const key in value) {
    const first = key.charCodeAt(0);
    return first >= 65 && first <= 90 ? { ...event, value: smallKeys(value, 0) } : event;
  }
  return event;
}

function smallKeys(value: unknown, depth: number): unknown {
  if (depth > maxDepth) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => smallKeys(item, depth + 1));
  if (!isObject(value)) return value;
  const small: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value as JsonObject)) {
    // `__proto__` begins with no letter, and an own property of that name is no setter's call here.
    const name = /^[A-Z\d_]+$/.test(key) ? key.toLowerCase() : key.charAt(0).toLowerCase() + key.slice(1);
    Object.defineProperty(small, name, { value: smallKeys(inner, depth + 1), enumerable: true, configurable: true });
  }
  return small;
}
