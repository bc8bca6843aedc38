/**
 * Reports what a page learns about its device: the network returned, changed or went, and the page is used again after a
 * sleep. A runtime that lacks these events (React Native, Node, Deno, Bun) reports nothing. Used by the connection.
 */
import { sleepCheckMs, sleptMs } from "../time/timing.ts";

export interface DeviceEvents {
  /** The network returned, or is another one. */
  online(): void;
  offline(): void;
  /** The page is visible again, or its device woke up. */
  seen(): void;
}

/** Returns the function that stops listening. */
export function listenToDevice(events: DeviceEvents): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const online = () => events.online();
  const seen = () => events.seen();
  const target = typeof window === "undefined" ? globalThis : window;
  listen(target, "online", online, signal);
  listen(target, "offline", () => events.offline(), signal);
  // A page that comes out of the back/forward cache.
  listen(target, "pageshow", seen, signal);
  if (typeof navigator !== "undefined") {
    listen((navigator as { connection?: unknown }).connection, "change", online, signal);
  }
  if (typeof document === "undefined") return () => controller.abort();
  listen(document, "visibilitychange", () => document.visibilityState === "visible" && seen(), signal);
  // The browser had frozen the page (Page Lifecycle API).
  listen(document, "resume", seen, signal);
  const stopWatching = watchForSleep(seen);
  return () => {
    controller.abort();
    stopWatching();
  };
}

/** A hint of the runtime, which is sometimes wrong. False where the runtime says nothing. */
export function isDeviceOffline(): boolean {
  return typeof navigator !== "undefined" && navigator.onLine === false;
}

function listen(target: unknown, type: string, listener: () => void, signal: AbortSignal): void {
  const { addEventListener } = (target ?? {}) as Partial<EventTarget>;
  if (typeof addEventListener === "function") addEventListener.call(target as EventTarget, type, listener, { signal });
}

/** A device that sleeps with the page in view sends no event: only its date is ahead of the page's timers. */
function watchForSleep(woke: () => void): () => void {
  let checkedAt = Date.now();
  const timer = setInterval(() => {
    const apartMs = Date.now() - checkedAt;
    checkedAt = Date.now();
    if (apartMs >= sleptMs) woke();
  }, sleepCheckMs);
  return () => clearInterval(timer);
}
