/**
 * `useChat` over a room: a `ChatTransport` of the AI SDK (`ai` 5 to 7) whose chats are rooms and whose answers come through
 * the room's one socket. The room is asked here; its answers are read by `turn-stream.ts`.
 *
 * What the SDK calls stopping is a stop here, for every tab and down to the backend. Closing the page is leaving: then the
 * room's leave policy decides.
 */
import type { ChatTransport, UIMessage, UIMessageChunk } from "ai";
import type { TurnView } from "../shared/transcript.ts";
import { askedBy, turnAsking, turnIdAgain, turnIdOf, uiMessagesOf, userMessageId } from "../shared/ui-messages.ts";
import type { ChatClientOptions, ChatRoomClient, ChatSnapshot, SubmitOptions } from "./api/api.ts";
import { acquireClient, clientKey, releaseClient, updateOptions } from "./chat/shared-client.ts";
import { isRecord } from "./chat/submit-frame.ts";
import { turnStream } from "./chat/turn-chunks.ts";
import { randomId } from "./transports/random-id.ts";

export type { GatewayData } from "../shared/ui-message-stream.ts";
export type { ChatClientOptions, ChatRoomClient } from "./api/api.ts";

/** Those of a client, for every room of the transport, and what a chat is to the room. */
export interface RoomChatTransportOptions extends Omit<ChatClientOptions, "room"> {
  /** The room of a chat. The chat's id by default, which then is 1–128 of `A–Z a–z 0–9 _ . -`. */
  readonly roomOf?: (chatId: string) => string;
  /**
   * What the model is told of the conversation before the question: `room`, what the room holds, the same for every tab; or
   * `messages`, what this page has, at most 64 KiB of it. Default: `room`.
   */
  readonly history?: "room" | "messages";
}

/** A conversation as a page is to show it. */
export interface RoomMessages<UI_MESSAGE extends UIMessage> {
  /** Without the answer that is being given, which `resumeStream()` brings from its start. */
  readonly messages: UI_MESSAGE[];
  readonly isAnswering: boolean;
}

type SendOptions<UI_MESSAGE extends UIMessage> = Parameters<ChatTransport<UI_MESSAGE>["sendMessages"]>[0];
type ReconnectOptions = Parameters<ChatTransport<UIMessage>["reconnectToStream"]>[0];

interface Follower {
  /** What its page is taken to show: the room's turns, and whether each is over. */
  shown: ReadonlyMap<string, boolean> | undefined;
  /** Looks whether that is still so. */
  readonly look: () => void;
}

/** A chat this transport has to do with. */
interface Chat {
  readonly key: string;
  readonly client: ChatRoomClient;
  /** Streams being read and followers: with none it may be let go for another chat. */
  users: number;
  /** Turns whose answers are being read. */
  readonly reading: Set<string>;
  /** The page's own ids of its questions, by turn. */
  readonly names: Map<string, string>;
  readonly followers: Set<Follower>;
  /** A resumed answer's signal was aborted; unless the next resume follows at once it is stopped. */
  stopping: string | undefined;
}

/** Give one to `useChat`; it may serve any number of chats. Throws nothing when made; a room that cannot exist is told when its chat is used. */
export class RoomChatTransport<UI_MESSAGE extends UIMessage = UIMessage> implements ChatTransport<UI_MESSAGE> {
  /** For `ai` 7: a resumed stream begins at the answer's start, so what is shown of it is rebuilt, not added to. */
  readonly resumeStreamIsReplay = true;
  readonly #options: RoomChatTransportOptions;
  readonly #chats = new Map<string, Chat>();

  /** Connects when a chat is first used, not before: it may be made where a page is rendered on a server. */
  constructor(options: RoomChatTransportOptions = {}) {
    this.#options = options;
  }

