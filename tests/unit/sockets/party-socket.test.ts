/** The socket of a browser tab on both hosts: how much of it is unsent, and what may fail in silence (F2). */
import { describe, expect, test } from "vitest";
import { type HostConnection, hasBufferedAmount, PartyRoomSocket } from "../../../party/sockets/party-socket.ts";
import { drainBytesPerSecond } from "../../../party/sockets/unsent-estimate.ts";

function build(connection: Partial<HostConnection> = {}) {
  let now = 1_000_000;
  const sent: string[] = [];
  const host: HostConnection = {
    readyState: 1,
    state: null,
    setState: () => undefined,
    send: (text) => sent.push(text),
    close: () => undefined,
    ...connection,
  };
  const options = { pongedAt: () => undefined, maxAttachmentBytes: 1_280, now: () => now };
  return { socket: new PartyRoomSocket(host, options), sent, pass: (ms: number) => (now += ms) };
}

describe("[F2] unsent bytes", () => {
  test("are the runtime's own where it counts them", () => {
    const { socket } = build({ bufferedAmount: 77 });
    socket.send("x".repeat(1_000));
    expect(socket.bufferedAmount).toBe(77);
  });

  test("are estimated where it doesn't: what was sent, less what a slow connection takes meanwhile", () => {
    const { socket, pass } = build();
    socket.send("x".repeat(drainBytesPerSecond));
    socket.send("長".repeat(100));
    expect(socket.bufferedAmount).toBe(drainBytesPerSecond + 300);
    pass(500);
    expect(socket.bufferedAmount).toBe(drainBytesPerSecond / 2 + 300);
    pass(1_000);
    expect(socket.bufferedAmount).toBe(0);
    pass(60_000);
    socket.send("later");
    expect(socket.bufferedAmount).toBe(5);
  });

  test("stay bounded by the rate for a socket that is sent to whenever it seems to have taken enough", () => {
    const { socket, sent, pass } = build();
    for (let step = 0; step < 240; step += 1) {
      while (socket.bufferedAmount <= 1_048_576) socket.send("x".repeat(65_536));
      pass(250);
    }
    const bytes = sent.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeLessThanOrEqual(1_048_576 + 65_536 + 60 * drainBytesPerSecond);
  });

  test("drain nothing when the clock is set back", () => {
    const { socket, pass } = build();
    socket.send("x".repeat(1_000));
    pass(-3_600_000);
    expect(socket.bufferedAmount).toBe(1_000);
  });
});

test("a runtime counts unsent bytes where its sockets have bufferedAmount", () => {
  class Counting {
    get bufferedAmount(): number {
      return 0;
    }
  }
  expect(hasBufferedAmount(Counting)).toBe(true);
  expect(hasBufferedAmount(class Older {})).toBe(false);
});

test("a socket that has closed meanwhile is sent to, attached to and closed without an error", () => {
  const fails = () => {
    throw new Error("closed");
  };
  const { socket } = build({ readyState: 3, send: fails, setState: fails, close: fails });
  expect(socket.isOpen).toBe(false);
  expect(() => {
    socket.send("x");
    socket.attach({});
    socket.close(1000, "x".repeat(500));
  }).not.toThrow();
});
