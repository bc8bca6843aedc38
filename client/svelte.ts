/**
 * `chatRoom`: a room as a Svelte store (Svelte 4 and 5; it follows the store contract and imports nothing of Svelte). Stores of
 * one room share one client and one socket. While a page is rendered on a server it shows a room that is connecting and opens
 * nothing.
 */
import type { ChatSnapshot } from "./api/api.ts";
import { type ChatRoomActions, type ChatRoomOptions, SharedRoom } from "./chat/shared-room.ts";

export type { ChatSnapshot } from "./api/api.ts";
export type { ChatRoomActions, ChatRoomOptions } from "./chat/shared-room.ts";

/** `$room` in a component is the room's snapshot. The actions are methods of the store. */
export interface ChatRoomStore extends ChatRoomActions {
  /** Enters the room with the first subscriber and leaves it after the last. */
  subscribe(run: (snapshot: ChatSnapshot) => void): () => void;
}

/** For another room, make another store. `token` is called whenever one is needed. */
export function chatRoom(options: ChatRoomOptions): ChatRoomStore {
  const room = new SharedRoom(() => options);
  return {
    ...room.actions,
    subscribe(run) {
      if (typeof document === "undefined") {
        run(room.idle);
        return () => {};
      }
      const show = () => run(room.getSnapshot());
      const leave = room.subscribe(show);
      show();
      return leave;
    },
  };
}
