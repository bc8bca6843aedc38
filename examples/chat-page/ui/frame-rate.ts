/** Limits how often a component renders a value that changes faster than the screen: once per animation frame. */
import { useEffect, useState } from "react";

/** Returns the value of the last frame while `isLive`, and the current value otherwise, so that the last one is always drawn. */
export function useLatestPerFrame<T>(value: T, isLive: boolean): T {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    if (!isLive || shown === value) return undefined;
    // A request that is cancelled and made again before a frame still runs in that frame.
    const frame = requestAnimationFrame(() => setShown(value));
    return () => cancelAnimationFrame(frame);
  }, [value, shown, isLive]);
  return isLive ? shown : value;
}
