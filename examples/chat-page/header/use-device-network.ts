/**
 * The connection as the page shows it. When the device loses its network, the client needs seconds to find out that its
 * socket is dead; the page shows "offline" at once, until the device is online again or the room sends something.
 */
import { useCallback, useEffect, useState } from "react";
import type { ConnectionState } from "../../../client/index.ts";

const offline: ConnectionState = { state: "offline" };

export interface DeviceNetwork {
  /** For each frame that arrives: a device that receives frames isn't offline, whatever it reports. */
  readonly onFrame: () => void;
  readonly shown: (connection: ConnectionState) => ConnectionState;
}

export function useDeviceNetwork(): DeviceNetwork {
  const [isOffline, setOffline] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    window.addEventListener("offline", () => setOffline(true), { signal });
    window.addEventListener("online", () => setOffline(false), { signal });
    return () => listening.abort();
  }, []);
  const onFrame = useCallback(() => setOffline(false), []);
  const shown = useCallback(
    (connection: ConnectionState) => (isOffline && connection.state === "online" ? offline : connection),
    [isOffline],
  );
  return { onFrame, shown };
}
