/**
 * A room as a store: what the bindings for React, Vue and Svelte have in common. It enters the room with its first listener,
 * through the client that the page's components share, and leaves it after the last. A room or a `url` that can't exist is a
 * `closed` snapshot instead of an exception, which would take the whole page down.
 */
import { roomNamePattern } from "../../shared/protocol/limits.ts";
import type { ChatClientOptions, ChatRoomClient, ChatSnapshot } from "../api/api.ts";
import { messageOf } from "../transports/http/room-fetch.ts";
import { type ChatClient, idleSnapshot } from "./chat-client.ts";
import { acquireClient, clientKey, releaseClient, setToken, sharedClient } from "./client-registry.ts";

/** What a component may do in a room; the binding enters and leaves it. */
export type ChatRoomActions = Omit<ChatRoomClient, "subscribe" | "getSnapshot" | "close">;

export interface ChatRoomOptions extends ChatClientOptions {
  /** False: the room isn't entered, its state is `closed`, and actions throw. Default: true. */
  readonly enabled?: boolean;
}

export class SharedRoom {
  /** The same object for the store's whole life. Usable before the first listener came. */
  readonly actions: ChatRoomActions;
  /** Shown while there is no client: on a server, while hydrating, and where the room isn't entered. */
  readonly idle: ChatSnapshot;
  readonly #key: string;
  /** Names this store among the users of the shared client. */
  readonly #user = {};
  readonly #options: () => ChatRoomOptions;
  readonly #isEnabled: boolean;
  #mistake: ChatSnapshot | undefined;

  /** @param options read whenever a client is made. The room, the `url` and `enabled` of the first call count for good. */
  constructor(options: () => ChatRoomOptions) {
    const { room, url, enabled = true } = options();
    this.#options = options;
    this.#isEnabled = enabled;
    this.#key = clientKey(url === undefined ? { room } : { room, url });
    this.idle = idleSnapshot(room, enabled ? undefined : { state: "closed" });
    this.actions = {
      submit: (input, submitOptions) => this.#use((client) => client.submit(input, submitOptions)),
      ask: (input, askOptions) => this.#use((client) => client.ask(input, askOptions)),
      regenerate: (turnId, again) => this.#use((client) => client.regenerate(turnId, again)),
      edit: (turnId, prompt, again) => this.#use((client) => client.edit(turnId, prompt, again)),
      continueTurn: (turnId, again) => this.#use((client) => client.continueTurn(turnId, again)),
      loadOlder: () => this.#use((client) => client.loadOlder()),
      cancel: (turnId) => this.#use((client) => client.cancel(turnId)),
      dismiss: (turnId) => this.#use((client) => client.dismiss(turnId)),
      clear: () => this.#use((client) => client.clear()),
      reconnect: () => this.#use((client) => client.reconnect()),
    };
  }

  /** Enters the room. Returns the function that stops listening, and leaves. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#mistake = undefined;
    if (!this.#isEnabled) return () => {};
    let client: ChatClient;
    try {
      client = acquireClient(this.#key, this.#options(), this.#user);
    } catch (cause) {
      const { room } = this.#options();
      const code = roomNamePattern.test(room) ? "bad-request" : "bad-room-name";
      this.#mistake = idleSnapshot(room, { state: "closed", code, message: messageOf(cause) });
      listener();
      return () => {};
    }
    const unsubscribe = client.subscribe(listener);
    return () => {
      unsubscribe();
      setToken(this.#key, this.#user, undefined);
      releaseClient(this.#key);
    };
  };

  readonly getSnapshot = (): ChatSnapshot => {
    if (!this.#isEnabled) return this.idle;
    return this.#mistake ?? sharedClient(this.#key)?.getSnapshot() ?? this.idle;
  };

  /** Takes another token provider, which counts from the next connection or request on. */
  setToken(token: ChatClientOptions["token"]): void {
    setToken(this.#key, this.#user, token);
  }

  #use<T>(action: (client: ChatClient) => T): T {
    if (!this.#isEnabled) throw new Error("the room is not entered: `enabled` is false");
    // Also before the first listener: in React a child's effect comes before its parent's.
    const client = acquireClient(this.#key, this.#options(), this.#user);
    try {
      return action(client);
    } finally {
      releaseClient(this.#key);
    }
  }
}
