/** Going back in a long conversation: when a page is asked for, how, and what becomes of one that comes too late. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatClientOptions } from "../../../../client/api/api.ts";
import { olderTimeoutMs } from "../../../../client/time/timing.ts";
import type { ServerFrame, SyncFrame, SyncTurn } from "../../../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, haveOf, prependTurns, type RoomView } from "../../../../shared/transcript.ts";
import { memoryStorage } from "../../../support/client/fake-socket.ts";
import { client, connect, eachWithItsOwnNetwork, goOnline, net, tick } from "../../../support/client/socket-client.ts";

const settled = (id: string, text = id): SyncTurn => ({
  id,
  state: "settled",
  outcome: "completed",
  from: 0,
  parts: [{ type: "text-delta", delta: text }],
  length: text.length,
  input: { prompt: `ask ${id}` },
  author: "anna",
  createdAt: 1,
});
const sync = (turns: readonly SyncTurn[], more: Partial<SyncFrame> = {}): SyncFrame => ({
  type: "sync",
  epoch: "e1",
  seq: 9,
  floor: 0,
  mode: "snapshot",
  turns: [...turns],
  more: true,
  ...more,
});

describe("prependTurns", () => {
  const view = foldFrame(EMPTY_VIEW, sync([settled("c"), settled("d")])).view;
  const ids = (of: RoomView | undefined) => of?.turns.map(({ id }) => id);

  test("puts a page before the turns, whole, and takes its word on whether there is more", () => {
    const extended = prependTurns(view, { epoch: "e1", turns: [settled("a"), settled("b", "Hello")], more: false });
    expect(ids(extended)).toEqual(["a", "b", "c", "d"]);
    expect(extended).toMatchObject({ more: false, seq: view.seq, epoch: "e1" });
    expect(extended?.turns[1]).toMatchObject({ length: 5, outcome: "completed", input: { prompt: "ask b" } });
    // What was held is held as it is: a page redraws only what it brings.
    expect(extended?.turns.slice(2)).toEqual(view.turns);
    expect(extended?.turns[2]).toBe(view.turns[0]);
  });

  test("ignores turns that are held already; a page that says nothing new changes nothing", () => {
    const page = { epoch: "e1", turns: [settled("b"), settled("c", "other")], more: true };
    const extended = prependTurns(view, page);
    expect(ids(extended)).toEqual(["b", "c", "d"]);
    expect(extended?.turns[1]).toBe(view.turns[0]);
    expect(extended && prependTurns(extended, page)).toBe(extended);
  });

  test("refuses another epoch, and a turn that is not whole", () => {
    expect(prependTurns(view, { epoch: "e2", turns: [settled("a")], more: true })).toBeUndefined();
    expect(prependTurns(view, { epoch: "e1", turns: [{ ...settled("a"), length: 7 }], more: true })).toBeUndefined();
    expect(prependTurns(view, { epoch: "e1", turns: [{ ...settled("a"), from: 1 }], more: true })).toBeUndefined();
    expect(prependTurns(EMPTY_VIEW, { epoch: "e1", turns: [], more: false })).toBeUndefined();
  });

  test("[R3] turns of a page count as held: the cursor does not ask for them", () => {
    const extended = prependTurns(view, { epoch: "e1", turns: [settled("a")], more: true });
    expect(extended && haveOf(extended)).toEqual(haveOf(view));
  });
});

interface Request {
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  answer(page: unknown, status?: number): Promise<void>;
  fail(): Promise<void>;
}

let requests: Request[];

eachWithItsOwnNetwork();
beforeEach(() => {
  requests = [];
});

const older = () => client.getSnapshot().older;
const ids = () => client.getSnapshot().turns.map(({ id }) => id);

/** A network that answers when the test says so. */
const fakeFetch: NonNullable<ChatClientOptions["fetch"]> = (url, { headers, signal }) =>
  new Promise((resolve, reject) => {
    requests.push({
      url: new URL(url),
      headers,
      signal,
      answer: async (page, status = 200) => {
        resolve(new Response(typeof page === "string" ? page : JSON.stringify(page), { status }));
        await tick();
      },
      fail: async () => {
        reject(new TypeError("fetch failed"));
        await tick();
      },
    });
  });

const enter = (first: ServerFrame, options: Partial<ChatClientOptions> = {}) =>
  goOnline(first, { storage: memoryStorage(), fetch: fakeFetch, ...options });

