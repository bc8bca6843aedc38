/**
 * `useChat` over a room: a `ChatTransport` of the AI SDK (`ai` 5 to 7) whose chats are rooms and whose answers come through
 * the room's one socket. It submits, stops and resumes; `turn-chunks.ts` turns an answer into the SDK's chunks.
 *
 * The SDK's `stop()` stops the turn for every tab and at the backend. Closing the page is leaving: then the room's leave
 * policy decides. `ai-sdk-react.tsx` has a hook on top of this transport.
 */
import { ChatTransport, UIMessage, UIMessageChunk } from "ai";
import { ChatClientOptions, ChatRoomClient } from "./client/api.js";
import { GatewayData } from "./client/ui-message-stream.js";
/** The options of a client, for every room of the transport, and how chats relate to rooms. */
export interface RoomChatTransportOptions extends Omit<ChatClientOptions, "room"> {
  /** The room of a chat. The chat's id by default, which then is 1–128 of `A–Z a–z 0–9 _ . -`. */
  readonly roomOf?: (chatId: string) => string;
  /**
   * Which conversation the model gets before the question: `room` sends what the room holds, the same for every tab;
   * `messages` sends what this page has, at most 64 KiB of it. Default: `room`.
   */
  readonly history?: "room" | "messages";
}
/** A conversation as a page should show it. */
export interface RoomMessages<UI_MESSAGE extends UIMessage> {
  /** Without the open answer, which `resumeStream()` brings from its start. */
  readonly messages: UI_MESSAGE[];
  readonly isAnswering: boolean;
}
type SendOptions<UI_MESSAGE extends UIMessage> = Parameters<ChatTransport<UI_MESSAGE>["sendMessages"]>[0];
type ReconnectOptions = Parameters<ChatTransport<UIMessage>["reconnectToStream"]>[0];
/** Pass one to `useChat`; it may serve any number of chats. A room that can't exist is reported when its chat is used. */
export declare class RoomChatTransport<UI_MESSAGE extends UIMessage = UIMessage> implements ChatTransport<UI_MESSAGE> {
  #private;
  /** For `ai` 7: a resumed stream begins at the answer's start, so the SDK replaces what it shows of the answer. */
  readonly resumeStreamIsReplay = true;
  /** Connects when a chat is first used, so it may be made where a server renders the page. */
  constructor(options?: RoomChatTransportOptions);
  /**
   * Submits the last of `messages`, with `provider`, `model`, `params` and `onLeave` of the request's `body` and its
   * `metadata`. The same message sent twice starts nothing; a regenerated or edited one replaces its turn and later ones.
   */
  sendMessages(options: SendOptions<UI_MESSAGE>): Promise<ReadableStream<UIMessageChunk>>;
  /** The open answer, from its start; null when there is none. Rejects when the room refuses this page. */
  reconnectToStream({ chatId, abortSignal }: ReconnectOptions): Promise<ReadableStream<UIMessageChunk> | null>;
  /** The conversation that the room holds, once it is known, for a page that keeps no messages of its own. */
  messages(chatId: string): Promise<RoomMessages<UI_MESSAGE>>;
  /**
   * Calls `show` with the conversation when it is first known, and whenever somebody else changed it: another tab asked, an
   * answer that isn't read here ended, turns were removed. It isn't called while an answer is being read here. Returns the
   * function that stops following. With `useChat`: `setMessages(messages)`, then `resumeStream()` if `isAnswering`. The hook
   * `useRoomChat` does that.
   */
  follow(chatId: string, show: (room: RoomMessages<UI_MESSAGE>) => void): () => void;
  /** The room behind a chat: its connection, queue and notices. In a page `useChatRoom` shares this client. */
  client(chatId: string): ChatRoomClient;
  /** Leaves all rooms. A chat that is used afterwards connects again. */
  close(): void;
}
export type { ChatClientOptions, ChatRoomClient, GatewayData };