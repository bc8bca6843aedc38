/** What the device tells of its network and of whether someone looks. Outside of a page it tells nothing. */

export interface DeviceEvents {
  /** The network returned, or is another one. */
  online(): void;
  offline(): void;
  /** The page is looked at again. */
  seen(): void;
}

/** Returns the way to stop listening. */
export function listenToDevice(events: DeviceEvents): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  if (typeof window !== "undefined") {
    window.addEventListener("online", () => events.online(), { signal });
    window.addEventListener("offline", () => events.offline(), { signal });
    if (typeof document !== "undefined") {
      const look = () => document.visibilityState === "visible" && events.seen();
      document.addEventListener("visibilitychange", look, { signal });
    }
  }
  return () => controller.abort();
}
