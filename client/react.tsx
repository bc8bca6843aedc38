/**
 * `useChatRoom`: a room in a React component. All components that name the same room and gateway share one client and one
 * socket, which closes a tick after the last of them is gone: StrictMode and a change of page mount again at once.
 * On a server, and while hydrating, it shows a room that is connecting.
 */
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import type { ChatClientOptions, ChatRoomClient, ChatSnapshot } from "./api.ts";
import { ChatClient, idleSnapshot } from "./chat-client.ts";

export type ChatRoomActions = Omit<ChatRoomClient, "subscribe" | "getSnapshot" | "close">;
export type ChatRoom = ChatSnapshot & ChatRoomActions;

interface Shared {
  readonly client: ChatClient;
  /** Of the latest component that asked: a token provider is usually a new closure at each render. */
  options: ChatClientOptions;
  users: number;
}

const shared = new Map<string, Shared>();

/**
 * `room` and `url` choose the client. `token` may change at any time and counts from the next connection; of the other
 * options those of the first component count.
 */
export function useChatRoom(options: ChatClientOptions): ChatRoom {
  const { room, url } = options;
  const key = `${url ?? ""} ${room}`;
  const idle = useMemo(() => idleSnapshot(room), [room]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only the key chooses the client; the rest is passed on.
  const subscribe = useCallback(
    (listener: () => void) => {
      const { client } = acquire(key, options);
      const unsubscribe = client.subscribe(listener);
      return () => {
        unsubscribe();
        release(key);
      };
    },
    [key],
  );
  const current = useCallback(() => shared.get(key)?.client.getSnapshot() ?? idle, [key, idle]);
  const snapshot = useSyncExternalStore(subscribe, current, () => idle);

  // biome-ignore lint/correctness/useExhaustiveDependencies: as above; actions keep their identity.
  const actions = useMemo((): ChatRoomActions => {
    const use = <T,>(action: (client: ChatClient) => T): T => {
      // Also before the first effect has run: a child's effect comes before its parent's.
      const { client } = acquire(key, options);
      try {
        return action(client);
      } finally {
        release(key);
      }
    };
    return {
      submit: (input, submitOptions) => use((client) => client.submit(input, submitOptions)),
      regenerate: (turnId, again) => use((client) => client.regenerate(turnId, again)),
      edit: (turnId, prompt, again) => use((client) => client.edit(turnId, prompt, again)),
      continueTurn: (turnId, again) => use((client) => client.continueTurn(turnId, again)),
      loadOlder: () => use((client) => client.loadOlder()),
      cancel: (turnId) => use((client) => client.cancel(turnId)),
      dismiss: (turnId) => use((client) => client.dismiss(turnId)),
      clear: () => use((client) => client.clear()),
      reconnect: () => use((client) => client.reconnect()),
    };
  }, [key]);

  useEffect(() => {
    const entry = shared.get(key);
    if (entry !== undefined) entry.options = options;
  });
  return useMemo(() => ({ ...snapshot, ...actions }), [snapshot, actions]);
}

function acquire(key: string, options: ChatClientOptions): Shared {
  let entry = shared.get(key);
  if (entry === undefined) {
    const created: Shared = {
      options,
      users: 0,
      client: new ChatClient({ ...options, token: () => created.options.token?.() }),
    };
    entry = created;
    shared.set(key, entry);
  }
  entry.users += 1;
  return entry;
}

function release(key: string): void {
  const entry = shared.get(key);
  if (entry === undefined) return;
  entry.users -= 1;
  if (entry.users > 0) return;
  setTimeout(() => {
    if (entry.users > 0 || shared.get(key) !== entry) return;
    shared.delete(key);
    entry.client.close();
  });
}
