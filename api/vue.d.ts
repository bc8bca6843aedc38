/**
 * `useChatRoom` for Vue 3: a room in a component. Components that name the same room and gateway share one client and one
 * socket. Until the component is mounted, and so on a server, it shows a room that is connecting and opens nothing.
 */
import { ComputedRef, MaybeRefOrGetter, ShallowRef } from "vue";
import { ChatSnapshot } from "./client/api.js";
import { ChatRoomActions, ChatRoomOptions } from "./client/shared-room.js";
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
export declare function useChatRoom(options: MaybeRefOrGetter<ChatRoomOptions>): ChatRoom;
export type { ChatRoomActions, ChatRoomOptions, ChatSnapshot };