/**
 * Runs the room under schedules that are drawn at random: tabs and polls come and go, turns are submitted, repeated, replaced and
 * stopped, the upstream is cut or down, the disk is slow while other frames come in, the object is killed. Invariants hold
 * after each step. When everything has come to rest, every reader shows what the room holds and every answer is the right text.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LeaseAnswer, LeaseRequest, TurnLimiter } from "../../../../party/core/limiter/limiter-port.ts";
import { textOf } from "../../../../shared/content.ts";
import type { TurnSubmitFrame } from "../../../../shared/protocol/client-frames.ts";
import { formatCursor, parseCursor } from "../../../../shared/protocol/cursor.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView } from "../../../../shared/transcript.ts";
import { answerTo, BackendModel } from "../../../support/core/backend-model.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

type Step =
  | { do: "join" | "leave" | "vanish" | "reconnect" | "stall" | "drain"; tab: number }
  | { do: "submit"; tab: number }
  | { do: "repeat" | "cancel" | "replace"; tab: number; turn: number }
  | { do: "produce"; generation: number; units: number }
  | { do: "finish" | "cut"; generation: number }
  | { do: "down" | "up" | "slow-disk" | "failing-disk" | "hold-disk" | "release-disk" }
  | { do: "clear" | "http-clear" | "erase" }
  | { do: "http-submit" | "http-cancel"; turn: number }
  | { do: "poll"; poller: number; waitMs: number }
  | { do: "kill"; survivors: number }
  | { do: "no-lease"; ms: number }
  | { do: "wait"; ms: number };

const small = fc.nat({ max: 3 });
const turn = fc.nat({ max: 12 });
const dayMs = 25 * 3_600_000;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("join", "reconnect"), tab: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("leave", "vanish", "stall", "drain"), tab: small }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("submit"), tab: small }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("repeat", "cancel", "replace", "replace"), tab: small, turn }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("produce"), generation: small, units: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("finish", "finish", "cut"), generation: small }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("down", "up", "slow-disk", "failing-disk", "hold-disk", "hold-disk", "release-disk"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("clear", "http-clear", "erase") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("http-submit", "http-cancel"), turn }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("poll"),
      poller: fc.nat({ max: 1 }),
      waitMs: fc.constantFrom(0, 1_000, 25_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("kill"), survivors: fc.nat({ max: 15 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("no-lease"), ms: fc.constantFrom(500, 15_000, 45_000) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait"),
      ms: fc.constantFrom(1, 16, 300, 2_000, 12_000, 40_000, 90_000, dayMs),
    }),
  },
) as fc.Arbitrary<Step>;

/** Grants every lease, or says once when to ask again, and knows which leases are out. */
class CountingLimiter implements TurnLimiter {
  readonly leases = new Set<string>();
  nextWaitMs = 0;

  async acquire({ generationId, credit }: LeaseRequest): Promise<LeaseAnswer> {
    if (this.nextWaitMs > 0 && credit !== true && !this.leases.has(generationId)) {
      const retryAfterMs = this.nextWaitMs;
      this.nextWaitMs = 0;
      return { kind: "wait", retryAfterMs, position: 1, reason: "concurrency" };
    }
    this.leases.add(generationId);
    return { kind: "granted" };
  }
  async report(): Promise<undefined> {
    return undefined;
  }
  accepted(): void {
    // Only a probe needs it, and no grant of this Limiter is one.
  }
  release(generationId: string): void {
    this.leases.delete(generationId);
  }
}

/** A client that reads by long-polls alone. */
class Poller {
  view: RoomView = EMPTY_VIEW;
  /** Frames that could not be applied where they came. */
  gaps = 0;
  isPending = false;
  readonly #room: Room;
  readonly #sub: string;

  constructor(room: Room, sub: string) {
    this.#room = room;
    this.#sub = sub;
  }

  async poll(waitMs: number): Promise<void> {
    if (this.isPending) return;
    this.isPending = true;
    const have = haveOf(this.view);
    const cursor = have === undefined ? undefined : parseCursor(formatCursor(have));
    const done = () => {
      this.isPending = false;
    };
    void this.#room.core.requests.poll({ ...ANYONE, sub: this.#sub }, cursor, waitMs).then((answer) => {
      done();
      for (const text of answer.ok ? answer.value.frames : []) {
        const { view, needsSync } = foldFrame(this.view, JSON.parse(text));
        if (needsSync) this.gaps += 1;
        this.view = view;
      }
    }, done);
    await settled();
  }
}

