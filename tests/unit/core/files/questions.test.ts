/** Tests questions that hold uploaded files (F8): whose they may be, how long they live, and that addresses are fresh. */
import { describe, expect, test } from "vitest";
import type { RoomPolicy } from "../../../../party/core/policy.ts";
import type { Principal } from "../../../../party/core/principal.ts";
import type { TurnInput } from "../../../../shared/protocol/client-frames.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, FakeFileStore, type Room, type Tab } from "../../../support/core/room-harness.ts";

const alice: Principal = { ...ANYONE, sub: "alice", tokenId: "a" };
const bob: Principal = { ...ANYONE, sub: "bob", tokenId: "b" };
const origin = "https://chat.example.com";

class Scene {
  readonly store = new FakeFileStore();
  room!: Room;

  static async open(policy: Partial<RoomPolicy> = {}): Promise<Scene> {
    const scene = new Scene();
    scene.room = await buildRoom({ files: scene.store, policy });
    return scene;
  }

  /** Uploads a file, and returns its id. */
  async upload(by: Principal = alice): Promise<string> {
    const upload = { origin, mediaType: "image/png", bytes: 10 };
    const reserved = await this.room.core.handleFile({ kind: "reserve", by, upload });
    if (!reserved.ok || reserved.value.kind !== "upload") throw new Error("refused");
    const { id } = reserved.value;
    this.store.held.add(id);
    await this.room.core.handleFile({ kind: "stored", id });
    return id;
  }

  /** Asks over HTTP. Returns the error's code, if there is one. */
  async ask(
    turnId: string,
    urls: readonly string[],
    by: Principal = alice,
    replaces?: string,
  ): Promise<string | undefined> {
    const input = asking(...urls);
    const more = replaces === undefined ? {} : { replaces };
    const answer = await this.room.core.requests.submit(by, { type: "turn-submit", turnId, input, ...more });
    return answer.ok ? undefined : answer.error.code;
  }

  /** The upstream answers the newest question. */
  async answer(): Promise<void> {
    await settled();
    this.room.upstream.call.text("seen");
    this.room.upstream.call.done();
    await settled();
  }
}

function asking(...urls: readonly string[]): TurnInput {
  const files = urls.map((url) => ({ type: "file" as const, mediaType: "image/png", url }));
  return { parts: [{ type: "text", text: "look" }, ...files] };
}

const plain = (id: string, room = "test-room") => `${origin}/parties/chat/${room}/files/${id}`;

function urlsOf(input: TurnInput | undefined): string[] {
  if (input === undefined || !("parts" in input)) return [];
  return input.parts.flatMap((part) => (part.type === "file" ? [part.url] : []));
}

const shownIn = (tab: Tab, turnId: string) => urlsOf(tab.turn(turnId).input);

