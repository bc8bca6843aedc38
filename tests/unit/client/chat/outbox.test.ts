/** What the outbox keeps over a reload, and what it makes of what it finds. A page is a client; a tab is its storage. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatClientOptions, OutboxStorage } from "../../../../client/api/api.ts";
import { ChatClient } from "../../../../client/chat/chat-client.ts";
import { keptForMs } from "../../../../client/chat/outbox-store.ts";
import { defined } from "../../../../shared/defined.ts";
import type { ClientFrame } from "../../../../shared/protocol/client-frames.ts";
import type { ServerFrame, SyncTurn } from "../../../../shared/protocol/server-frames.ts";
import {
  type FakeNetwork,
  type FakeSocket,
  fakeNetwork,
  memoryStorage,
  over,
  welcome,
} from "../../../support/client/fake-socket.ts";
import { sync } from "../../../support/client/sync-frames.ts";
import { queued, refusal } from "../../../support/client/turn-frames.ts";

const key = "edge-chat.outbox.chat.example.com/demo";
let net: FakeNetwork;
let pages: ChatClient[];

beforeEach(() => {
  vi.useFakeTimers();
  net = fakeNetwork();
  pages = [];
});
afterEach(async () => {
  for (const page of pages) page.close();
  await tick(1);
  expect(vi.getTimerCount()).toBe(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

function enter(storage: OutboxStorage | undefined, more: Partial<ChatClientOptions> = {}): ChatClient {
  const page = new ChatClient({
    url: "https://chat.example.com",
    room: "demo",
    ...over(net),
    ...defined({ storage }),
    ...more,
  });
  pages.push(page);
  return page;
}

/** The newest page's socket, welcomed and synced. */
async function goOnline(first: ServerFrame = sync()): Promise<FakeSocket> {
  await tick();
  net.last.open();
  return net.last.queue(welcome, first).deliver();
}

/** A page that is gone without a word, as on a reload: only its storage remains. */
async function reload(storage: OutboxStorage): Promise<ChatClient> {
  pages.at(-1)?.close();
  await tick(1);
  return enter(storage);
}

const submits = (socket: FakeSocket) => socket.saidOf("turn-submit");

describe("a reload", () => {
  test("[T1] right after Enter: the question is shown at once, and asked under the same id", async () => {
    const tab = memoryStorage();
    const id = enter(tab).submit("hi", { params: { burst: true }, onLeave: "keep" });
    const page = await reload(tab);
    expect(page.getSnapshot().pending).toMatchObject([{ id, input: { prompt: "hi" } }]);
    const socket = await goOnline();
    expect(socket.said.slice(1)).toEqual([
      {
        type: "turn-submit",
        turnId: id,
        epoch: "e1",
        input: { prompt: "hi" },
        params: { burst: true },
        onLeave: "keep",
      },
    ]);
    socket.queue(queued(1, id)).deliver();
    expect(page.getSnapshot().pending).toEqual([]);
    expect(tab.items.size).toBe(0);
  });

  test("[T1] after the question left: it is said again unless the room shows it", async () => {
    const tab = memoryStorage();
    const page = enter(tab);
    const first = await goOnline();
    const [known, lost] = [page.submit("one"), page.submit("two")];
    expect(submits(first)).toHaveLength(2);
    await reload(tab);
    const turn = { id: known, state: "streaming" as const, from: 0, parts: [], length: 0 } satisfies SyncTurn;
    const second = await goOnline(sync({ seq: 2, turns: [turn] }));
    expect(submits(second)).toEqual([submits(first)[1]]);
    expect(submits(second)[0]?.turnId).toBe(lost);
  });

  test("waits for the sync, and keeps the epoch a question was made in", async () => {
    const tab = memoryStorage();
    const page = enter(tab);
    await goOnline();
    const id = page.submit("hi");
    const next = await reload(tab);
    await tick();
    net.last.open();
    net.last.queue(welcome).deliver();
    expect(submits(net.last)).toEqual([]);
    net.last.queue(sync({ epoch: "e2" })).deliver();
    expect(submits(net.last)).toMatchObject([{ turnId: id, epoch: "e1" }]);
    net.last.queue(refusal(id, "turn-stale")).deliver();
    expect(next.getSnapshot().pending).toMatchObject([{ id, refused: { code: "turn-stale" } }]);
  });

  test("[T3] keeps questions and stops in order; what was never said is withdrawn without a word", async () => {
    const tab = memoryStorage();
    const page = enter(tab);
    const turn = { id: "a", state: "streaming" as const, from: 0, parts: [], length: 0 } satisfies SyncTurn;
    const said = await goOnline(sync({ turns: [turn] }));
    const first = page.submit("one");
    said.end(1006);
    page.cancel("a");
    page.cancel(first);
    const second = page.submit("two");
    page.cancel(page.submit("withdrawn"));
    await reload(tab);
    expect(pages.at(-1)?.getSnapshot().stopping).toEqual(new Set([first, "a"]));
    const socket = await goOnline(sync({ turns: [turn] }));
    expect(socket.said.slice(1)).toMatchObject([
      { type: "turn-cancel", turnId: first },
      { type: "turn-cancel", turnId: "a" },
      { type: "turn-submit", turnId: second },
    ] satisfies Partial<ClientFrame>[]);
    // The room never had it: that is what was wanted, not an error.
    socket.queue(refusal(first, "turn-unknown")).deliver();
    expect(pages.at(-1)?.getSnapshot()).not.toHaveProperty("error");
  });

  test("a refused question keeps its text and its reason, and is not asked by itself", async () => {
    const tab = memoryStorage();
    const page = enter(tab);
    const socket = await goOnline();
    const id = page.submit("hi");
    socket.queue(refusal(id, "queue-full")).deliver();
    const next = await reload(tab);
    expect(next.getSnapshot().pending).toMatchObject([{ id, refused: { code: "queue-full" } }]);
    expect(submits(await goOnline())).toEqual([]);
    next.dismiss(id);
    expect(tab.items.size).toBe(0);
  });

  test("a clear is not carried out by a later page", async () => {
    const tab = memoryStorage();
    enter(tab).clear();
    await reload(tab);
    expect((await goOnline()).said).toHaveLength(1);
  });

  test("what waited for half a day is shown, not asked unasked; its stop is moot", async () => {
    const tab = memoryStorage();
    const page = enter(tab);
    (await goOnline()).end(1006);
    const id = page.submit("old");
    await tick(keptForMs + 1);
    const next = await reload(tab);
    expect(next.getSnapshot().pending).toMatchObject([
      { id, input: { prompt: "old" }, refused: { code: "turn-stale" } },
    ]);
    expect(submits(await goOnline())).toEqual([]);
  });
});

