/**
 * The client against a model room over HTTP, as `client-model.test.ts` has it over sockets: requests are answered in any
 * order, or lost with and without having arrived, streams break; in the end the page shows the room, and every wish is answered.
 */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ChatClient } from "../../../../client/chat/chat-client.ts";
import type { TransportName } from "../../../../client/index.ts";
import { parseCursor } from "../../../../shared/protocol/cursor.ts";
import type { ServerFrame } from "../../../../shared/protocol/server-frames.ts";
import { expectEveryWish } from "../../../support/client/every-wish.ts";
import { FakeHttp, type FakeRequest, type FakeStream } from "../../../support/client/fake-http.ts";
import { memoryStorage, welcome } from "../../../support/client/fake-socket.ts";
import { ModelRoom } from "../../../support/client/model-room.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Host {
  readonly http = new FakeHttp();
  readonly room = new ModelRoom();
  /** Submits that were taken, by id: none may be taken twice. */
  readonly taken: string[] = [];
  #stream: FakeStream | undefined;
  readonly #heard = new Set<FakeRequest>();

  /** Asked, not answered, and still waited for. */
  get waiting(): FakeRequest[] {
    return this.http.requests.filter((request) => !request.isOver && !this.#heard.has(request));
  }

  /** Handles one of those that wait; `isLost`: its answer never comes. */
  hear(pick: number, isLost = false): void {
    const { waiting } = this;
    const request = waiting[pick % Math.max(1, waiting.length)];
    if (request === undefined) return;
    this.#heard.add(request);
    if (request.isStream || request.isPoll) this.#read(request);
    else this.#act(request, isLost);
  }

  /** The network goes: what is on its way is lost, answers and requests alike. */
  drop(): void {
    this.#stream?.break();
    this.#stream = undefined;
    for (const request of this.http.requests) if (!request.isOver) request.fail();
  }

  tell(frames: readonly ServerFrame[]): void {
    if (frames.length > 0) this.#stream?.send(...frames);
  }
  beat(): void {
    this.#stream?.send({ type: "heartbeat", at: Date.now() });
  }

  #read(request: FakeRequest): void {
    const have = parseCursor(request.headers["last-event-id"] ?? request.url.searchParams.get("cursor") ?? "");
    if (request.isStream) {
      this.#stream = request.stream(welcome, this.room.sync(have));
      this.beat();
    } else request.json({ frames: [this.room.sync(have)], retryAfterMs: 500 });
  }

  #act(request: FakeRequest, isLost: boolean): void {
    const [, , , , turns, turnId] = request.url.pathname.split("/");
    const { body } = request as { body: { turnId: string; epoch?: string } | undefined };
    let refusal: [string, number] | undefined;
    if (request.method === "POST" && body !== undefined) refusal = this.#submit(body.turnId, body.epoch);
    else if (turnId === undefined) this.tell(this.room.clear());
    else {
      const isKnown = this.room.turns.some(({ id }) => id === turnId);
      this.tell(this.room.cancel(turnId));
      if (!isKnown) refusal = ["turn-unknown", 404];
    }
    if (isLost) request.fail();
    else if (refusal !== undefined) request.refuse(...refusal);
    else request.json({ [turns ?? ""]: "taken" }, 202);
  }

  #submit(turnId: string, epoch: string | undefined): [string, number] | undefined {
    if (this.room.turns.some(({ id }) => id === turnId)) return undefined;
    if ((epoch !== undefined && epoch !== this.room.epoch) || this.room.knows(turnId)) return ["turn-stale", 409];
    this.taken.push(turnId);
    this.tell(this.room.queue("hi", turnId));
    return undefined;
  }
}

type PlainStep = "submit" | "clear" | "drop" | "reload" | "start" | "append" | "end" | "other-clear" | "wait";
type Step = { do: PlainStep } | { do: "cancel" | "hear" | "lose"; pick: number };
const plain = (...names: PlainStep[]) => fc.constantFrom(...names.map((name): Step => ({ do: name })));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: plain("submit", "start", "append", "end") },
  { weight: 2, arbitrary: plain("drop", "reload") },
  { weight: 3, arbitrary: plain("wait") },
  { weight: 1, arbitrary: plain("clear", "other-clear") },
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constantFrom("cancel" as const, "hear" as const, "hear" as const, "lose" as const),
      pick: fc.nat(5),
    }),
  },
);

test.each<[string, readonly TransportName[]]>([
  ["an event stream", ["sse"]],
  ["polls", ["poll"]],
  ["both", ["sse", "poll"]],
])(
  "[F7] [T1] [T3] [R3] over %s: whatever is lost on the way, it ends in the room's own view with every wish answered",
  async (_, transports) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50, size: "max" }), async (steps) => {
        const host = new Host();
        const storage = memoryStorage();
        const { fetch } = host.http;
        const enter = () =>
          new ChatClient({ url: "https://chat.example.com", room: "demo", transports, fetch, storage });
        const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms);
        let client = enter();
        const ids: string[] = [];
        const stopped = new Set<string>();
        try {
          await tick(1);
          for (const action of steps) {
            switch (action.do) {
              case "submit":
                ids.push(client.submit("hi"));
                break;
              case "cancel": {
                const id = ids.at(-1 - action.pick);
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
                host.hear(action.pick);
                break;
              case "lose":
                host.hear(action.pick, true);
                break;
              case "drop":
                host.drop();
                break;
              case "reload":
                client.close();
                await tick(1);
                host.drop();
                client = enter();
                break;
              case "wait":
                await tick(500);
            }
            await tick(0);
          }
          // The network holds from here on.
          for (let waitedMs = 0; waitedMs < 40_000; waitedMs += 500) {
            host.beat();
            await tick(500);
            while (host.waiting.length > 0) {
              host.hear(0);
              await tick(0);
            }
          }
          expectEveryWish(client, host.room, { stopped, taken: host.taken });
        } finally {
          client.close();
          await tick(1);
        }
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: propertyRuns(60) },
    );
  },
  60_000,
);
