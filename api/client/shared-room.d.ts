import { ChatClientOptions, ChatRoomClient } from "./api.js";
/** What a component may do in a room; the binding enters and leaves it. */
export type ChatRoomActions = Omit<ChatRoomClient, "subscribe" | "getSnapshot" | "close">;
export interface ChatRoomOptions extends ChatClientOptions {
  /** False: the room isn't entered, its state is `closed`, and actions throw. Default: true. */
  readonly enabled?: boolean;
}