/**
 * What a way to the room looks like to the link: it is opened once, tells frames, and ends once. Each of WebSocket, event
 * stream and polling is one. When to open which, and when to try again, is decided by `link.ts` and `ladder.ts`.
 */
import type { ClientFrame, Have } from "../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../shared/protocol/server-frames.ts";
import type { NetworkFault } from "../api/connection-types.ts";

export type TransportEnd =
  /** The room's own word: a close code of ours, or a request that it refused. Terminal: only a person may try again. */
  | {
      readonly by: "room";
      /** Of the table in `shared/protocol/errors`; a newer room's close code as it is. */
      readonly code: string;
      readonly isTerminal: boolean;
      readonly message: string;
      readonly retryAfterMs?: number;
    }
  | { readonly by: "network"; readonly fault: NetworkFault }
  /** No token could be had. */
  | { readonly by: "token"; readonly cause: unknown };

export interface TransportEvents {
  /** What the reader holds at the time of the call. */
  have(): Have | undefined;
  /** Something came, though no frame yet: it is not stalled. */
  progress(): void;
  /** The room lets the reader in. Without an id where there is no session: each poll stands for itself. Again is harmless. */
  welcomed(sessionId: string | undefined): void;
  /** Any other frame than a welcome. */
  frame(frame: ServerFrame): void;
  /** Once, never while it is being opened, and not after `close`. Nothing follows it. */
  ended(end: TransportEnd): void;
}

export interface Transport {
  /** What becomes of the frame is told by frames. One that may not have arrived ends the transport. */
  send(frame: ClientFrame): void;
  /** Someone doubts that it stands, or will not wait: ask, or look, now. */
  probe(): void;
  /** Leaves without a word to its events. Idempotent. */
  close(reason: string): void;
}

/** Starts to connect at once. */
export type OpenTransport = (events: TransportEvents) => Transport;
