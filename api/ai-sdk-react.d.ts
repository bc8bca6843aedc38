/**
 * `useRoomChat`: the AI SDK's `useChat` for a room, in one line. After a reload it shows the conversation and resumes the open
 * answer, it shows what other tabs ask, and a component that is unmounted leaves without stopping the answer. It works with
 * `@ai-sdk/react` 2, 3 and 4 (`ai` 5, 6 and 7). The transport alone is `ai-sdk.ts`.
 */
import { UseChatHelpers } from "@ai-sdk/react";
import { ChatInit, UIMessage } from "ai";
import { RoomChatTransportOptions } from "./ai-sdk.js";
import { ConnectionState } from "./client/api.js";
export interface RoomChatOptions<UI_MESSAGE extends UIMessage> extends RoomChatTransportOptions, Omit<ChatInit<UI_MESSAGE>, "id" | "messages" | "transport" | "fetch"> {
  /** The chat, and by default the room's name. */
  readonly id: string;
}
export type RoomChat<UI_MESSAGE extends UIMessage> = UseChatHelpers<UI_MESSAGE> & {
  readonly connection: ConnectionState;
};
/**
 * `id` and `url` choose the room. `token` may change at any time; of the other options those of the first render count. A
 * room that refuses this page, or can't exist, is shown as `error`.
 */
export declare function useRoomChat<UI_MESSAGE extends UIMessage = UIMessage>(options: RoomChatOptions<UI_MESSAGE>): RoomChat<UI_MESSAGE>;