/**
 * The room under schedules drawn at random: tabs come and go, turns are submitted, repeated and stopped, the upstream is
 * cut or down, the disk is slow, the object is killed. After each step the invariants hold; when everything has come to
 * rest, every tab shows what the room holds and every answer is the right text (R3, R5, T1–T5, Q1, F3, F5, U7).
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textOf } from "../../../../shared/content.ts";
import type { TurnView } from "../../../../shared/transcript.ts";
import { answerTo, BackendModel } from "../../../support/core/backend-model.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

type Step =
  | { do: "join" | "leave" | "vanish" | "reconnect"; tab: number }
  | { do: "submit"; tab: number }
  | { do: "repeat" | "cancel" | "replace"; tab: number; turn: number }
  | { do: "produce"; generation: number; units: number }
  | { do: "finish" | "cut"; generation: number }
  | { do: "down" | "up" | "slow-disk" | "failing-disk" | "clear" }
  | { do: "kill"; survivors: number }
  | { do: "wait"; ms: number };

const small = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("join", "reconnect"), tab: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("leave", "vanish"), tab: small }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("submit"), tab: small }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("repeat", "cancel", "replace"), tab: small, turn: fc.nat({ max: 9 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("produce"), generation: small, units: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("finish", "cut"), generation: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("down", "up", "slow-disk", "failing-disk") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear") }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("kill"), survivors: fc.nat({ max: 15 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.constantFrom(1, 16, 300, 2_000, 12_000, 40_000) }),
  },
) as fc.Arbitrary<Step>;

class World {
  readonly room: Room;
  readonly backend: BackendModel;
  readonly tabs: Tab[] = [];
  /** Prompts by turn id, in order of submit. */
  readonly prompts = new Map<string, string>();
  readonly #epochs = new Map<string, string>();
  /** The durable end of each turn, as first seen. */
  readonly ends = new Map<string, string>();
  readonly #cap: number;

  constructor(room: Room, backend: BackendModel, cap: number) {
    this.room = room;
    this.backend = backend;
    this.#cap = cap;
  }

  async run(action: Step): Promise<void> {
    switch (action.do) {
      case "join":
        if (this.tabs.length < 4) this.tabs.push(this.room.tab().connect());
        return;
      case "reconnect":
        this.tab(action.tab)?.drop();
        this.tab(action.tab)?.connect();
        return;
      case "leave":
        this.tab(action.tab)?.drop();
        return;
      case "vanish": {
        // Half-open: the room is not told, and what it sends reaches nobody.
        const tab = this.tab(action.tab);
        if (tab !== undefined) tab.socket.isOpen = false;
        return;
      }
      case "submit": {
        const tab = this.online(action.tab);
        if (tab === undefined) return;
        this.submit(tab, {});
        return;
      }
      case "repeat": {
        const [id, prompt] = this.prompt(action.turn);
        // A repeat says when it was first said: in the epoch that the tab had then.
        if (id !== undefined && prompt !== undefined) {
          this.online(action.tab)?.submit(prompt, { turnId: id, epoch: this.#epochs.get(id) ?? "" });
        }
        return;
      }
      case "replace": {
        const [id] = this.prompt(action.turn);
        const tab = this.online(action.tab);
        if (id === undefined || tab === undefined) return;
        this.submit(tab, { replaces: id });
        return;
      }
      case "cancel": {
        const [id] = this.prompt(action.turn);
        if (id !== undefined) this.online(action.tab)?.cancel(id);
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
        this.backend.isDown = true;
        return;
      case "up":
        this.backend.isDown = false;
        return;
      case "slow-disk": {
        const release = this.room.storage.hold();
        await this.room.clock.advance(50);
        release();
        return;
      }
      case "failing-disk":
        this.room.storage.fail();
        return;
      case "clear":
        this.online(0)?.say({ type: "room-clear" });
        return;
      case "kill":
        await this.room.evict(
          this.tabs.filter((tab, index) => tab.socket.isOpen && ((action.survivors >> index) & 1) === 1),
        );
        for (const tab of this.tabs)
          if (((action.survivors >> this.tabs.indexOf(tab)) & 1) === 0) tab.socket.isOpen = false;
        return;
      case "wait":
        await this.room.advance(action.ms);
        return;
    }
  }

  submit(tab: Tab, more: { replaces?: string }): void {
    const prompt = `question ${this.prompts.size}`;
    const epoch = tab.view.epoch ?? "";
    const id = tab.submit(prompt, { epoch, ...more });
    this.prompts.set(id, prompt);
    this.#epochs.set(id, epoch);
  }

  tab(index: number): Tab | undefined {
    return this.tabs[index];
  }

  online(index: number): Tab | undefined {
    const tab = this.tabs[index];
    return tab?.socket.isOpen === true && tab.view.epoch !== undefined ? tab : undefined;
  }

  prompt(index: number): [string | undefined, string | undefined] {
    return [...this.prompts][index % Math.max(1, this.prompts.size)] ?? [undefined, undefined];
  }

  /** A write failed: the host resets the object, and everyone in it comes back later. */
  async replaceBroken(): Promise<void> {
    if (this.room.broken === undefined) return;
    this.room.broken = undefined;
    await this.run({ do: "kill", survivors: 0 });
  }

  check(): void {
    expect(this.room.broken).toBeUndefined();
    const turns = this.room.core.conversation.turns.all();
    const active = turns.filter(({ phase }) => phase.state !== "queued" && phase.state !== "settled");
    expect(active.length).toBeLessThanOrEqual(this.#cap);
    for (const turn of turns) {
      const end = turn.record.end;
      if (end === undefined) continue;
      const seen = JSON.stringify(end);
      // T2: a turn ends once, and its end never changes.
      expect(this.ends.get(turn.id) ?? seen).toBe(seen);
      this.ends.set(turn.id, seen);
    }
    for (const tab of this.tabs) {
      tab.read();
      // R5: everything comes in an order that can be applied as it comes.
      expect(tab.gaps).toBe(0);
      for (const turn of tab.view.turns) {
        const prompt = this.prompts.get(turn.id);
        // What is on a screen is never anything but the beginning of the right answer.
        expect(answerTo(prompt ?? "").startsWith(textOf(turn.parts))).toBe(true);
      }
    }
  }

  /** Everything comes to rest: the upstream is up and finishes, every tab is connected, time passes. */
  async rest(): Promise<void> {
    // A disk that fails is replaced with the object.
    await this.run({ do: "kill", survivors: 0 });
    this.backend.isDown = false;
    for (const tab of this.tabs) {
      tab.drop();
      tab.connect();
    }
    for (let round = 0; round < 60; round += 1) {
      await this.room.advance(2_500);
      for (const tab of this.tabs) {
        tab.socket.pongedAt = this.room.clock.now();
        tab.read();
      }
      this.backend.finish(0);
      await settled();
      const isBusy = this.room.core.conversation.turns.hasUnsettled || this.backend.running > 0;
      if (!isBusy && round > 1) break;
    }
    await this.room.advance(2_500);
  }

  checkAtRest(): void {
    this.check();
    const { conversation } = this.room.core;
    const expected = conversation.turns.all().map((turn) => ({
      id: turn.id,
      state: "settled",
      length: turn.length,
      outcome: turn.record.end?.outcome,
      stop: turn.record.end?.stop,
    }));
    for (const tab of this.tabs) {
      expect(tab.socket.isOpen).toBe(true);
      // R3: folding the frames equals the room's own view.
      expect(
        tab.view.turns.map(({ id, state, length, outcome, stop }: TurnView) => ({ id, state, length, outcome, stop })),
      ).toEqual(expected);
      expect([tab.view.epoch, tab.view.seq]).toEqual([conversation.epoch, conversation.seq]);
      for (const turn of tab.view.turns) {
        if (turn.outcome === "completed") expect(textOf(turn.parts)).toBe(answerTo(this.prompts.get(turn.id) ?? ""));
      }
    }
    // Nothing is paid for twice: each turn begins at most one generation.
    expect(this.backend.begun).toBe(this.backend.generations.size);
    expect(this.backend.begun).toBeLessThanOrEqual(this.prompts.size);
  }
}

describe.each([
  { resumable: true, cap: 1 },
  { resumable: true, cap: 2 },
  { resumable: false, cap: 1 },
])("with a backend that $resumable-ly resumes and $cap active turns", ({ resumable, cap }) => {
  test("[R3] [R5] [T1] [T2] [T5] [Q1] [F5] every schedule ends with every tab showing the right text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const backend = new BackendModel(resumable);
        const room = await buildRoom({ upstream: backend, policy: { maxActiveTurns: cap, maxResumes: 50 } });
        const world = new World(room, backend, cap);
        for (const action of [{ do: "join", tab: 0 } as const, ...steps]) {
          await world.run(action);
          await settled();
          await world.replaceBroken();
          world.check();
        }
        await world.rest();
        world.checkAtRest();
        room.core.close("draining");
      }),
    );
  });
});
