/** Where a room is, and what it takes to be let in: the same for every transport. */
import { roomNamePattern } from "../../shared/protocol/limits.ts";
import type { ChatClientOptions } from "../api/api.ts";

export interface RoomAddress {
  /** `https:` or `http:`; only its protocol and host count. */
  readonly url: URL;
  readonly room: string;
  /** A token for now; rejects where none can be had. */
  readonly token: () => Promise<string | undefined>;
  readonly fetch: NonNullable<ChatClientOptions["fetch"]>;
  /** In place of the runtime's own. */
  readonly WebSocket?: unknown;
}

/** Throws for a room or a gateway that cannot exist. */
export function roomAddress(options: ChatClientOptions): RoomAddress {
  const { room, WebSocket } = options;
  if (!roomNamePattern.test(room)) {
    throw new TypeError(`a room's name must be 1–128 of A–Z a–z 0–9 _ . -, not ${JSON.stringify(room)}`);
  }
  const { protocol, host } = gatewayUrl(options.url);
  const scheme = protocol === "https:" || protocol === "wss:" ? "https" : "http";
  return {
    url: new URL(`${scheme}://${host}`),
    room,
    // Looked up at each call: a page may set its provider later (`useChatRoom`).
    token: async () => options.token?.(),
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    ...(WebSocket === undefined ? {} : { WebSocket }),
  };
}

/** Where the gateway is: by option, or where the page came from. */
export function gatewayUrl(url: string | undefined): URL {
  const base = url ?? (typeof location === "undefined" ? undefined : location.href);
  if (base === undefined) throw new TypeError("`url` is needed where there is no page");
  if (!/^(https?|wss?):\/\/[^/]/i.test(base)) {
    throw new TypeError(`\`url\` must be an origin such as https://chat.example.com, not ${base}`);
  }
  return new URL(base);
}
