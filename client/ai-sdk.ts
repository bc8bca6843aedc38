/**
 * `useChat` over a room: a `ChatTransport` of the AI SDK (`ai` 5 to 7) whose chats are rooms and whose answers come through
 * the room's one socket. It submits, stops and resumes; `turn-chunks.ts` turns an answer into the SDK's chunks.
 *
 * The SDK's `stop()` stops the turn for every tab and at the backend. Closing the page is leaving: then the room's leave
 * policy decides. `ai-sdk-react.tsx` has a hook on top of this transport.
 */
import type { ChatTransport, UIMessage, UIMessageChunk } from "ai";
import { defined } from "../shared/defined.ts";
import { answersIn, answerTurnId, callIdOf, isAskedIn, messageIdOf } from "../shared/open-calls.ts";
import type { CallAnswer } from "../shared/protocol/answers.ts";
import type { ChatMessage, ContextMessage } from "../shared/protocol/client-frames.ts";
import type { QuestionPart } from "../shared/protocol/question.ts";
import type { TurnView } from "../shared/transcript.ts";
import { askedBy, turnAsking, turnIdAgain, turnIdOf, uiMessagesOf, userMessageId } from "../shared/ui-messages.ts";
import type { ChatClientOptions, ChatRoomClient, ChatSnapshot, SubmitOptions } from "./api/api.ts";
import { acquireClient, releaseClient, setToken, transportKey } from "./chat/client-registry.ts";
import { isRecord } from "./chat/submit-frame.ts";
import { turnStream } from "./chat/turn-chunks.ts";
import { randomId } from "./transports/random-id.ts";

export type { GatewayData } from "../shared/ui-message-stream.ts";
export type { ChatClientOptions, ChatRoomClient } from "./api/api.ts";

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

interface Follower {
  /** The turns that its page shows, and whether each is settled. */
  shown: ReadonlyMap<string, boolean> | undefined;
  /** Calls `show` if the room's turns differ. */
  readonly look: () => void;
}

/** A chat that this transport serves. */
interface Chat {
  readonly key: string;
  readonly client: ChatRoomClient;
  /** Streams being read, and followers. A chat without users is released when another one is opened. */
  users: number;
  /** Turns whose answers are being read. */
  readonly reading: Set<string>;
  /** The page's own ids of its questions, by turn. */
  readonly names: Map<string, string>;
  readonly followers: Set<Follower>;
  /** A turn whose resumed stream was aborted. It is stopped unless the next resume follows at once. */
  stopping: string | undefined;
  /** Followers that left since the last microtask: their components are being unmounted. */
  leaving: number;
}

/** Pass one to `useChat`; it may serve any number of chats. A room that can't exist is reported when its chat is used. */
export class RoomChatTransport<UI_MESSAGE extends UIMessage = UIMessage> implements ChatTransport<UI_MESSAGE> {
  /** For `ai` 7: a resumed stream begins at the answer's start, so the SDK replaces what it shows of the answer. */
  readonly resumeStreamIsReplay = true;
  readonly #options: RoomChatTransportOptions;
  readonly #chats = new Map<string, Chat>();

  /** Connects when a chat is first used, so it may be made where a server renders the page. */
  constructor(options: RoomChatTransportOptions = {}) {
    this.#options = options;
  }

  /**
   * Submits the last of `messages`, with `provider`, `model`, `params` and `onLeave` of the request's `body` and its
   * `metadata`. The same message sent twice starts nothing; a regenerated or edited one replaces its turn and later ones.
   */
  async sendMessages(options: SendOptions<UI_MESSAGE>): Promise<ReadableStream<UIMessageChunk>> {
    const { chatId, messages, trigger, messageId, abortSignal } = options;
    const asked = askedBy(messages);
    if (!asked.ok) throw new Error(asked.detail);
    const { message } = asked;
    const chat = this.#chat(chatId);
    chat.users += 1;
    try {
      const { client } = chat;
      // The session was refused before, perhaps for a token that has been renewed since.
      if (client.getSnapshot().connection.state === "closed") client.reconnect();
      if (asked.input === undefined) return await this.#answer(chat, message.id, asked.answers, options);
      const input = this.#options.history === "messages" ? { messages: questionMessages(asked.messages) } : asked.input;
      const isAgain = trigger === "regenerate-message" || messageId !== undefined;
      if (!isAgain) {
        const turnId = turnIdOf(message.id, asked.input);
        client.submit(input, { ...submitOptions(options), turnId });
        return this.#read(chat, turnId, message.id, abortSignal, () => stopUnlessLeaving(chat, turnId));
      }
      // The turn that it replaces is known once the room is synced.
      const { turns, pending } = await whenSynced(client, abortSignal);
      const ids = [...turns, ...pending].map(({ id }) => id);
      const replaces = messageId !== undefined && ids.includes(messageId) ? messageId : turnAsking(message.id, ids);
      const turnId = turnIdAgain(message.id, randomId());
      if (abortSignal?.aborted !== true) {
        client.submit(input, defined({ ...submitOptions(options), turnId, replaces }));
      }
      return this.#read(chat, turnId, message.id, abortSignal, () => stopUnlessLeaving(chat, turnId));
    } finally {
      chat.users -= 1;
    }
  }

