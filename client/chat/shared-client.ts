/**
 * One client, and so one socket, for everything on a page that names the same room and gateway: components, the AI SDK
 * transport, both at once. It closes a tick after the last user let go, because a change of page mounts again at once.
 */
import type { ChatClientOptions } from "../api/api.ts";
import { ChatClient } from "./chat-client.ts";

interface Shared {
  readonly client: ChatClient;
  /** The client's own options, which it reads at each connection. */
  readonly options: { -readonly [Name in keyof ChatClientOptions]: ChatClientOptions[Name] };
  users: number;
}

const shared = new Map<string, Shared>();

/** Two sets of options with one key are one client. */
export function clientKey({ url, room }: Pick<ChatClientOptions, "url" | "room">): string {
  return `${url ?? ""} ${room}`;
}

/** The client if someone holds it. */
export function sharedClient(key: string): ChatClient | undefined {
  return shared.get(key)?.client;
}

/**
 * `token` is that of the latest user, because a provider is usually a new closure at each render, and counts from the next
 * connection on; of the other options those of the first user count.
 */
export function updateOptions(key: string, { token }: ChatClientOptions): void {
  const entry = shared.get(key);
  if (entry === undefined) return;
  if (token === undefined) delete entry.options.token;
  else entry.options.token = token;
}

/** Holds the client, made if there is none; each call is to be followed by one of `releaseClient`. */
export function acquireClient(key: string, options: ChatClientOptions): ChatClient {
  let entry = shared.get(key);
  if (entry === undefined) {
    const own = { ...options };
    entry = { options: own, users: 0, client: new ChatClient(own) };
    shared.set(key, entry);
  }
  entry.users += 1;
  return entry.client;
}

export function releaseClient(key: string): void {
  const entry = shared.get(key);
  if (entry === undefined) return;
  entry.users -= 1;
  if (entry.users > 0) return;
  setTimeout(() => {
    if (entry.users > 0 || shared.get(key) !== entry) return;
    shared.delete(key);
    entry.client.close();
  });
}