describe("a duplicated tab", () => {
  test("[T1] says the same id as the first, and both see one turn", async () => {
    const tab = memoryStorage();
    const first = enter(tab);
    const id = first.submit("hi");
    const copy = memoryStorage(tab.items);
    const firstSocket = await goOnline();
    const second = enter(copy);
    const secondSocket = await goOnline();
    expect([submits(firstSocket), submits(secondSocket)].map(([frame]) => frame?.turnId)).toEqual([id, id]);
    expect(submits(firstSocket)).toEqual(submits(secondSocket));
    for (const socket of [firstSocket, secondSocket]) socket.queue(queued(1, id)).deliver();
    // The second submit is answered by a sync of the turn (T1).
    const turn = {
      id,
      state: "queued" as const,
      from: 0,
      parts: [],
      length: 0,
      input: { prompt: "hi" },
    } satisfies SyncTurn;
    secondSocket.queue(sync({ mode: "delta", seq: 1, turns: [turn] })).deliver();
    for (const page of [first, second]) {
      expect(page.getSnapshot()).toMatchObject({ pending: [], turns: [{ id }] });
    }
    expect([tab.items.size, copy.items.size]).toEqual([0, 0]);
  });
});

describe("the storage", () => {
  const kept = (...entries: unknown[]) => JSON.stringify({ v: 1, entries });
  const frame = (more: object = {}) => ({ turnId: "t", input: { prompt: "hi" }, ...more });
  const submit = (more: object = {}) => ({
    kind: "submit",
    frame: frame(more),
    submittedAt: Date.now(),
    said: true,
    cancelled: false,
  });

  test.each<[string, () => string]>([
    ["not JSON", () => "{"],
    ["null", () => "null"],
    ["a list", () => "[]"],
    ["another version", () => JSON.stringify({ v: 2, entries: [submit()] })],
    ["no entries", () => JSON.stringify({ v: 1, entries: {} })],
    ["junk entries", () => kept(null, 1, "x", [], {}, { kind: "clear" }, { kind: "submit" }, { kind: "cancel" })],
    ["an id that is none", () => kept(submit({ turnId: "a b" }), { kind: "cancel", turnId: "a b" })],
    ["an id that only reads like one", () => kept(submit({ turnId: 7 }), { kind: "cancel", turnId: 7 })],
    ["no question", () => kept(submit({ input: { prompt: " " } }), submit({ input: {} }), submit({ input: null }))],
    ["a question of another kind", () => kept(submit({ input: { prompt: 7 } }), submit({ input: "hi" }))],
    ["no messages", () => kept(submit({ input: { messages: [] } }))],
    ["a role of its own", () => kept(submit({ input: { messages: [{ role: "root", content: "x" }] } }))],
    ["content that is no text", () => kept(submit({ input: { messages: [{ role: "user", content: [] }] } }))],
    ["a provider that is none", () => kept(submit({ provider: 7 }), submit({ provider: "" }))],
    ["a model that is too long", () => kept(submit({ model: "m".repeat(129) }))],
    ["params that are none", () => kept(submit({ params: [] }), submit({ metadata: "x" }))],
    ["params that are too large", () => kept(submit({ params: { x: "x".repeat(5_000) } }))],
    ["another policy", () => kept(submit({ onLeave: "ask" }))],
    ["another epoch than can be", () => kept(submit({ epoch: "" }), submit({ epoch: 1 }))],
    ["a replaced turn that is none", () => kept(submit({ replaces: "a b" }))],
  ])("%s is as good as nothing", async (_, text) => {
    const tab = memoryStorage(new Map([[key, text()]]));
    const page = enter(tab);
    expect(page.getSnapshot()).toMatchObject({ pending: [], stopping: new Set() });
    expect((await goOnline()).said).toHaveLength(1);
  });

  test("a sound entry among junk is kept, without the fields the room does not know", async () => {
    const tab = memoryStorage(new Map([[key, kept("junk", submit({ type: "room-clear", secret: 1 }), {})]]));
    enter(tab);
    expect((await goOnline()).said.slice(1)).toEqual([
      { type: "turn-submit", turnId: "t", epoch: "e1", input: { prompt: "hi" } },
    ]);
  });

  test("a question that is too long for a frame stays refused, whatever the storage says", async () => {
    const tab = memoryStorage();
    enter(tab).submit("x".repeat(70_000));
    const [[, text] = ["", ""]] = tab.items;
    tab.setItem(key, text.replace(/,"refused":\{[^}]*\}/, ""));
    const page = await reload(tab);
    expect(page.getSnapshot().pending).toMatchObject([{ refused: { code: "prompt-too-large" } }]);
    expect((await goOnline()).said).toHaveLength(1);
  });

  test("is bounded: what does not fit is passed over, and what comes after it is kept", async () => {
    const tab = memoryStorage();
    const page = enter(tab);
    page.submit("x".repeat(1_200_000), { turnId: "huge" });
    for (let n = 0; n < 30; n += 1) page.submit("y".repeat(50_000), { turnId: `t${n}` });
    page.submit("small", { turnId: "small" });
    expect([...tab.items.values()].join("").length).toBeLessThan(1_100_000);
    const next = await reload(tab);
    const ids = next.getSnapshot().pending.map(({ id }) => id);
    expect(ids).toEqual([...Array.from({ length: 20 }, (_, n) => `t${n}`), "small"]);
  });

  test("each room and gateway has its own", async () => {
    const tab = memoryStorage();
    enter(tab).submit("hi");
    expect(enter(tab, { room: "other" }).getSnapshot().pending).toEqual([]);
    expect(enter(tab, { url: "https://other.example.com" }).getSnapshot().pending).toEqual([]);
    expect([...tab.items.keys()]).toEqual([key]);
  });

  test("that is full or forbidden keeps nothing, and nothing else fails", async () => {
    const denied = () => {
      throw new DOMException("denied", "SecurityError");
    };
    const page = enter({ getItem: denied, setItem: denied, removeItem: denied });
    const id = page.submit("hi");
    expect(submits(await goOnline())).toMatchObject([{ turnId: id }]);
  });

  test("that is full does not bring back what was withdrawn", async () => {
    const tab = memoryStorage();
    const page = enter(tab);
    const first = page.submit("one");
    tab.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    page.submit("two");
    page.cancel(first);
    expect(tab.items.size).toBe(0);
  });

  test("is the tab's own by default, where there is one and it may be used", async () => {
    const tab = memoryStorage();
    vi.stubGlobal("document", new EventTarget());
    vi.stubGlobal("sessionStorage", tab);
    enter(undefined).submit("hi");
    expect(tab.items.size).toBe(1);
    vi.stubGlobal("sessionStorage", undefined);
    expect(enter(undefined).getSnapshot().pending).toEqual([]);
    Object.defineProperty(globalThis, "sessionStorage", {
      configurable: true,
      get: () => {
        throw new DOMException("denied", "SecurityError");
      },
    });
    expect(enter(undefined).getSnapshot().pending).toEqual([]);
  });

  test("isn't shared by the users of a server process, which may have a `sessionStorage` of its own", () => {
    const ofProcess = memoryStorage();
    vi.stubGlobal("sessionStorage", ofProcess);
    enter(undefined).submit("a secret");
    expect(ofProcess.items.size).toBe(0);
  });

  test("is written when a wish changes, not with every word of an answer", async () => {
    const tab = memoryStorage();
    const writes = vi.spyOn(tab, "setItem");
    const page = enter(tab);
    const socket = await goOnline();
    const id = page.submit("hi");
    const before = writes.mock.calls.length;
    page.submit("next");
    socket.queue(queued(1, id), { type: "turn-start", seq: 2, turnId: id }).deliver();
    const during = writes.mock.calls.length;
    for (let n = 0; n < 50; n += 1) {
      socket
        .queue({ type: "turn-delta", turnId: id, offset: n, parts: [{ type: "text-delta", delta: "x" }] })
        .deliver();
    }
    expect(before).toBeLessThanOrEqual(2);
    expect(writes.mock.calls.length).toBe(during);
  });
});