/** Asks for a page and lets the request leave. */
async function ask(): Promise<Request> {
  void client.loadOlder();
  await tick();
  const request = requests.at(-1);
  if (request === undefined) throw new Error("nothing was asked for");
  return request;
}

describe("loadOlder", () => {
  test("asks for what precedes the oldest turn, page by page, until there is no more", async () => {
    await enter(sync([settled("c"), settled("d")]));
    expect(older()).toEqual({ state: "available" });
    const first = await ask();
    expect([first.url.origin, first.url.pathname]).toEqual(["https://chat.example.com", "/parties/chat/demo/turns"]);
    expect(Object.fromEntries(first.url.searchParams)).toEqual({ before: "c", limit: "20" });
    expect(older()).toEqual({ state: "loading" });
    await first.answer({ epoch: "e1", turns: [settled("b")], more: true });
    expect([ids(), older()]).toEqual([["b", "c", "d"], { state: "available" }]);
    const second = await ask();
    expect(second.url.searchParams.get("before")).toBe("b");
    await second.answer({ epoch: "e1", turns: [settled("a")], more: false });
    expect([ids(), older()]).toEqual([["a", "b", "c", "d"], { state: "none" }]);
    await client.loadOlder();
    expect(requests).toHaveLength(2);
  });

  test.each([
    ["http://127.0.0.1:8787", "http://127.0.0.1:8787"],
    ["wss://chat.example.com/app", "https://chat.example.com"],
    ["ws://localhost:1", "http://localhost:1"],
  ])("goes to the gateway of the socket: %s", async (url, origin) => {
    await enter(sync([settled("c")]), { url });
    expect((await ask()).url.origin).toBe(origin);
  });

  test("[S1] carries the token as a header, never in the URL", async () => {
    await enter(sync([settled("c")]), { token: async () => "secret" });
    const { url, headers } = await ask();
    expect(headers["authorization"]).toBe("Bearer secret");
    expect(url.href).not.toContain("secret");
  });

  test("asked for twice it is one request, and both wait for it", async () => {
    await enter(sync([settled("c")]));
    const both = [client.loadOlder(), client.loadOlder()];
    await tick();
    expect(requests).toHaveLength(1);
    await requests[0]?.answer({ epoch: "e1", turns: [settled("b")], more: true });
    await Promise.all(both);
    expect(ids()).toEqual(["b", "c"]);
  });

  test("before the first sync, and where nothing is missing, it asks for nothing", async () => {
    await connect({ storage: memoryStorage(), fetch: fakeFetch });
    await client.loadOlder();
    client.close();
    await enter(sync([settled("c")], { more: false }));
    await client.loadOlder();
    expect([requests, older()]).toEqual([[], { state: "none" }]);
  });

  test("works while the socket is down", async () => {
    await enter(sync([settled("c")]));
    net.last.end(1006);
    await (await ask()).answer({ epoch: "e1", turns: [settled("b")], more: false });
    expect(ids()).toEqual(["b", "c"]);
  });

  test("live frames go on meanwhile, and a delta sync afterwards keeps the page", async () => {
    await enter(sync([settled("c")]));
    const request = await ask();
    const queued = { turnId: "d", input: { prompt: "hi" }, author: "anna", createdAt: 1, position: 0 };
    net.last.queue({ type: "turn-queued", seq: 10, ...queued }).deliver();
    await request.answer({ epoch: "e1", turns: [settled("b")], more: true });
    expect(ids()).toEqual(["b", "c", "d"]);
    net.last.queue(sync([], { mode: "delta", seq: 10, more: false })).deliver();
    expect([ids(), older()]).toEqual([["b", "c", "d"], { state: "available" }]);
  });

  test("a snapshot forgets the pages, and the next page starts from what it left", async () => {
    await enter(sync([settled("c")]));
    await (await ask()).answer({ epoch: "e1", turns: [settled("b")], more: false });
    net.last.queue(sync([settled("c"), settled("d")], { seq: 12 })).deliver();
    expect([ids(), older()]).toEqual([["c", "d"], { state: "available" }]);
    expect((await ask()).url.searchParams.get("before")).toBe("c");
  });

  test.each<[string, ServerFrame]>([
    ["was cleared", sync([settled("x")], { epoch: "e2", seq: 1 })],
    ["lost the turn it was asked from", { type: "turn-removed", seq: 10, turnIds: ["c", "d"] }],
  ])("a page that comes when the room %s is dropped", async (_, frame) => {
    await enter(sync([settled("c"), settled("d")]));
    const request = await ask();
    net.last.queue(frame).deliver();
    const before = ids();
    await request.answer({ epoch: "e1", turns: [settled("b")], more: true });
    expect([ids(), older()]).toEqual([before, { state: "available" }]);
  });

  test("when every turn shown is gone it asks for the newest", async () => {
    await enter(sync([settled("c")]));
    net.last.queue({ type: "turn-removed", seq: 10, turnIds: ["c"] }).deliver();
    const request = await ask();
    expect(request.url.searchParams.has("before")).toBe(false);
    await request.answer({ epoch: "e1", turns: [settled("b")], more: false });
    expect([ids(), older()]).toEqual([["b"], { state: "none" }]);
  });

  test("a room that no longer has the oldest turn has nothing before it, until another is the oldest", async () => {
    await enter(sync([settled("c"), settled("d")]));
    await (await ask()).answer({ code: "turn-unknown" }, 404);
    expect(older()).toEqual({ state: "none" });
    await client.loadOlder();
    expect(requests).toHaveLength(1);
    net.last.queue({ type: "turn-removed", seq: 10, turnIds: ["c"] }).deliver();
    expect(older()).toEqual({ state: "available" });
  });

  test.each<[string, (request: Request) => Promise<void>, string]>([
    ["no network", (request) => request.fail(), "unreachable"],
    ["the room's refusal", (request) => request.answer({ code: "draining", detail: "…" }, 503), "draining"],
    ["a proxy's page", (request) => request.answer("<html>", 502), "unreachable"],
    ["an answer that is no page", (request) => request.answer("<html>"), "unreachable"],
    ["an answer without an epoch", (request) => request.answer({ turns: [], more: true }), "unreachable"],
    [
      "a turn that is not whole",
      (request) => request.answer({ epoch: "e1", turns: [{ ...settled("b"), length: 9 }], more: true }),
      "unreachable",
    ],
    ["silence", async () => void (await tick(olderTimeoutMs)), "unreachable"],
  ])("%s is shown, loses nothing, and can be tried again", async (_, happen, code) => {
    await enter(sync([settled("c")]));
    const done = client.loadOlder();
    await tick();
    await happen(requests[0] as Request);
    await done;
    expect(older()).toMatchObject({ state: "failed", error: { code, message: expect.any(String) } });
    expect(ids()).toEqual(["c"]);
    await (await ask()).answer({ epoch: "e1", turns: [settled("b")], more: false });
    expect([ids(), older()]).toEqual([["b", "c"], { state: "none" }]);
  });

  test("a token that cannot be had, or never comes, fails the page and not the client", async () => {
    let token: () => Promise<string> = async () => "t";
    await enter(sync([settled("c")]), { token: () => token() });
    token = () => Promise.reject(new Error("sign-in is down"));
    await client.loadOlder();
    expect(older()).toMatchObject({ state: "failed", error: { message: "sign-in is down" } });
    token = () => new Promise(() => {});
    const done = client.loadOlder();
    await tick(olderTimeoutMs);
    await done;
    expect(older()).toMatchObject({ state: "failed" });
  });

  test("close() ends a request, says nothing more, and leaves no timer", async () => {
    await enter(sync([settled("c")]));
    const done = client.loadOlder();
    await tick();
    const heard = vi.fn();
    client.close();
    client.subscribe(heard);
    expect(requests[0]?.signal.aborted).toBe(true);
    await requests[0]?.answer({ epoch: "e1", turns: [settled("b")], more: true });
    await done;
    expect(heard).not.toHaveBeenCalled();
    expect(ids()).toEqual(["c"]);
    await client.loadOlder();
    expect(requests).toHaveLength(1);
  });

  test("the snapshot stays the same object while nothing changes", async () => {
    await enter(sync([settled("c")]));
    const before = client.getSnapshot();
    net.last.queue({ type: "heartbeat", at: 1 }).deliver();
    expect(client.getSnapshot()).toBe(before);
    await (await ask()).fail();
    const failed = client.getSnapshot();
    net.last.queue({ type: "heartbeat", at: 2 }).deliver();
    expect(client.getSnapshot()).toBe(failed);
  });
});
