"use client";

/**
 * `useChatRoom`: a room in a React component. All components that name the same room and gateway share one client and one
 * socket (`client-registry.ts`), also over StrictMode's second mount and a change of page. On a server, and while hydrating,
 * the hook shows a room that is connecting. It also exports the headless parts of a chat page; each file says what its part
 * does.
 */
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { ChatSnapshot } from "./api/api.ts";
import { type ChatRoomActions, type ChatRoomOptions, SharedRoom } from "./chat/shared-room.ts";

export type { ChatRoomActions } from "./chat/shared-room.ts";
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

/** The room's snapshot and its actions. */
export type ChatRoom = ChatSnapshot & {
  /** The same object from render to render: pass it on as one prop. */
  readonly actions: ChatRoomActions;
} & ChatRoomActions;

export type UseChatRoomOptions = ChatRoomOptions;

/**
 * `room` and `url` choose the client. A room or `url` that can't exist is a `closed` connection with the code `bad-room-name`
 * or `bad-request` and a message; actions then throw. `token` may change at any time and counts from the next connection; of
 * the other options those of the first component count. A turn that did not change is the same object from render to render,
 * so a component in `memo` renders only when its turn changed.
 */
export function useChatRoom(options: UseChatRoomOptions): ChatRoom {
  const { room, url, token, enabled = true } = options;
  const latest = useRef(options);
  latest.current = options;
  // biome-ignore lint/correctness/useExhaustiveDependencies: these choose the room; the other options are read when a client is made.
  const store = useMemo(() => new SharedRoom(() => latest.current), [room, url, enabled]);
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, () => store.idle);
  // After each render, because a provider is usually a new closure.
  useEffect(() => store.setToken(token));
  const { actions } = store;
  return useMemo(() => ({ ...snapshot, ...actions, actions }), [snapshot, actions]);
}
