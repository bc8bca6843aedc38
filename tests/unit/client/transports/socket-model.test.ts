/**
 * The client against a model room, over sockets that break wherever chance has it: whatever was submitted, stopped and
 * cleared on the way, in the end the page shows the room, nothing runs that was stopped, and nothing waits without a reason.
 */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ChatClient } from "../../../../client/chat/chat-client.ts";
import type { ClientFrame } from "../../../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../../../shared/protocol/server-frames.ts";
import { expectEveryWish } from "../../../support/client/every-wish.ts";
import { type FakeSocket, fakeNetwork, memoryStorage, over, welcome } from "../../../support/client/fake-socket.ts";
import { ModelRoom } from "../../../support/client/model-room.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The room's end of one client's sockets: hears what is said when the test lets it, in order. */
class Host {
  readonly room = new ModelRoom();
  /** Submits that were taken, by id: none may be taken twice. */
  readonly taken: string[] = [];
  #socket: FakeSocket | undefined;
  #heard = 0;
  #isWelcomed = false;

  accept(socket: FakeSocket): void {
    socket.open();
    this.#socket = socket;
    this.#heard = 0;
    this.#isWelcomed = false;
  }

  hear(count: number): number {
    const frames = this.#socket?.said.slice(this.#heard, this.#heard + count) ?? [];
    this.#heard += frames.length;
    for (const frame of frames) if (frame !== "ping") this.#handle(frame);
    return frames.length;
  }

  tell(frames: readonly ServerFrame[]): void {
    if (this.#isWelcomed) this.#socket?.queue(...frames);
  }

  #handle(frame: ClientFrame): void {
    if (frame.type === "hello") this.#isWelcomed = true;
    this.tell(frame.type === "hello" ? [welcome, this.room.sync(frame.have)] : this.#answer(frame));
  }

  #answer(frame: ClientFrame): ServerFrame[] {
    switch (frame.type) {
      case "sync-request":
        return [this.room.sync(frame.have)];
      case "turn-cancel":
        return this.room.cancel(frame.turnId);
      case "room-clear":
        return this.room.clear();
      case "turn-submit":
        return this.#submit(frame.turnId, frame.epoch);
      default:
        throw new Error(`not said in this test: ${frame.type}`);
    }
  }

  #submit(turnId: string, epoch: string | undefined): ServerFrame[] {
    if (this.room.turns.some(({ id }) => id === turnId)) return [this.room.sync(undefined)];
    if ((epoch !== undefined && epoch !== this.room.epoch) || this.room.knows(turnId)) {
      return [{ type: "error", code: "turn-stale", message: "", turnId, retryable: false }];
    }
    this.taken.push(turnId);
    return this.room.queue("hi", turnId);
  }
}

type PlainStep = "submit" | "clear" | "drop" | "reload" | "start" | "append" | "end" | "other-clear" | "wait";
type Step = { do: PlainStep } | { do: "cancel" | "hear" | "deliver"; count: number };
const plain = (...names: PlainStep[]) => fc.constantFrom(...names.map((name): Step => ({ do: name })));
const step = fc.oneof(
  { weight: 8, arbitrary: plain("submit", "start", "append", "end") },
  { weight: 2, arbitrary: plain("drop", "reload") },
  { weight: 3, arbitrary: plain("wait") },
  { weight: 1, arbitrary: plain("clear", "other-clear") },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constantFrom("cancel" as const, "hear" as const, "deliver" as const),
      count: fc.nat(5),
    }),
  },
);

test("[T1] [T3] [R3] whatever is lost on the way, it ends in the room's own view with every wish answered", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: "max" }), async (steps) => {
      const net = fakeNetwork();
      const host = new Host();
      const storage = memoryStorage();
      const enter = () => new ChatClient({ url: "https://chat.example.com", room: "demo", ...over(net), storage });
      let client = enter();
      const ids: string[] = [];
      const stopped = new Set<string>();
      const accept = async () => {
        for (let waited = 0; waited < 11_000 && net.last.readyState !== 0; waited += 50)
          await vi.advanceTimersByTimeAsync(50);
        host.accept(net.last);
      };
      try {
        await vi.advanceTimersByTimeAsync(1);
        host.accept(net.last);
        for (const action of steps) {
          switch (action.do) {
            case "submit":
              ids.push(client.submit("hi"));
              break;
            case "cancel": {
              const id = ids.at(-1 - action.count);
              if (id === undefined) break;
              client.cancel(id);
              stopped.add(id);
              break;
            }
            case "clear":
              client.clear();
              // Nothing of it is shown any more, so nobody can ask to stop it.
              ids.length = 0;
              break;
            case "other-clear":
              host.tell(host.room.clear());
              break;
            case "start":
              host.tell(host.room.start());
              break;
            case "append":
              host.tell(host.room.append([{ type: "text-delta", delta: "word " }], [2]));
              break;
            case "end":
              host.tell(host.room.end("completed"));
              break;
            case "hear":
              host.hear(action.count);
              break;
            case "deliver":
              net.last.deliver(action.count);
              break;
            case "drop":
              net.last.end(1006);
              await accept();
              break;
            case "reload":
              // All that the page knew is gone, but for what the tab keeps.
              client.close();
              await vi.advanceTimersByTimeAsync(1);
              client = enter();
              await vi.advanceTimersByTimeAsync(1);
              host.accept(net.last);
              break;
            case "wait":
              await vi.advanceTimersByTimeAsync(500);
          }
        }
        // The network holds from here on. A socket that the client gave up meanwhile is followed by another.
        if (net.last.readyState !== 1) await accept();
        do net.last.deliver();
        while (host.hear(100) > 0);
        expectEveryWish(client, host.room, { stopped, taken: host.taken });
      } finally {
        client.close();
        await vi.advanceTimersByTimeAsync(1);
      }
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: propertyRuns(300) },
  );
});
