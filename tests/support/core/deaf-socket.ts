/** Sockets whose other end takes what it is sent when the test says so, or never. */
import { utf8Length } from "../../../shared/text.ts";
import { FakeSocket, type Room } from "./room-harness.ts";

/** Everything that is sent stays unsent until `drain` is called. */
export class DeafSocket extends FakeSocket {
  override send(text: string): void {
    super.send(text);
    if (this.isOpen) this.bufferedAmount += utf8Length(text);
  }

  drain(): void {
    this.bufferedAmount = 0;
  }

  /** Whether a frame of this type was sent to it. */
  got(type: string): boolean {
    return this.sent.some((text) => text.startsWith(`{"type":"${type}"`));
  }
}

/** Opens a deaf socket in the room and says hello. */
export function joinDeaf(room: Room): DeafSocket {
  const socket = new DeafSocket();
  room.core.handleOpen(socket);
  room.core.handleMessage(socket, JSON.stringify({ type: "hello", version: 2 }));
  return socket;
}

export function unsentBytes(sockets: Iterable<FakeSocket>): number {
  let bytes = 0;
  for (const { isOpen, bufferedAmount } of sockets) bytes += isOpen ? bufferedAmount : 0;
  return bytes;
}
