/** Values that change faster than the screen: a component follows them once per animation frame. */
import { useEffect, useState } from "react";

/** While `isLive`, `value` as of the last frame; else `value` itself, so that nothing is ever left undrawn at the end. */
export function useLatestPerFrame<T>(value: T, isLive: boolean): T {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    if (!isLive || shown === value) return undefined;
    // A request cancelled and made again before the frame still runs in that frame: nothing starves.
    const frame = requestAnimationFrame(() => setShown(value));
    return () => cancelAnimationFrame(frame);
  }, [value, shown, isLive]);
  return isLive ? shown : value;
}