class World {
  readonly room: Room;
  readonly backend: BackendModel;
  readonly limiter: CountingLimiter;
  readonly tabs: Tab[] = [];
  readonly pollers: Poller[];
  /** Prompts by turn id, in order of submit. */
  readonly prompts = new Map<string, string>();
  readonly #epochs = new Map<string, string>();
  /** The durable end of each turn, as first seen. */
  readonly #ends = new Map<string, string>();
  /** Tabs that were too slow once: they may be synced at any time. */
  readonly #lagged = new Set<Tab>();
  #releaseDisk: (() => void) | undefined;
  readonly #cap: number;
  readonly #keepTurns: number;

  constructor(room: Room, backend: BackendModel, limiter: CountingLimiter, cap: number, keepTurns: number) {
    this.room = room;
    this.backend = backend;
    this.limiter = limiter;
    this.#cap = cap;
    this.#keepTurns = keepTurns;
    this.pollers = [new Poller(room, "poll-a"), new Poller(room, "poll-b")];
  }

  async run(action: Step): Promise<void> {
    const { core, clock, storage } = this.room;
    switch (action.do) {
      case "join":
        if (this.tabs.length < 4) this.tabs.push(this.room.tab().connect());
        return;
      case "reconnect":
        this.tabs[action.tab]?.drop();
        this.tabs[action.tab]?.connect();
        return;
      case "leave":
        this.tabs[action.tab]?.drop();
        return;
      case "vanish": {
        // Half-open: the room is not told, and what it sends reaches nobody.
        const tab = this.tabs[action.tab];
        if (tab !== undefined) tab.socket.isOpen = false;
        return;
      }
      case "stall":
      case "drain": {
        const tab = this.tabs[action.tab];
        if (tab === undefined) return;
        tab.socket.bufferedAmount = action.do === "stall" ? 40_000_000 : 0;
        this.#lagged.add(tab);
        return;
      }
      case "submit": {
        const tab = this.#online(action.tab);
        if (tab !== undefined) this.#submit(tab, {});
        return;
      }
      case "repeat": {
        const [id, prompt] = this.#prompt(action.turn);
        // A repeat names the epoch in which the question was first made.
        if (id !== undefined && prompt !== undefined) {
          this.#online(action.tab)?.submit(prompt, { turnId: id, epoch: this.#epochs.get(id) ?? "" });
        }
        return;
      }
      case "replace": {
        const [id] = this.#prompt(action.turn);
        const tab = this.#online(action.tab);
        if (id !== undefined && tab !== undefined) this.#submit(tab, { replaces: id });
        return;
      }
      case "cancel": {
        const [id] = this.#prompt(action.turn);
        if (id !== undefined) this.#online(action.tab)?.cancel(id);
        return;
      }
      case "produce":
        this.backend.produce(action.generation, action.units);
        return;
      case "finish":
        this.backend.finish(action.generation);
        return;
      case "cut":
        this.backend.cut(action.generation);
        return;
      case "down":
      case "up":
        this.backend.isDown = action.do === "down";
        return;
      case "slow-disk": {
        const release = storage.hold();
        await clock.advance(50);
        release();
        return;
      }
      case "hold-disk":
        this.#releaseDisk ??= storage.hold();
        return;
      case "release-disk":
        this.releaseDisk();
        return;
      case "failing-disk":
        storage.fail();
        return;
      case "clear":
        this.#online(0)?.say({ type: "room-clear" });
        return;
      case "http-clear":
        void core.requests.clear(ANYONE).catch(() => undefined);
        return;
      case "erase":
        void core.requests.erase(ANYONE).catch(() => undefined);
        return;
      case "http-submit": {
        const prompt = `question ${this.prompts.size}`;
        const turnId = `h${this.prompts.size}`;
        this.prompts.set(turnId, prompt);
        this.#epochs.set(turnId, core.conversation.epoch);
        const frame = { type: "turn-submit", turnId, input: { prompt }, onLeave: "keep" } as const;
        void core.requests.submit(ANYONE, frame).catch(() => undefined);
        return;
      }
      case "http-cancel": {
        const [id] = this.#prompt(action.turn);
        if (id !== undefined) void core.requests.cancel(ANYONE, id).catch(() => undefined);
        return;
      }
      case "poll":
        await this.pollers[action.poller]?.poll(action.waitMs);
        return;
      case "no-lease":
        this.limiter.nextWaitMs = action.ms;
        return;
      case "kill":
        await this.#kill(action.survivors);
        return;
      case "wait":
        // Calls of the alarm wait for the disk, so a held disk and a long time don't go together.
        if (action.ms > 300) {
          this.releaseDisk();
          await settled();
        }
        if (action.ms < dayMs) this.#keepAlive(action.ms);
        if (this.#releaseDisk === undefined) await this.room.advance(action.ms);
        else await clock.advance(action.ms);
        return;
    }
  }

  releaseDisk(): void {
    this.#releaseDisk?.();
    this.#releaseDisk = undefined;
  }

  /** A write failed: the host resets the object, and everyone in it comes back later. */
  async replaceBroken(): Promise<void> {
    if (this.room.broken === undefined) return;
    this.room.broken = undefined;
    await this.#kill(0);
  }

  check(): void {
    const { conversation } = this.room.core;
    expect(this.room.broken).toBeUndefined();
    expect(conversation.floor).toBeLessThanOrEqual(conversation.seq);
    expect(conversation.turns.active().length).toBeLessThanOrEqual(this.#cap);
    for (const { id, record } of conversation.turns) {
      if (record.end === undefined) continue;
      const seen = JSON.stringify(record.end);
      const key = `${conversation.epoch}/${id}`;
      // T2: a turn ends once, and its end never changes.
      expect(this.#ends.get(key) ?? seen).toBe(seen);
      if (conversation.turn(id)?.isEndPublished === true) this.#ends.set(key, seen);
    }
    for (const tab of this.tabs) {
      tab.read();
      // R5: everything comes in an order that can be applied as it comes.
      if (!this.#lagged.has(tab)) expect(tab.gaps).toBe(0);
      this.#checkTexts(tab.view);
    }
    for (const { gaps, view } of this.pollers) {
      expect(gaps).toBe(0);
      this.#checkTexts(view);
    }
  }

  /** Everything comes to rest: the upstream is up and finishes, every reader is connected, time passes. */
  async rest(): Promise<void> {
    await this.#kill(0);
    this.backend.isDown = false;
    this.limiter.nextWaitMs = 0;
    for (const tab of this.tabs) {
      tab.drop();
      tab.connect();
    }
    for (let round = 0; round < 80; round += 1) {
      await this.room.advance(2_500);
      await this.#readAll();
      this.backend.finish(0);
      await settled();
      const isBusy = this.room.core.conversation.turns.hasUnsettled || this.backend.running > 0;
      if (!isBusy && round > 2) break;
    }
    // Retries of stops that are still on the agenda come within ten minutes.
    for (let minute = 0; minute < 11; minute += 1) {
      this.#keepAlive(60_000);
      await this.room.advance(60_000);
    }
    await this.#readAll();
  }

  async checkAtRest(): Promise<void> {
    this.check();
    const { conversation } = this.room.core;
    const expected = conversation.turns.all().map(({ id, length, record }) => ({
      ...{ id, state: "settled", length },
      outcome: record.end?.outcome,
    }));
    const newest = expected.slice(-this.#keepTurns);
    for (const { view } of [...this.tabs, ...this.pollers]) {
      const shown = view.turns.map(({ id, state, length, outcome }) => ({ id, state, length, outcome }));
      // R3: a reader shows the room's turns; it may hold older ones, because trimming sends nothing.
      expect(newest.length === 0 ? [] : shown.slice(-newest.length)).toEqual(newest);
      expect([view.epoch, view.seq]).toEqual([conversation.epoch, conversation.seq]);
      for (const turn of view.turns) {
        if (turn.outcome === "completed") expect(textOf(turn.parts)).toBe(answerTo(this.prompts.get(turn.id) ?? ""));
      }
    }
    // Nothing is paid for twice: each turn begins at most one generation.
    expect(this.backend.begun).toBe(this.backend.generations.size);
    expect(this.backend.running).toBe(0);
    expect(conversation.turns.size).toBeLessThanOrEqual(this.#keepTurns);
    expect([...this.limiter.leases]).toEqual([]);
    await this.#checkStorageAtRest();
  }

  /** Storage holds rows of turns that are there, and deadlines that lead to something. */
  async #checkStorageAtRest(): Promise<void> {
    const { storage, core } = this.room;
    const kept = new Set(
      core.conversation.turns.all().map(({ record }) => String(record.spec.ordinal).padStart(10, "0")),
    );
    const left = storage.keys.filter((key) => {
      const [kind = "", ordinal = ""] = key.split("/");
      return kind === "context" || (["turn", "input", "text"].includes(kind) && !kept.has(ordinal));
    });
    expect(left).toEqual([]);
    const agenda = (await storage.get(["agenda"])).get("agenda") as { entries: Record<string, number> } | undefined;
    const names = Object.keys(agenda?.entries ?? {}).filter((name) => name !== "expire" && name !== "away");
    expect(names).toEqual([]);
  }

  #checkTexts(view: RoomView): void {
    for (const { id, parts } of view.turns) {
      // What is on a screen is never anything but the beginning of the right answer.
      expect(answerTo(this.prompts.get(id) ?? "").startsWith(textOf(parts))).toBe(true);
    }
  }

  async #kill(survivors: number): Promise<void> {
    this.#releaseDisk = undefined;
    for (const poller of this.pollers) poller.isPending = false;
    const survives = (tab: Tab) => tab.socket.isOpen && ((survivors >> this.tabs.indexOf(tab)) & 1) === 1;
    const [kept, lost] = [this.tabs.filter(survives), this.tabs.filter((tab) => !survives(tab))];
    await this.room.evict(kept);
    for (const tab of lost) tab.socket.isOpen = false;
    // Q4: nobody renews the lease of a turn that was never durable, so it runs out.
    const { epoch, turns } = this.room.core.conversation;
    const known = new Set(turns.all().map(({ id }) => `gen-${epoch}-${id}`));
    for (const id of this.limiter.leases) if (!known.has(id)) this.limiter.leases.delete(id);
  }

  async #readAll(): Promise<void> {
    this.#keepAlive(0);
    for (const tab of this.tabs) tab.read();
    for (const poller of this.pollers) await poller.poll(0);
  }

  #keepAlive(ms: number): void {
    for (const { socket } of this.tabs) if (socket.isOpen) socket.pongedAt = this.room.clock.now() + ms;
  }

  #submit(tab: Tab, more: Partial<TurnSubmitFrame>): void {
    const prompt = `question ${this.prompts.size}`;
    const epoch = tab.view.epoch ?? "";
    const id = tab.submit(prompt, { epoch, ...more });
    this.prompts.set(id, prompt);
    this.#epochs.set(id, epoch);
  }

