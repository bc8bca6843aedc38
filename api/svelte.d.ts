/**
 * `chatRoom`: a room as a Svelte store (Svelte 4 and 5; it follows the store contract and imports nothing of Svelte). Stores of
 * one room share one client and one socket. While a page is rendered on a server it shows a room that is connecting and opens
 * nothing.
 */
import { ChatSnapshot } from "./client/api.js";
import { ChatRoomActions, ChatRoomOptions } from "./client/shared-room.js";
/** `$room` in a component is the room's snapshot. The actions are methods of the store. */
export interface ChatRoomStore extends ChatRoomActions {
  /** Enters the room with the first subscriber and leaves it after the last. */
  subscribe(run: (snapshot: ChatSnapshot) => void): () => void;
}
/** For another room, make another store. `token` is called whenever one is needed. */
export declare function chatRoom(options: ChatRoomOptions): ChatRoomStore;
export type { ChatRoomActions, ChatRoomOptions, ChatSnapshot };