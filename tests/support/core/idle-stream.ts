/** One tab that looks at a room over a stream while nothing happens: how long its room's object is awake for it. */
import type { StreamSocket } from "../../../party/core/ports.ts";
import type { Have } from "../../../shared/protocol/client-frames.ts";
import { ANYONE, buildRoom, FakeSocket } from "./room-harness.ts";

/** A stream that keeps what it is told of heartbeats and of coming back. */
export class FakeStream extends FakeSocket implements StreamSocket {
  readonly beats: number[] = [];
  readonly retries: number[] = [];

  get unsentBytes(): number {
    return this.bufferedAmount;
  }

  breakOff(): void {
    this.isOpen = false;
    this.bufferedAmount = 0;
  }

  beat(text: string): void {
    this.beats.push(JSON.parse(text).at);
  }

  comeBackIn(ms: number): void {
    this.retries.push(ms);
  }
}

/**
 * Of `forMs`, how long the stream is open, under a clock that is moved: the tab comes back when `retry:` says, with the last
 * `id:`, as an `EventSource` does.
 */
export async function idleAwakeMs(forMs: number): Promise<number> {
  const room = await buildRoom();
  const end = room.clock.now() + forMs;
  let awake = 0;
  let have: Have | undefined;
  while (room.clock.now() < end) {
    const socket = new FakeStream();
    const openedAt = room.clock.now();
    const opened = room.core.openStream(socket, ANYONE, { have });
    if (!opened.ok) throw new Error(opened.error);
    while (socket.isOpen && room.clock.now() < end) {
      await room.advance(100);
      have = opened.value() ?? have;
    }
    awake += room.clock.now() - openedAt;
    await room.advance(Math.min(socket.retries.at(-1) ?? 0, end - room.clock.now()));
  }
  return awake;
}
