/** RoomSocket over a connection of PartyServer or PartyKit: the hibernatable WebSocket of a browser tab. */
import { closeReason } from "../../shared/text.ts";
import type { RoomSocket } from "../core/ports.ts";
import { UnsentEstimate } from "./unsent-estimate.ts";

/** `WebSocket.OPEN`, which older runtimes spell differently. */
const open = 1;

/** What the connections of both hosts have. */
export interface HostConnection {
  readonly readyState: number;
  /** Absent in older runtimes, PartyKit's among them. */
  readonly bufferedAmount?: number;
  readonly state: unknown;
  setState(state: unknown): unknown;
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface PartyRoomSocketOptions {
  /** When the runtime last answered a ping of this socket, ms since 1970. */
  readonly pongedAt: () => number | undefined;
  /** Bytes of ours that the host keeps with a connection. */
  readonly maxAttachmentBytes: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Whether this runtime says how much of a socket is unsent. Where it doesn't, F2 rests on an estimate. */
export function hasBufferedAmount(socketClass: { readonly prototype: object }): boolean {
  return "bufferedAmount" in socketClass.prototype;
}

export class PartyRoomSocket implements RoomSocket {
  readonly transport = "websocket";
  readonly maxAttachmentBytes: number;
  readonly #connection: HostConnection;
  readonly #pongedAt: () => number | undefined;
  /** Undefined where the runtime counts by itself. */
  readonly #estimate: UnsentEstimate | undefined;

  constructor(connection: HostConnection, { pongedAt, maxAttachmentBytes, now }: PartyRoomSocketOptions) {
    this.#connection = connection;
    this.#pongedAt = pongedAt;
    this.maxAttachmentBytes = maxAttachmentBytes;
    this.#estimate = typeof connection.bufferedAmount === "number" ? undefined : new UnsentEstimate(now);
  }

  get isOpen(): boolean {
    return this.#connection.readyState === open;
  }

  get bufferedAmount(): number {
    return this.#estimate?.bytes ?? this.#connection.bufferedAmount ?? 0;
  }

  get pongedAt(): number | undefined {
    return this.#pongedAt();
  }

  get attachment(): unknown {
    return this.#connection.state;
  }

  attach(value: unknown): void {
    try {
      this.#connection.setState(value);
    } catch {
      // The attachment of a socket that has just closed is gone with it: nothing reads it any more.
    }
  }

  send(text: string): void {
    this.#estimate?.sent(text);
    try {
      this.#connection.send(text);
    } catch {
      // Closed meanwhile; its close event follows and the session ends there.
    }
  }

  close(code: number, reason: string): void {
    try {
      this.#connection.close(code, closeReason(reason));
    } catch {
      // Closed already.
    }
  }
}
