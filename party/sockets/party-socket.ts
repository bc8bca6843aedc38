/** RoomSocket over a connection of PartyServer or PartyKit: the hibernatable WebSocket of a browser tab. */
import { closeReason } from "../../shared/text.ts";
import type { RoomSocket } from "../core/ports.ts";

/** `WebSocket.OPEN`, which older runtimes spell differently. */
const open = 1;

/** What both hosts' connections have. */
export interface HostConnection {
  readonly readyState: number;
  readonly state: unknown;
  setState(state: unknown): unknown;
  send(text: string): void;
  close(code: number, reason: string): void;
}

export class PartyRoomSocket implements RoomSocket {
  readonly transport = "websocket";
  readonly #connection: HostConnection;
  readonly #pongedAt: () => number | undefined;

  constructor(connection: HostConnection, pongedAt: () => number | undefined) {
    this.#connection = connection;
    this.#pongedAt = pongedAt;
  }

  get isOpen(): boolean {
    return this.#connection.readyState === open;
  }

  get bufferedAmount(): number {
    // Current runtimes have it on hibernatable sockets; the published types are older.
    return "bufferedAmount" in this.#connection && typeof this.#connection.bufferedAmount === "number"
      ? this.#connection.bufferedAmount
      : 0;
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
      // The attachment of a socket that has just closed is gone with it: nothing will ask for it.
    }
  }

  send(text: string): void {
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