  /**
   * Asks the last of `messages`. `provider`, `model`, `params` and `onLeave` of the request's `body` and its `metadata` go
   * along. Asking the same message twice starts nothing; a regenerated or edited one replaces its turn and later ones.
   */
  async sendMessages(options: SendOptions<UI_MESSAGE>): Promise<ReadableStream<UIMessageChunk>> {
    const { chatId, messages, trigger, messageId, abortSignal } = options;
    const asked = askedBy(messages);
    if (!asked.ok) throw new Error(asked.detail);
    const { message, prompt } = asked;
    const chat = this.#chat(chatId);
    chat.users += 1;
    try {
      const { client } = chat;
      // Refused for good before, perhaps for a token that has been renewed since.
      if (client.getSnapshot().connection.state === "closed") client.reconnect();
      const input = this.#options.history === "messages" ? { messages: asked.messages } : { prompt };
      const isAgain = trigger === "regenerate-message" || messageId !== undefined;
      if (!isAgain) {
        const turnId = turnIdOf(message.id, prompt);
        client.submit(input, { ...submitOptions(options), turnId });
        return this.#read(chat, turnId, message.id, abortSignal, () => client.cancel(turnId));
      }
      // Which turn it is about is known when the room is.
      const { turns, pending } = await whenSynced(client, abortSignal);
      const ids = [...turns, ...pending].map(({ id }) => id);
      const replaces = messageId !== undefined && ids.includes(messageId) ? messageId : turnAsking(message.id, ids);
      const turnId = turnIdAgain(message.id, randomId());
      if (abortSignal?.aborted !== true) {
        client.submit(input, { ...submitOptions(options), turnId, ...(replaces === undefined ? {} : { replaces }) });
      }
      return this.#read(chat, turnId, message.id, abortSignal, () => client.cancel(turnId));
    } finally {
      chat.users -= 1;
    }
  }

  /** The answer that is being given, from its start; null when there is none. Rejects when the room refuses this page. */
  async reconnectToStream({ chatId, abortSignal }: ReconnectOptions): Promise<ReadableStream<UIMessageChunk> | null> {
    const chat = this.#chat(chatId);
    chat.stopping = undefined;
    chat.users += 1;
    try {
      const { turns, pending, connection } = await whenSynced(chat.client, abortSignal);
      // Aborted before there was anything to stop: a component that went, as each does once in React's StrictMode.
      if (abortSignal?.aborted === true) return null;
      if (connection.state === "closed")
        throw new Error(connection.message ?? connection.code ?? "The chat is closed.");
      const open =
        turns.find(({ state }) => state !== "settled") ?? pending.find(({ refused }) => refused === undefined);
      if (open === undefined) return null;
      const onAbort = () => {
        // A resume that takes the place of another aborts it first: that is no stop.
        chat.stopping = open.id;
        queueMicrotask(() => {
          if (chat.stopping !== open.id) return;
          chat.stopping = undefined;
          chat.client.cancel(open.id);
        });
      };
      return this.#read(chat, open.id, undefined, abortSignal, onAbort);
    } finally {
      chat.users -= 1;
    }
  }

  /** The conversation as the room has it, once it is known: what a page that keeps no messages of its own starts from. */
  async messages(chatId: string): Promise<RoomMessages<UI_MESSAGE>> {
    const chat = this.#chat(chatId);
    chat.users += 1;
    try {
      const { connection } = await whenSynced(chat.client);
      if (connection.state === "closed")
        throw new Error(connection.message ?? connection.code ?? "The chat is closed.");
      return messagesIn(chat);
    } finally {
      chat.users -= 1;
    }
  }

  /**
   * Calls `show` with the conversation when it is first known, and whenever someone else changed it: another tab asked,
   * an answer that is not read here ended, turns were removed. Never while an answer is being read here. Returns the way
   * to stop that. With `useChat`: `setMessages(messages)`, then `resumeStream()` if `isAnswering`.
   */
  follow(chatId: string, show: (room: RoomMessages<UI_MESSAGE>) => void): () => void {
    const chat = this.#chat(chatId);
    chat.users += 1;
    const follower: Follower = {
      shown: undefined,
      look: () => {
        const { view, turns } = chat.client.getSnapshot();
        if (view.epoch === undefined || chat.reading.size > 0 || !chat.followers.has(follower)) return;
        const now = shownOf(turns);
        if (follower.shown !== undefined && isSame(follower.shown, now)) return;
        follower.shown = now;
        show(messagesIn(chat));
      },
    };
    chat.followers.add(follower);
    const unsubscribe = chat.client.subscribe(follower.look);
    // Not before its caller has the way to stop it.
    queueMicrotask(follower.look);
    return () => {
      if (!chat.followers.delete(follower)) return;
      unsubscribe();
      chat.users -= 1;
    };
  }

  /** The room behind a chat: its connection, queue and notices. The same client that `useChatRoom` uses for that room. */
  client(chatId: string): ChatRoomClient {
    return this.#chat(chatId).client;
  }

