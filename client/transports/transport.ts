/**
 * What a transport looks like to the connection: it is opened once, passes frames on, and ends once. WebSocket, event stream
 * and polling each implement it. When to open which, and when to try again, is decided in `connection/`.
 */
import type { ClientFrame, Have } from "../../shared/protocol/client-frames.ts";
import type { ClientCode } from "../../shared/protocol/messages-en.ts";
import type { ServerFrame } from "../../shared/protocol/server-frames.ts";
import type { NetworkFault } from "../api/connection-types.ts";

/** Something answered, but not the room: it stays in the way until a person changes something. */
export interface Obstacle {
  readonly code: ClientCode;
  /** For the developer's console. */
  readonly message: string;
  /** The answer is known not to be a passing failure, so attempts are made less often. */
  readonly isLasting: boolean;
}

export type TransportEnd =
  /** The room's own word: one of our close codes, or a request that it refused. After a terminal one only a person may try again. */
  | {
      readonly by: "room";
      /** A code of the table in `shared/protocol/errors`, or a newer room's close code as it is. */
      readonly code: string;
      readonly isTerminal: boolean;
      readonly message: string;
      readonly retryAfterMs?: number;
    }
  | { readonly by: "network"; readonly fault: NetworkFault; readonly obstacle?: Obstacle }
  /** No token could be obtained. */
  | { readonly by: "token"; readonly cause: unknown };

export interface TransportEvents {
  /** What the reader holds at the time of the call. */
  have(): Have | undefined;
  /** Something arrived, perhaps no whole frame: the transport isn't stalled. */
  progress(): void;
  /** The room lets the reader in. Polls have no session, so no id. Calling it again is harmless. */
  welcomed(sessionId: string | undefined): void;
  /** Any frame other than a welcome. */
  frame(frame: ServerFrame): void;
  /** Once, never while the transport is being opened, and not after `close`. Nothing follows it. */
  ended(end: TransportEnd): void;
}

export interface Transport {
  /** What becomes of the frame is reported by frames. A frame that may not have arrived ends the transport. */
  send(frame: ClientFrame): void;
  /** Shows within `proofTimeoutMs` that the connection works, or ends. What waits for the room is requested now. */
  prove(): void;
  /** Leaves without an event. Frames that were sent before still leave. Idempotent. */
  close(reason: string): void;
}

/** Starts to connect at once. */
export type OpenTransport = (events: TransportEvents) => Transport;
