/** Waiting for what a client sees. */
import type { ChatRoomClient, ChatSnapshot } from "../../client/api/api.ts";

/** Resolves with the first snapshot for which `done` holds; looks at each change. The test's own timeout bounds it. */
export function untilSnapshot(
  client: ChatRoomClient,
  done: (snapshot: ChatSnapshot) => boolean,
): Promise<ChatSnapshot> {
  return new Promise((resolve) => {
    const look = () => {
      const snapshot = client.getSnapshot();
      if (!done(snapshot)) return;
      unsubscribe();
      resolve(snapshot);
    };
    const unsubscribe = client.subscribe(look);
    look();
  });
}