  /** Outputs and decisions that the page added to the calls of an answer: the same answer from two devices is one turn. */
  async #answer(
    chat: Chat,
    messageId: string,
    said: readonly CallAnswer[],
    options: SendOptions<UI_MESSAGE>,
  ): Promise<ReadableStream<UIMessageChunk>> {
    const { client } = chat;
    const { turns } = await whenSynced(client, options.abortSignal);
    const chain = turns.filter((turn) => messageIdOf(turn) === messageId);
    const links = chain.map(({ open, input }) => ({ open, answered: answersIn(input).map(callIdOf) }));
    const answers = said.filter(isAskedIn(links));
    if (answers.length === 0) throw new Error("Nothing in this message waits for an answer.");
    const turnId = answerTurnId(messageId, answers);
    client.submit({ answers }, { ...submitOptions(options), turnId, continues: messageId });
    return this.#read(chat, turnId, undefined, options.abortSignal, () => stopUnlessLeaving(chat, turnId));
  }

  /** The open answer, from its start; null when there is none. Rejects when the room refuses this page. */
  async reconnectToStream({ chatId, abortSignal }: ReconnectOptions): Promise<ReadableStream<UIMessageChunk> | null> {
    const chat = this.#chat(chatId);
    chat.stopping = undefined;
    chat.users += 1;
    try {
      const { turns, pending, connection } = await whenSynced(chat.client, abortSignal);
      // Aborted before there was anything to stop: a component that was unmounted, as each is once in React's StrictMode.
      if (abortSignal?.aborted === true) return null;
      if (connection.state === "closed")
        throw new Error(connection.message ?? connection.code ?? "The chat is closed.");
      const open =
        turns.find(({ state }) => state !== "settled") ?? pending.find(({ refused }) => refused === undefined);
      if (open === undefined) return null;
      const onAbort = () => {
        // A resume that replaces another one aborts it first: that isn't a stop.
        chat.stopping = open.id;
        stopUnlessLeaving(chat, open.id, () => {
          const isMeant = chat.stopping === open.id;
          if (isMeant) chat.stopping = undefined;
          return isMeant;
        });
      };
      return this.#read(chat, open.id, undefined, abortSignal, onAbort, "whole");
    } finally {
      chat.users -= 1;
    }
  }

  /** The conversation that the room holds, once it is known, for a page that keeps no messages of its own. */
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
   * Calls `show` with the conversation when it is first known, and whenever somebody else changed it: another tab asked, an
   * answer that isn't read here ended, turns were removed. It isn't called while an answer is being read here. Returns the
   * function that stops following. With `useChat`: `setMessages(messages)`, then `resumeStream()` if `isAnswering`. The hook
   * `useRoomChat` does that.
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
    // Later, when the caller has the function that stops it.
    queueMicrotask(follower.look);
    return () => {
      if (!chat.followers.delete(follower)) return;
      unsubscribe();
      chat.users -= 1;
      chat.leaving += 1;
      queueMicrotask(() => {
        chat.leaving -= 1;
      });
    };
  }

  /** The room behind a chat: its connection, queue and notices. In a page `useChatRoom` shares this client. */
  client(chatId: string): ChatRoomClient {
    return this.#chat(chatId).client;
  }

  /** Leaves all rooms. A chat that is used afterwards connects again. */
  close(): void {
    for (const chat of this.#chats.values()) this.#leave(chat);
    this.#chats.clear();
  }

  #leave({ key }: Chat): void {
    setToken(key, this, undefined);
    releaseClient(key);
  }

  #chat(chatId: string): Chat {
    const known = this.#chats.get(chatId);
    if (known !== undefined) return known;
    // Leaves the rooms of earlier chats that nobody reads. They are entered again when such a chat is opened.
    for (const [id, chat] of this.#chats) {
      if (chat.users > 0) continue;
      this.#chats.delete(id);
      this.#leave(chat);
    }
    const { roomOf, history: _history, ...options } = this.#options;
    const clientOptions = { ...options, room: roomOf?.(chatId) ?? chatId };
    const key = transportKey(clientOptions);
    const chat: Chat = {
      key,
      client: acquireClient(key, clientOptions, this),
      users: 0,
      reading: new Set(),
      names: new Map(),
      followers: new Set(),
      stopping: undefined,
      leaving: 0,
    };
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
    content: "turn" | "whole" = "turn",
  ): ReadableStream<UIMessageChunk> {
    if (name !== undefined) chat.names.set(turnId, name);
    chat.users += 1;
    chat.reading.add(turnId);
    const onEnd = () => {
      chat.users -= 1;
      chat.reading.delete(turnId);
      // This page shows what was read here, and the SDK has removed what it replaced.
      const { turns } = chat.client.getSnapshot();
      const upTo = turns.slice(0, turns.findIndex(({ id }) => id === turnId) + 1);
      for (const follower of chat.followers) {
        const { shown } = follower;
        if (shown !== undefined) follower.shown = shownOf(upTo.filter(({ id }) => id === turnId || shown.has(id)));
      }
      // After the SDK has read the last chunk.
      setTimeout(() => {
        for (const { look } of chat.followers) look();
      });
    };
    // The chunks of the backend have passed the rules of the SDK; the gateway's own are of the oldest version.
    return turnStream(chat.client, turnId, { signal, content, onAbort, onEnd }) as ReadableStream<UIMessageChunk>;
  }
}

