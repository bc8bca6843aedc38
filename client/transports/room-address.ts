/** Where a room is and what it takes to be let in, checked once for every transport. */
import { defined } from "../../shared/defined.ts";
import { roomNamePattern } from "../../shared/protocol/limits.ts";
import type { ChatClientOptions } from "../api/api.ts";
import { type GatewayUrl, gatewayUrl } from "./gateway-url.ts";

export interface RoomAddress {
  readonly gateway: GatewayUrl;
  readonly room: string;
  /** A token for now; rejects where none can be obtained. */
  readonly token: () => Promise<string | undefined>;
  readonly fetch: NonNullable<ChatClientOptions["fetch"]>;
  /** In place of the runtime's own. */
  readonly WebSocket?: unknown;
}

/** Throws for a room or a gateway that cannot exist. */
export function roomAddress(options: ChatClientOptions): RoomAddress {
  const { room, WebSocket } = options;
  if (typeof room !== "string" || !roomNamePattern.test(room)) {
    throw new TypeError(`a room's name must be 1–128 of A–Z a–z 0–9 _ . -, not ${JSON.stringify(room)}`);
  }
  return defined({
    gateway: gatewayUrl(options.url),
    room,
    // Looked up at each call, because a page may replace its token provider later (`useChatRoom`).
    token: async () => options.token?.(room),
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    WebSocket,
  });
}
