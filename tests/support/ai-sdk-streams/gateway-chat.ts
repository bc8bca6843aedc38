/**
 * One chat whose backend answers with a given UI message stream: asks through `/api/chat` or through `RoomChatTransport`, and
 * reads the answer in every way that a page can. Used by tests/e2e/ai-sdk/lossless.test.ts.
 */
import type { ChatTransport, UIMessage } from "ai";
import type { RoomChatTransport } from "../../../client/ai-sdk.ts";
import type { StreamChunk } from "./stream-chunk.ts";

/** An event of an answer's stream: its chunk, and its id if it has one. */
export interface StreamedEvent {
  readonly id: string | undefined;
  readonly chunk: StreamChunk;
}

/** As much of a message as the comparisons look at. */
export interface HistoryMessage {
  readonly role: string;
  readonly parts: readonly unknown[];
  readonly metadata?: unknown;
}

export interface ChatAddresses {
  readonly gatewayUrl: string;
  /** Of the controlled upstream (`workerd-upstream.ts`). */
  readonly upstreamUrl: string;
}

export class GatewayChat {
  readonly id = `chat-${crypto.randomUUID()}`;
  readonly #prompt = `ask ${crypto.randomUUID()}`;
  readonly #addresses: ChatAddresses;

  constructor(addresses: ChatAddresses) {
    this.#addresses = addresses;
  }

  /** Sends events of the backend's answer. The first call must come before the question. */
  async upstreamSends(events: readonly string[], { isLast }: { readonly isLast: boolean }): Promise<void> {
    const query = new URLSearchParams({ prompt: this.#prompt });
    const body = JSON.stringify({ events, isLast });
    await fetch(`${this.#addresses.upstreamUrl}/control/chunks?${query}`, { method: "POST", body });
  }

  ask(): Promise<Response> {
    return this.#fetch("", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: this.id, messages: [this.#question()], trigger: "submit-message" }),
    });
  }

  /** The answer from where a reader says that it stands. */
  resume(lastEventId: string): Promise<Response> {
    return this.#fetch(`/${this.id}/stream`, { headers: { "last-event-id": lastEventId } });
  }

  /** @param gatewayUrl another gateway on the same rooms. */
  async history(gatewayUrl = this.#addresses.gatewayUrl): Promise<HistoryMessage[]> {
    const response = await fetch(`${gatewayUrl}/api/chat/${this.id}/messages`);
    return (await response.json()) as HistoryMessage[];
  }

  /** Asks as `useChat` with this transport does: ours, or the SDK's own. */
  askIn(tab: ChatTransport<UIMessage>): Promise<ReadableStream<StreamChunk>> {
    return tab.sendMessages({
      chatId: this.id,
      messages: [this.#question()],
      trigger: "submit-message",
      messageId: undefined,
      abortSignal: undefined,
    }) as Promise<ReadableStream<StreamChunk>>;
  }

  /** The open answer, from its start. */
  async followIn(tab: ChatTransport<UIMessage>): Promise<ReadableStream<StreamChunk>> {
    const stream = await tab.reconnectToStream({ chatId: this.id });
    if (stream === null) throw new Error("no answer is open");
    return stream as ReadableStream<StreamChunk>;
  }

  async messagesIn(tab: RoomChatTransport): Promise<readonly HistoryMessage[]> {
    return (await tab.messages(this.id)).messages;
  }

  #question() {
    return { id: `q-${this.id}`, role: "user" as const, parts: [{ type: "text" as const, text: this.#prompt }] };
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(`${this.#addresses.gatewayUrl}/api/chat${path}`, init);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return response;
  }
}

export async function chunksOf(stream: ReadableStream<StreamChunk>): Promise<StreamChunk[]> {
  const chunks: StreamChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** All events of a response up to its end mark. */
export async function eventsIn(response: Response): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  for (const block of (await response.text()).split("\n\n")) {
    // Not by a pattern: JSON may hold U+2028, which ends a line for patterns and not for SSE.
    const field = (name: string) =>
      block
        .split("\n")
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const data = field("data");
    if (data !== undefined && data !== "[DONE]")
      events.push({ id: field("id"), chunk: JSON.parse(data) as StreamChunk });
  }
  return events;
}
