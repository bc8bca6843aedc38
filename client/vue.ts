/**
 * `useChatRoom` for Vue 3: a room in a component. Components that name the same room and gateway share one client and one
 * socket. Until the component is mounted, and so on a server, it shows a room that is connecting and opens nothing.
 */
import {
  type ComputedRef,
  computed,
  type MaybeRefOrGetter,
  onMounted,
  onScopeDispose,
  type ShallowRef,
  shallowRef,
  toValue,
  watch,
} from "vue";
import type { ChatSnapshot } from "./api/api.ts";
import { type ChatRoomActions, type ChatRoomOptions, SharedRoom } from "./chat/shared-room.ts";

export type { ChatSnapshot } from "./api/api.ts";
export type { ChatRoomActions, ChatRoomOptions } from "./chat/shared-room.ts";

export interface ChatRoom extends ChatRoomActions {
  /** The whole snapshot; a new object whenever something changed. */
  readonly snapshot: Readonly<ShallowRef<ChatSnapshot>>;
  readonly connection: ComputedRef<ChatSnapshot["connection"]>;
  readonly turns: ComputedRef<ChatSnapshot["turns"]>;
  readonly pending: ComputedRef<ChatSnapshot["pending"]>;
  readonly older: ComputedRef<ChatSnapshot["older"]>;
  readonly notices: ComputedRef<ChatSnapshot["notices"]>;
  readonly error: ComputedRef<ChatSnapshot["error"]>;
}

/**
 * @param options may be a ref or a getter. `room`, `url` and `enabled` choose the client and may change; `token` counts from the
 * next connection; of the other options those of the first component count.
 */
export function useChatRoom(options: MaybeRefOrGetter<ChatRoomOptions>): ChatRoom {
  const read = () => toValue(options);
  let room = new SharedRoom(read);
  let leave: (() => void) | undefined;
  const snapshot = shallowRef(room.idle);
  const enter = () => {
    const show = () => {
      snapshot.value = room.getSnapshot();
    };
    leave = room.subscribe(show);
    show();
  };
  onMounted(enter);
  watch(
    () => [read().room, read().url, read().enabled],
    () => {
      const isMounted = leave !== undefined;
      leave?.();
      room = new SharedRoom(read);
      if (isMounted) enter();
      else snapshot.value = room.idle;
    },
  );
  watch(
    () => read().token,
    (token) => room.setToken(token),
  );
  onScopeDispose(() => leave?.());
  return {
    snapshot,
    connection: computed(() => snapshot.value.connection),
    turns: computed(() => snapshot.value.turns),
    pending: computed(() => snapshot.value.pending),
    older: computed(() => snapshot.value.older),
    notices: computed(() => snapshot.value.notices),
    error: computed(() => snapshot.value.error),
    submit: (...args) => room.actions.submit(...args),
    ask: (...args) => room.actions.ask(...args),
    regenerate: (...args) => room.actions.regenerate(...args),
    edit: (...args) => room.actions.edit(...args),
    continueTurn: (...args) => room.actions.continueTurn(...args),
    loadOlder: () => room.actions.loadOlder(),
    cancel: (turnId) => room.actions.cancel(turnId),
    dismiss: (turnId) => room.actions.dismiss(turnId),
    clear: () => room.actions.clear(),
    reconnect: () => room.actions.reconnect(),
  };
}
