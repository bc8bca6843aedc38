"use client";

/**
 * `useChatRoom`: a room in a React component. All components that name the same room and gateway share one client and one
 * socket (`client-registry.ts`), also over StrictMode's second mount and a change of page. On a server, and while hydrating,
 * the hook shows a room that is connecting. It also exports the headless parts of a chat page; each file says what its part
 * does.
 */
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { roomNamePattern } from "../shared/protocol/limits.ts";
import type { ChatClientOptions, ChatRoomClient, ChatSnapshot } from "./api/api.ts";
import { type ChatClient, idleSnapshot } from "./chat/chat-client.ts";
import { acquireClient, clientKey, releaseClient, setToken, sharedClient } from "./chat/client-registry.ts";
import { messageOf } from "./transports/http/room-fetch.ts";

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

/** What a component may do in a room; the hook enters and leaves it. */
export type ChatRoomActions = Omit<ChatRoomClient, "subscribe" | "getSnapshot" | "close">;
/** The room's snapshot and its actions. */
export type ChatRoom = ChatSnapshot & {
  /** The same object from render to render: pass it on as one prop. */
  readonly actions: ChatRoomActions;
} & ChatRoomActions;

export interface UseChatRoomOptions extends ChatClientOptions {
  /** False: the room isn't entered, its state is `closed`, and actions throw. Default: true. */
  readonly enabled?: boolean;
}

/**
 * `room` and `url` choose the client. A room or `url` that can't exist is a `closed` connection with the code `bad-room-name`
 * or `bad-request` and a message; actions then throw. `token` may change at any time and counts from the next connection; of
 * the other options those of the first component count. A turn that did not change is the same object from render to render,
 * so a component in `memo` renders only when its turn changed.
 */
export function useChatRoom(options: UseChatRoomOptions): ChatRoom {
  const { room, token, enabled = true } = options;
  const key = clientKey(options);
  const user = useRef({}).current;
  /** Why no client could be made, and for which key. */
  const mistake = useRef<{ readonly key: string; readonly snapshot: ChatSnapshot }>(undefined);
  const idle = useMemo(() => idleSnapshot(room, enabled ? undefined : { state: "closed" }), [room, enabled]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only the key chooses the client; the other options are passed on.
  const subscribe = useCallback(
    (listener: () => void) => {
      mistake.current = undefined;
      if (!enabled) return () => {};
      let client: ChatClient;
      try {
        client = acquireClient(key, options, user);
      } catch (cause) {
        // Thrown on, a mistyped room would take the whole page down.
        const code = roomNamePattern.test(room) ? "bad-request" : "bad-room-name";
        mistake.current = { key, snapshot: idleSnapshot(room, { state: "closed", code, message: messageOf(cause) }) };
        listener();
        return () => {};
      }
      const unsubscribe = client.subscribe(listener);
      return () => {
        unsubscribe();
        setToken(key, user, undefined);
        releaseClient(key);
      };
    },
    [key, enabled],
  );
  const current = useCallback(() => {
    if (!enabled) return idle;
    return (mistake.current?.key === key ? mistake.current.snapshot : sharedClient(key)?.getSnapshot()) ?? idle;
  }, [key, idle, enabled]);
  const snapshot = useSyncExternalStore(subscribe, current, () => idle);

  // biome-ignore lint/correctness/useExhaustiveDependencies: as above; actions keep their identity.
  const actions = useMemo((): ChatRoomActions => {
    const use = <T,>(action: (client: ChatClient) => T): T => {
      if (!enabled) throw new Error("the room is not entered: `enabled` is false");
      // Also before the first effect has run: a child's effect comes before its parent's.
      const client = acquireClient(key, options, user);
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
  }, [key, enabled]);

  // After each render, because a provider is usually a new closure.
  useEffect(() => setToken(key, user, token));
  return useMemo(() => ({ ...snapshot, ...actions, actions }), [snapshot, actions]);
}