  #online(index: number): Tab | undefined {
    const tab = this.tabs[index];
    return tab?.socket.isOpen === true && tab.view.epoch !== undefined ? tab : undefined;
  }

  #prompt(index: number): [string | undefined, string | undefined] {
    return [...this.prompts][index % Math.max(1, this.prompts.size)] ?? [undefined, undefined];
  }
}

describe.each([
  { resumable: true, cap: 1, keepTurns: 3 },
  { resumable: true, cap: 3, keepTurns: 4 },
  { resumable: false, cap: 2, keepTurns: 3 },
])("a room whose backend resumes ($resumable) and that runs $cap turns at a time", ({ resumable, cap, keepTurns }) => {
  test("[R3] [R5] [T1] [T2] [T5] [Q1] [F5] shows every reader the right text after every schedule", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 90 }), async (steps) => {
        const backend = new BackendModel(resumable);
        const limiter = new CountingLimiter();
        const policy = {
          ...{ maxActiveTurns: cap, maxResumes: 50, keepTurns, turnTimeoutMs: 800_000 },
          ...{ silenceTimeoutMs: 300_000, firstTokenTimeoutMs: 300_000 },
        };
        const room = await buildRoom({ upstream: backend, limiter, policy });
        const world = new World(room, backend, limiter, cap, keepTurns);
        for (const action of [{ do: "join", tab: 0 } as const, ...steps]) {
          await world.run(action);
          await settled();
          await world.replaceBroken();
          world.check();
        }
        await world.rest();
        await world.checkAtRest();
        room.core.close("draining");
      }),
      { numRuns: 100 },
    );
  });
});