/**
 * `useChat` of `ai` 7 calls `stop()` when its component is unmounted. React removes the component's follower in the same pass,
 * before any microtask, and that distinguishes leaving from a person's stop.
 */
function stopUnlessLeaving(chat: Chat, turnId: string, isMeant: () => boolean = () => true): void {
  const wasLeaving = chat.leaving > 0;
  queueMicrotask(() => {
    const isLeaving = wasLeaving || chat.leaving > 0;
    if (isMeant() && !isLeaving) chat.client.cancel(turnId);
  });
}

function messagesIn<UI_MESSAGE extends UIMessage>({ client, names }: Chat): RoomMessages<UI_MESSAGE> {
  const { turns } = client.getSnapshot();
  const messages: unknown = uiMessagesOf(turns, (turnId) => names.get(turnId) ?? userMessageId(turnId));
  // The types of an application's messages are its own claim about its backend.
  return { messages: messages as UI_MESSAGE[], isAnswering: turns.some(({ state }) => state !== "settled") };
}

/** The first snapshot that shows what the room holds, or in which it is closed; at once when aborted. */
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

/** The messages that a question may bring: of an answer its text. */
function questionMessages(messages: readonly ContextMessage[]): ChatMessage[] {
  return messages.map(({ role, content, parts }) =>
    role === "user" && parts !== undefined ? { role, content, parts: parts as QuestionPart[] } : { role, content },
  );
}

/** A turn's options in a request; other fields of its body are not for the room. */
function submitOptions({ body, metadata }: { readonly body?: object; readonly metadata?: unknown }): SubmitOptions {
  const { provider, model, params, onLeave } = (body ?? {}) as Readonly<Record<string, unknown>>;
  return defined({
    provider: typeof provider === "string" ? provider : undefined,
    model: typeof model === "string" ? model : undefined,
    params: isRecord(params) ? params : undefined,
    onLeave: onLeave === "cancel" || onLeave === "keep" ? onLeave : undefined,
    metadata: isRecord(metadata) ? metadata : undefined,
  });
}

function shownOf(turns: readonly TurnView[]): ReadonlyMap<string, boolean> {
  return new Map(turns.map(({ id, state }) => [id, state === "settled"]));
}

function isSame(a: ReadonlyMap<string, boolean>, b: ReadonlyMap<string, boolean>): boolean {
  return a.size === b.size && [...a].every(([id, isOver]) => b.get(id) === isOver);
}
