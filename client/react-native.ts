/**
 * What the client needs and React Native's engine lacks. An application imports this module before any other of this package.
 * It defines only what is missing, and nothing for pages, which never load it.
 */

type Listener = ((event: object) => void) | { handleEvent(event: object): void };

/** As much of an event as partysocket copies: its type, and the fields of a message. */
class PlainEvent {
  readonly type: string;
  readonly data: unknown;
  readonly defaultPrevented = false;

  constructor(type: string, init?: { readonly data?: unknown } | null) {
    this.type = type;
    this.data = init?.data;
  }

  preventDefault(): void {}
  stopPropagation(): void {}
}

class PlainEventTarget {
  readonly #listeners = new Map<string, Map<Listener, boolean>>();

  addEventListener(type: string, listener: Listener | null, options?: boolean | { readonly once?: boolean }): void {
    if (listener === null) return;
    const listeners = this.#listeners.get(type) ?? new Map<Listener, boolean>();
    const isOnce = typeof options === "object" && options.once === true;
    if (!listeners.has(listener)) listeners.set(listener, isOnce);
    this.#listeners.set(type, listeners);
  }

  removeEventListener(type: string, listener: Listener | null): void {
    if (listener !== null) this.#listeners.get(type)?.delete(listener);
  }

  dispatchEvent(event: { readonly type: string }): boolean {
    for (const [listener, isOnce] of [...(this.#listeners.get(event.type) ?? [])]) {
      if (isOnce) this.removeEventListener(event.type, listener);
      if (typeof listener === "function") listener.call(this, event);
      else listener.handleEvent(event);
    }
    return true;
  }
}

define(globalThis, "Event", PlainEvent);
define(globalThis, "EventTarget", PlainEventTarget);
define(globalThis, "MessageEvent", class extends PlainEvent {});
define(Array.prototype, "findLast", function findLast<Item>(this: readonly Item[], fits: (item: Item) => unknown) {
  for (let index = this.length - 1; index >= 0; index -= 1) if (fits(this[index] as Item)) return this[index];
  return undefined;
});
define(Array.prototype, "with", function withItem<Item>(this: readonly Item[], at: number, item: Item) {
  const copy = [...this];
  copy[at < 0 ? this.length + at : at] = item;
  return copy;
});
define(String.prototype, "toWellFormed", function toWellFormed(this: string) {
  // By code points: half a pair that stands alone becomes U+FFFD.
  return [...this].map((point) => (/^[\uD800-\uDFFF]$/.test(point) ? "\uFFFD" : point)).join("");
});

function define(owner: object, name: string, value: unknown): void {
  if (name in owner) return;
  Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: false });
}

export {};
