"use client";

/**
 * `useRoomChat`: the AI SDK's `useChat` for a room, in one line. After a reload it shows the conversation and resumes the open
 * answer, it shows what other tabs ask, and a component that is unmounted leaves without stopping the answer. It works with
 * `@ai-sdk/react` 2, 3 and 4 (`ai` 5, 6 and 7). The transport alone is `ai-sdk.ts`.
 */
import { Chat, type UseChatHelpers, useChat } from "@ai-sdk/react";
import type { ChatInit, UIMessage } from "ai";
import { useEffect, useMemo, useRef, useState } from "react";
import { defined } from "../shared/defined.ts";
import { RoomChatTransport, type RoomChatTransportOptions } from "./ai-sdk.ts";
import type { ConnectionState } from "./api/api.ts";
import { clientKey } from "./chat/client-registry.ts";

export interface RoomChatOptions<UI_MESSAGE extends UIMessage>
  extends RoomChatTransportOptions,
    Omit<ChatInit<UI_MESSAGE>, "id" | "messages" | "transport" | "fetch"> {
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
export function useRoomChat<UI_MESSAGE extends UIMessage = UIMessage>(
  options: RoomChatOptions<UI_MESSAGE>,
): RoomChat<UI_MESSAGE> {
  const { id, url } = options;
  const latest = useRef(options);
  latest.current = options;
  const hasToken = options.token !== undefined;
  const key = clientKey({ room: id, ...defined({ url }) });
  // The chat is made here and not by `useChat`, which would stop the answer when its component is unmounted.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the room; the other options are those of the first render.
  const { chat, transport } = useMemo(() => {
    const { token: _, id: chatId, ...rest } = latest.current;
    const token = hasToken ? { token: (room: string) => latest.current.token?.(room) } : {};
    const made = new RoomChatTransport<UI_MESSAGE>({ ...rest, ...token });
    return { transport: made, chat: new Chat<UI_MESSAGE>({ ...rest, id: chatId, transport: made }) };
  }, [key, hasToken]);
  const helpers = useChat<UI_MESSAGE>({ chat });
  const [connection, setConnection] = useState<ConnectionState>({ state: "connecting" });
  useEffect(() => {
    try {
      const client = transport.client(id);
      const look = () => setConnection(client.getSnapshot().connection);
      const unsubscribe = client.subscribe(look);
      look();
      const resume = resumeOnce(chat);
      const unfollow = transport.follow(id, ({ messages, isAnswering }) => {
        chat.messages = messages;
        if (isAnswering) resume();
      });
      return () => {
        unsubscribe();
        transport.close();
        // Later, because each abort of this chat is a person's stop, also one right before the component goes.
        queueMicrotask(unfollow);
      };
    } catch (cause) {
      // Thrown on, a mistyped room would take the whole page down.
      setConnection({ state: "closed", code: "bad-room-name", message: (cause as Error).message });
      return undefined;
    }
  }, [chat, transport, id]);
  const { error } = helpers;
  const refusal = useMemo(
    () => (connection.state === "closed" && connection.code !== undefined ? new Error(connection.message) : undefined),
    [connection],
  );
  return { ...helpers, error: error ?? refusal, connection };
}

/** `ai` 5 shows a text twice that is resumed twice at once. A wish that comes meanwhile is carried out afterwards. */
function resumeOnce(chat: { resumeStream(): Promise<void> }): () => void {
  let state: "idle" | "resuming" | "again" = "idle";
  const resume = () => {
    state = state === "idle" ? "resuming" : "again";
    if (state === "again") return;
    // The chat reports failures as its `error`.
    void chat.resumeStream().finally(() => {
      const isWanted = state === "again";
      state = "idle";
      if (isWanted) resume();
    });
  };
  return resume;
}