describe("[F8] a question with an uploaded file", () => {
  test("shows every tab a signed address, and stores a plain one", async () => {
    const scene = await Scene.open();
    const tab = await scene.room.join();
    const id = await scene.upload();
    expect(await scene.ask("t1", [`${plain(id)}?until=x&sig=y`])).toBeUndefined();
    const signed = `${plain(id)}?until=${scene.room.clock.now()}&sig=s`;
    expect(shownIn(tab, "t1")).toEqual([signed]);
    const late = await scene.room.join();
    expect(shownIn(late, "t1")).toEqual([signed]);
    const stored = JSON.stringify([...(await scene.room.storage.list({ prefix: "input/" })).values()]);
    expect(stored).toContain(plain(id));
    expect(stored).not.toContain("sig=");
  });

  test("is sent to the upstream with an address that is signed then", async () => {
    const scene = await Scene.open();
    const id = await scene.upload();
    await scene.ask("t1", [plain(id)]);
    await scene.answer();
    await scene.room.clock.advance(10_000);
    await scene.ask("t2", []);
    await settled();
    const [history] = scene.room.upstream.call.request.messages;
    expect(history?.parts?.[1]).toMatchObject({ url: `${plain(id)}?until=${scene.room.clock.now()}&sig=s` });
  });

  test("has fresh addresses in a sync and in pages after they have aged, also after a sleep", async () => {
    const scene = await Scene.open();
    const id = await scene.upload();
    await scene.ask("t1", [plain(id)]);
    await scene.answer();
    await scene.room.clock.advance(5_000);
    const fresh = `${plain(id)}?until=${scene.room.clock.now()}&sig=s`;
    expect(shownIn(await scene.room.join(), "t1")).toEqual([fresh]);
    await scene.room.evict();
    expect(shownIn(await scene.room.join(), "t1")).toEqual([fresh]);
    const older = await scene.room.core.requests.older(alice, undefined, 10);
    expect(older.ok && urlsOf(older.value.turns[0]?.input)).toEqual([fresh]);
  });

  test("takes the gateway's own address, whatever host is named", async () => {
    const scene = await Scene.open();
    const tab = await scene.room.join();
    const id = await scene.upload();
    await scene.ask("t1", [
      `/parties/chat/test-room/files/${id}`,
      `https://evil.example/parties/chat/test-room/files/${id}`,
    ]);
    for (const url of shownIn(tab, "t1")) expect(url).toContain(`${origin}/`);
  });

  test("is the same question when it is sent again with another signature", async () => {
    const scene = await Scene.open();
    const id = await scene.upload();
    expect(await scene.ask("t1", [`${plain(id)}?until=1&sig=a`])).toBeUndefined();
    expect(await scene.ask("t1", [`${plain(id)}?until=2&sig=b`])).toBeUndefined();
    expect(await scene.ask("t1", [plain(await scene.upload())])).toBe("turn-conflict");
  });

  test("keeps its place before a question that is asked after it", async () => {
    const scene = await Scene.open();
    const tab = await scene.room.join();
    const id = await scene.upload(ANYONE);
    tab.say({ type: "turn-submit", turnId: "t1", input: asking(plain(id)) });
    tab.say({ type: "turn-submit", turnId: "t2", input: { prompt: "second" } });
    await settled();
    tab.read();
    expect(tab.view.turns.map((turn) => turn.id)).toEqual(["t1", "t2"]);
  });

  test("is refused with file-unknown for a file of another room, of another user, or one that is gone", async () => {
    const scene = await Scene.open();
    const id = await scene.upload(alice);
    expect(await scene.ask("t1", [plain(id, "other-room")])).toBe("file-unknown");
    expect(await scene.ask("t2", [plain("nothing0123456789")])).toBe("file-unknown");
    expect(await scene.ask("t3", [plain(id)], bob)).toBe("file-unknown");
    await scene.room.core.handleFile({ kind: "discard", by: alice, id });
    expect(await scene.ask("t4", [plain(id)], alice)).toBe("file-unknown");
    const { turns } = scene.room.core.conversation;
    expect(turns.all()).toEqual([]);
  });

  test("may hold a file that another user's question has shown", async () => {
    const scene = await Scene.open();
    const id = await scene.upload(alice);
    await scene.ask("t1", [plain(id)], alice);
    expect(await scene.ask("t2", [plain(id)], bob)).toBeUndefined();
  });

  test("leaves other addresses as they are", async () => {
    const scene = await Scene.open();
    const tab = await scene.room.join();
    const urls = [
      "https://example.com/parties/chat/a.png",
      "data:image/png;base64,AAAA",
      "https://example.com/x?sig=1",
    ];
    await scene.ask("t1", urls);
    expect(shownIn(tab, "t1")).toEqual(urls);
  });

  test("is asked also where its address can't be signed, and says so in the log", async () => {
    const scene = await Scene.open();
    const tab = await scene.room.join();
    const id = await scene.upload();
    scene.store.sign = async () => {
      throw new Error("no key");
    };
    await scene.room.clock.advance(2_000);
    expect(await scene.ask("t1", [plain(id)])).toBeUndefined();
    expect(shownIn(tab, "t1")).toEqual([plain(id)]);
    expect(scene.room.events.some(({ name }) => name === "session-fault")).toBe(true);
  });
});

describe("[F8] a file that questions hold", () => {
  test("stays beyond the grace period, and goes with the last question that holds it", async () => {
    const scene = await Scene.open({ unusedFileMs: 60_000 });
    const id = await scene.upload();
    await scene.ask("t1", [plain(id)]);
    await scene.answer();
    await scene.room.advance(300_000);
    expect(scene.store.held.has(id)).toBe(true);
    // An edit keeps the file: the new question holds it before the old one goes.
    expect(await scene.ask("t2", [plain(id)], alice, "t1")).toBeUndefined();
    await scene.answer();
    expect(scene.store.held.has(id)).toBe(true);
    expect(await scene.ask("t3", [], alice, "t2")).toBeUndefined();
    await scene.answer();
    expect(scene.store.held.has(id)).toBe(false);
  });

  test("can't be discarded while a question holds it", async () => {
    const scene = await Scene.open();
    const id = await scene.upload();
    await scene.ask("t1", [plain(id)]);
    const reply = await scene.room.core.handleFile({ kind: "discard", by: alice, id });
    expect(reply).toMatchObject({ ok: false, error: { code: "file-conflict" } });
  });

  test("goes when retention removes its question", async () => {
    const scene = await Scene.open({ keepTurns: 1 });
    const id = await scene.upload();
    await scene.ask("t1", [plain(id)]);
    await scene.answer();
    await scene.ask("t2", []);
    await scene.answer();
    await scene.room.advance(1_000);
    await settled();
    expect(scene.store.held.size).toBe(0);
  });

  test.each(["clear", "erase"] as const)("goes with a %s of the room", async (act) => {
    const scene = await Scene.open();
    const id = await scene.upload();
    await scene.ask("t1", [plain(id)]);
    await scene.answer();
    await scene.room.core.requests[act](alice);
    await settled();
    expect(scene.store.held.size).toBe(0);
    expect(scene.room.storage.keys.filter((key) => key.startsWith("file/"))).toEqual([]);
  });

  test("goes with a room that nobody used for its time to live", async () => {
    const scene = await Scene.open();
    const id = await scene.upload();
    await scene.ask("t1", [plain(id)]);
    await scene.answer();
    await scene.room.advance(32 * 86_400_000);
    expect(scene.store.held.size).toBe(0);
    expect(scene.room.storage.keys).toEqual([]);
  });
});
