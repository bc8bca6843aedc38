/**
 * Shares one client, and so one socket, among everything in a page that names the same room and gateway: components and the
 * AI SDK transport. The client closes one tick after its last user leaves, because a change of page mounts again at once.
 *
 * Each user brings its own token provider, and takes only its own away. A server process has many people's users, so there
 * each transport has a client of its own: two people must never share one authenticated socket.
 */
import type { ChatClientOptions } from "../api/api.ts";
import { gatewayHref, gatewayUrl } from "../transports/gateway-url.ts";
import { ChatClient } from "./chat-client.ts";

type TokenProvider = NonNullable<ChatClientOptions["token"]>;

/** Names a user of a shared client: a component or a transport. */
export type ClientUser = object;

interface Shared {
  readonly client: ChatClient;
  /** By user. The provider of the user that came last is called. */
  readonly tokens: Map<ClientUser, TokenProvider>;
  holds: number;
}

const shared = new Map<string, Shared>();
let ownKeys = 0;

/** Two sets of options with one key share a client. */
export function clientKey({ url, room }: Pick<ChatClientOptions, "url" | "room">): string {
  return `${gatewayKey(url)} ${room}`;
}

/** A key for a user that may not share: any but one of a page or of React Native. */
export function transportKey(options: Pick<ChatClientOptions, "url" | "room">): string {
  const isOnePerson =
    typeof document !== "undefined" || (typeof navigator !== "undefined" && navigator.product === "ReactNative");
  if (isOnePerson) return clientKey(options);
  ownKeys += 1;
  return `${clientKey(options)} ${ownKeys}`;
}

/** The client if someone holds it. */
export function sharedClient(key: string): ChatClient | undefined {
  return shared.get(key)?.client;
}

/** Sets or, with undefined, takes away a user's own token provider. It counts from the next connection or request on. */
export function setToken(key: string, user: ClientUser, token: TokenProvider | undefined): void {
  const tokens = shared.get(key)?.tokens;
  if (token === undefined) tokens?.delete(user);
  else tokens?.set(user, token);
}

/**
 * Holds the client, made if there is none; each call needs one of `releaseClient`. Of the options but `token`, those of the
 * first user count. Throws for a room or a gateway that cannot exist.
 */
export function acquireClient(key: string, options: ChatClientOptions, user: ClientUser): ChatClient {
  let entry = shared.get(key);
  if (entry === undefined) {
    const tokens = new Map<ClientUser, TokenProvider>();
    if (options.token !== undefined) tokens.set(user, options.token);
    const own = {
      ...options,
      get token() {
        return [...tokens.values()].at(-1);
      },
    } as ChatClientOptions;
    entry = { tokens, holds: 0, client: new ChatClient(own) };
    shared.set(key, entry);
  } else if (options.token !== undefined) entry.tokens.set(user, options.token);
  entry.holds += 1;
  return entry.client;
}

export function releaseClient(key: string): void {
  const entry = shared.get(key);
  if (entry === undefined) return;
  entry.holds -= 1;
  if (entry.holds > 0) return;
  setTimeout(() => {
    if (entry.holds > 0 || shared.get(key) !== entry) return;
    shared.delete(key);
    entry.client.close();
  });
}

/** The canonical address; on a server that renders a page, where nothing connects, there may be none. */
function gatewayKey(url: string | undefined): string {
  try {
    return gatewayHref(gatewayUrl(url));
  } catch {
    return url ?? "";
  }
}