  /** Leaves all rooms. What it is used for afterwards connects again. */
  close(): void {
    for (const { key } of this.#chats.values()) releaseClient(key);
    this.#chats.clear();
  }

  #chat(chatId: string): Chat {
    const known = this.#chats.get(chatId);
    if (known !== undefined) return known;
    // The chats before it that nobody reads: their rooms are left, and entered again should they be opened.
    for (const [id, { key, users }] of this.#chats) {
      if (users > 0) continue;
      this.#chats.delete(id);
      releaseClient(key);
    }
    const { roomOf, history: _history, ...options } = this.#options;
    const clientOptions = { ...options, room: roomOf?.(chatId) ?? chatId };
    const key = clientKey(clientOptions);
    const chat: Chat = {
      key,
      client: acquireClient(key, clientOptions),
      users: 0,
      reading: new Set(),
      names: new Map(),
      followers: new Set(),
      stopping: undefined,
    };
    // The client may be one that a transport before this, or a component, has already.
    if (clientOptions.token !== undefined) updateOptions(key, clientOptions);
    this.#chats.set(chatId, chat);
    return chat;
  }

  /** @param name the page's id of the question, if it was asked here. */
  #read(
    chat: Chat,
    turnId: string,
    name: string | undefined,
    signal: AbortSignal | undefined,
    onAbort: () => void,
  ): ReadableStream<UIMessageChunk> {
    if (name !== undefined) chat.names.set(turnId, name);
    chat.users += 1;
    chat.reading.add(turnId);
    const onEnd = () => {
      chat.users -= 1;
      chat.reading.delete(turnId);
      // What was read here is shown here, and the SDK has taken away what it replaced.
      const { turns } = chat.client.getSnapshot();
      const upTo = turns.slice(0, turns.findIndex(({ id }) => id === turnId) + 1);
      for (const follower of chat.followers) {
        const { shown } = follower;
        if (shown !== undefined) follower.shown = shownOf(upTo.filter(({ id }) => id === turnId || shown.has(id)));
      }
      // When the SDK has taken in the last chunk.
      setTimeout(() => {
        for (const { look } of chat.followers) look();
      });
    };
    return turnStream(chat.client, turnId, { signal, onAbort, onEnd });
  }
}

function messagesIn<UI_MESSAGE extends UIMessage>({ client, names }: Chat): RoomMessages<UI_MESSAGE> {
  const { turns } = client.getSnapshot();
  const messages: UIMessage[] = uiMessagesOf(turns, (turnId) => names.get(turnId) ?? userMessageId(turnId));
  // What types an application gives its messages is its own claim about its backend.
  return { messages: messages as UI_MESSAGE[], isAnswering: turns.some(({ state }) => state !== "settled") };
}

/** The first snapshot that shows what the room holds, or in which it is closed for good; at once when aborted. */
function whenSynced(client: ChatRoomClient, signal?: AbortSignal): Promise<ChatSnapshot> {
  return new Promise((resolve) => {
    const look = () => {
      const snapshot = client.getSnapshot();
      const { state } = snapshot.connection;
      if (state !== "online" && state !== "closed" && signal?.aborted !== true) return;
      unsubscribe();
      signal?.removeEventListener("abort", look);
      resolve(snapshot);
    };
    const unsubscribe = client.subscribe(look);
    signal?.addEventListener("abort", look);
    look();
  });
}

/** What a request may say of its turn; anything else in its body is not for the room. */
function submitOptions({ body, metadata }: { readonly body?: object; readonly metadata?: unknown }): SubmitOptions {
  const { provider, model, params, onLeave } = (body ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...(typeof provider === "string" ? { provider } : {}),
    ...(typeof model === "string" ? { model } : {}),
    ...(isRecord(params) ? { params } : {}),
    ...(onLeave === "cancel" || onLeave === "keep" ? { onLeave } : {}),
    ...(isRecord(metadata) ? { metadata } : {}),
  };
}

function shownOf(turns: readonly TurnView[]): ReadonlyMap<string, boolean> {
  return new Map(turns.map(({ id, state }) => [id, state === "settled"]));
}

function isSame(a: ReadonlyMap<string, boolean>, b: ReadonlyMap<string, boolean>): boolean {
  return a.size === b.size && [...a].every(([id, isOver]) => b.get(id) === isOver);
}
