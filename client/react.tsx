"use client";

/**
 * `useChatRoom`: a room in a React component. All components that name the same room and gateway share one client and one
 * socket (`shared-client.ts`): StrictMode and a change of page mount again at once. On a server, and while hydrating, it
 * shows a room that is connecting. Beside it the parts of a chat page that have no looks: what each does is in its file.
 */
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import type { ChatClientOptions, ChatRoomClient, ChatSnapshot } from "./api/api.ts";
import { type ChatClient, idleSnapshot } from "./chat/chat-client.ts";
import { acquireClient, clientKey, releaseClient, sharedClient, updateOptions } from "./chat/shared-client.ts";

export { readItem, writeItem } from "./headless/browser-storage.ts";
export { KeepPlace, type KeepPlaceProps } from "./headless/keep-scroll-position.ts";
export {
  isEditable,
  isRunning,
  type Transcript,
  type TranscriptRow,
  transcriptOf,
} from "./headless/transcript-rows.ts";
export { type Composer, type ComposerOptions, fitsFrame, isComposing, useComposer } from "./headless/use-composer.ts";
export { deadlineOf, useSecondsUntil } from "./headless/use-countdown.ts";
export { useDraft } from "./headless/use-draft.ts";
export { type StickToBottom, useStickToBottom } from "./headless/use-stick-to-bottom.ts";

/** What may be done in a room; it is entered and left by its component. */
export type ChatRoomActions = Omit<ChatRoomClient, "subscribe" | "getSnapshot" | "close">;
/** The room's snapshot, and what may be done in it. */
export type ChatRoom = ChatSnapshot & {
  /** The same object from render to render: pass it on as one prop. */
  readonly actions: ChatRoomActions;
} & ChatRoomActions;

/**
 * `room` and `url` choose the client. `token` may change at any time and counts from the next connection; of the other
 * options those of the first component count. A turn that did not change is the same object from render to render, so that
 * a component in `memo` that is given one is drawn only when that turn changed.
 */
export function useChatRoom(options: ChatClientOptions): ChatRoom {
  const { room } = options;
  const key = clientKey(options);
  const idle = useMemo(() => idleSnapshot(room), [room]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only the key chooses the client; the rest is passed on.
  const subscribe = useCallback(
    (listener: () => void) => {
      const unsubscribe = acquireClient(key, options).subscribe(listener);
      return () => {
        unsubscribe();
        releaseClient(key);
      };
    },
    [key],
  );
  const current = useCallback(() => sharedClient(key)?.getSnapshot() ?? idle, [key, idle]);
  const snapshot = useSyncExternalStore(subscribe, current, () => idle);

  // biome-ignore lint/correctness/useExhaustiveDependencies: as above; actions keep their identity.
  const actions = useMemo((): ChatRoomActions => {
    const use = <T,>(action: (client: ChatClient) => T): T => {
      // Also before the first effect has run: a child's effect comes before its parent's.
      const client = acquireClient(key, options);
      try {
        return action(client);
      } finally {
        releaseClient(key);
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

  useEffect(() => updateOptions(key, options));
  return useMemo(() => ({ ...snapshot, ...actions, actions }), [snapshot, actions]);
}
