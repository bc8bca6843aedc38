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

export interface UseChatRoomOptions extends ChatRoomOptions {
  /** Renders at most every so many ms; the last change is always rendered. Default: every change. */
  readonly throttleMs?: number;
}

/**
 * `room` and `url` choose the client. A room or `url` that can't exist is a `closed` connection with the code `bad-room-name`
 * or `bad-request` and a message; actions then throw. `token` may change at any time and counts from the next connection; of
 * the other options those of the first component count. A turn that did not change is the same object from render to render,
 * so a component in `memo` renders only when its turn changed.
 *
 * With `select` the hook returns what it picks of the room, and the component renders only when that changed: another value,
 * or an object or list of which a field or an item is another.
 */
export function useChatRoom(options: UseChatRoomOptions): ChatRoom;
export function useChatRoom<T>(options: UseChatRoomOptions, select: (room: ChatRoom) => T): T;
export function useChatRoom(options: UseChatRoomOptions, select: (room: ChatRoom) => unknown = whole): unknown {
  const { room, url, token, enabled = true, throttleMs = 0 } = options;
  const latest = useRef(options);
  latest.current = options;
  // biome-ignore lint/correctness/useExhaustiveDependencies: these choose the room; the other options are read when a client is made.
  const store = useMemo(() => new SharedRoom(() => latest.current), [room, url, enabled]);
  const { subscribe, getSnapshot } = useMemo(() => throttled(store, throttleMs), [store, throttleMs]);
  // After each render, because a provider is usually a new closure.
  useEffect(() => store.setToken(token));
  const last = useRef<unknown>(undefined);
  const [pick, pickIdle] = useMemo(() => {
    let from: ChatSnapshot | undefined;
    const of = (snapshot: ChatSnapshot) => {
      if (snapshot === from) return last.current;
      from = snapshot;
      const { actions } = store;
      const picked = select({ ...snapshot, ...actions, actions });
      if (!isSame(last.current, picked)) last.current = picked;
      return last.current;
    };
    return [() => of(getSnapshot()), () => of(store.idle)];
  }, [store, getSnapshot, select]);
  return useSyncExternalStore(subscribe, pick, pickIdle);
}

const whole = (room: ChatRoom) => room;

/** The same store, whose changes come at most every `ms`. */
function throttled({ subscribe, getSnapshot }: SharedRoom, ms: number): Pick<SharedRoom, "subscribe" | "getSnapshot"> {
  if (ms <= 0) return { subscribe, getSnapshot };
  let shown: ChatSnapshot | undefined;
  return {
    subscribe: (listener) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const show = () => {
        timer = setTimeout(() => {
          timer = undefined;
          if (shown !== getSnapshot()) show();
        }, ms);
        shown = getSnapshot();
        listener();
      };
      const leave = subscribe(() => {
        if (timer === undefined) show();
      });
      return () => {
        clearTimeout(timer);
        shown = undefined;
        leave();
      };
    },
    getSnapshot: () => shown ?? getSnapshot(),
  };
}

/** The same value, or two plain objects or lists with the same fields. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [one, other] = [Object.entries(a), b as Readonly<Record<string, unknown>>];
  return one.length === Object.keys(b).length && one.every(([key, value]) => Object.is(value, other[key]));
}
