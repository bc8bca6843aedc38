/**
 * The kill test's machinery: one backend and one gateway on real storage, rooms with their tabs, SIGKILL, a restart on the
 * same rooms, and a judge. What each room does is `kill-plan.ts`'s to say.
 *
 * Rounds run in waves: several rooms, each in a phase of its own, die by one SIGKILL. Each is a round: it has its own
 * room, tabs, turns and drawn moment, and is judged alone. What they share is the process that dies, as rooms do. Where a
 * wave holds a `resuming` round its second kill falls on all of them.
 */
import { createHash } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import { ChatClient } from "../../../client/index.ts";
import type { Part as Process } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { textOf } from "../../../shared/content.ts";
import type { TurnView } from "../../../shared/transcript.ts";
import { startTestStack, type TestStack } from "../stack.ts";
import { type Phase, type PlannedTurn, planRound, type RoundPlan } from "./kill-plan.ts";

/**
 * The room must know that the backend honours idempotency keys. Killed before the backend's `start` was stored, a room
 * that may not assume it ends the turn as interrupted (T5): it cannot tell an unasked question from one being answered.
 */
const vars = { UPSTREAM_RESUMABLE: "yes" };

/** The last stretch before the kill, in which only what belongs right before it happens. */
const lastMs = 100;
/** A room that is slow to get where its plan wants it is waited for this long. Less than any planned delay of a first token. */
const lateMs = 1_000;
/** Bounds on what is waited for: long enough for a machine with other work, far shorter than a person would wait. */
const onlineTimeoutMs = 20_000;
const settleTimeoutMs = 60_000;

export interface RoundResult {
  readonly seed: number;
  readonly phase: Phase;
  /** What the tab showed when the kill came. */
  readonly killPoint: string;
  /** Whether that is the planned phase: a busy machine may miss it. The round is judged all the same. */
  readonly isInPhase: boolean;
  /** Nothing, or what is wrong. */
  readonly problems: readonly string[];
  /** From the (last) SIGKILL until the tab was in step with the room again. */
  readonly syncMs: number | undefined;
  /** From the (last) SIGKILL until its answer grew; only where it was cut in the middle. */
  readonly growMs: number | undefined;
}

export interface Wave {
  readonly results: readonly RoundResult[];
  /** From each SIGKILL until the gateway listened again. */
  readonly restartMs: readonly number[];
}

interface GenerationStats {
  readonly state: string;
  readonly starts: number;
  readonly tokens: number;
  readonly tokensAfterStop: number;
}

/** Rounds in one wave: enough to make hundreds affordable, few enough that two cores are not what is tested. */
export const waveSize = 5;

/** One line a round. */
export function describeRound(result: RoundResult): string {
  const { seed, phase, killPoint, isInPhase, problems, syncMs, growMs } = result;
  const times = `in step after ${shown(syncMs)}${growMs === undefined ? "" : `, growing after ${shown(growMs)}`}`;
  const verdict = problems.length === 0 ? `ok, ${times}` : `FAILED: ${problems.join("; ")}`;
  return `kill seed ${seed} ${phase}${isInPhase ? "" : " (missed)"}, at ${killPoint}: ${verdict}`;
}

/** How to see a failed round again. */
export function repeatCommand({ seed }: RoundResult): string {
  return `npm run test:kill -- --rounds 1 --seed ${seed}`;
}

function shown(ms: number | undefined): string {
  return ms === undefined ? "?" : `${Math.round(ms)} ms`;
}

/** Backend and gateway for any number of waves. `stop` ends them and removes the rooms. */
export class KillStage {
  readonly #stack: TestStack;
  readonly #port: number;
  #gateway: Process;
  #lost: readonly string[] = [];
  #rooms = 0;

  private constructor(stack: TestStack) {
    this.#stack = stack;
    this.#gateway = stack.gateway;
    this.#port = Number(new URL(stack.url).port);
  }

  static async start(): Promise<KillStage> {
    return new KillStage(await startTestStack({ gateway: { vars } }));
  }

  async stop(): Promise<void> {
    await this.#gateway.stop();
    await this.#stack.stop();
  }

  async run(seeds: readonly number[]): Promise<Wave> {
    const before = await this.#stats();
    const rounds = seeds.map((seed) => this.#open(planRound(seed)));
    try {
      const restartMs = await this.#runWave(rounds);
      const results = await Promise.all(rounds.map((round) => this.#judge(round)));
      const { started, active } = await this.#stats();
      const turns = rounds.reduce((sum, round) => sum + round.turns.length, 0);
      const problems: string[] = [];
      // Also what no turn of ours accounts for would be paid for. Nobody's fault in particular: it is everybody's.
      if (results.every((result) => result.problems.length === 0)) {
        if (started - before.started !== turns)
          problems.push(`${turns} turns started ${started - before.started} generations`);
        if (active !== 0) problems.push(`${active} generations still run`);
      }
      return {
        results: results.map((result) => ({ ...result, problems: [...result.problems, ...problems] })),
        restartMs,
      };
    } finally {
      for (const round of rounds) round.close();
    }
  }

  #open(plan: RoundPlan): Round {
    this.#rooms += 1;
    return new Round(plan, this.#stack.url, `kill-${plan.seed}-${this.#rooms}`);
  }

  async #runWave(rounds: readonly Round[]): Promise<number[]> {
    for (const round of rounds) await round.online();
    const longestMs = Math.max(...rounds.map(({ plan }) => plan.leadMs));
    let killAt = performance.now() + longestMs + lastMs;
    await Promise.all(
      rounds
        .filter(({ plan }) => plan.leadMs > lastMs)
        .map(async (round) => {
          await after(killAt - round.plan.leadMs - performance.now());
          round.submit();
        }),
    );
    await after(killAt - lastMs - performance.now());
    await Promise.all(rounds.map((round) => round.reached(lateMs)));
    killAt = performance.now() + lastMs;
    const last: Promise<void>[] = [];
    const soon = async (leadMs: number, action: () => void) => {
      await after(Math.max(0, killAt - leadMs - performance.now()));
      action();
    };
    for (const round of rounds) {
      const { leadMs, stopLeadMs } = round.plan;
      if (leadMs <= lastMs) last.push(soon(leadMs, () => round.submit()));
      if (stopLeadMs !== undefined) last.push(soon(stopLeadMs, () => round.askStop()));
    }
    last.push(soon(0, () => undefined));
    await Promise.all(last);

    const restarts = [await this.#kill(rounds)];
    const again = rounds.filter(({ plan }) => plan.secondKillMs !== undefined);
    if (again.length > 0) {
      // The first of them to come back sets the moment.
      await Promise.race(again.map((round) => round.reopened()));
      await after(Math.min(...again.map(({ plan }) => plan.secondKillMs ?? 0)));
      for (const round of again) round.observe();
      restarts.push(await this.#kill(rounds));
    }
    return restarts;
  }

  /** Kills the gateway and starts it on the same rooms. Returns how long it was away. */
  async #kill(rounds: readonly Round[]): Promise<number> {
    const gone = this.#gateway.kill("SIGKILL");
    const at = performance.now();
    for (const round of rounds) round.killed(at);
    await gone;
    this.#lost = [...this.#lost, ...this.#gateway.output].slice(-200);
    const { backend, persistTo } = this.#stack;
    this.#gateway = await startGateway({ port: this.#port, backendUrl: backend.url, persistTo, vars });
    return performance.now() - at;
  }

  async #judge(round: Round): Promise<RoundResult> {
    await round.rest();
    const problems = await round.problems();
    const found = problems.length > 0 ? [] : await this.#bill(round);
    const all = [...problems, ...found];
    if (all.length > 0) all.push(...this.#heard(round.room));
    return { ...round.result(), problems: all };
  }

  /** What the backend counted: one generation a turn, whole, or silent after its stop. */
  async #bill(round: Round): Promise<string[]> {
    const problems: string[] = [];
    for (const { id, planned } of round.turns) {
      const generation = generationIdOf(round.room, round.epoch, id);
      const stats = await this.#stats<GenerationStats>(`?id=${generation}`).catch(() => undefined);
      if (stats === undefined) {
        problems.push(`the backend knows nothing of ${id}`);
        continue;
      }
      if (stats.starts !== 1) problems.push(`${id} was started ${stats.starts} times`);
      if (stats.tokensAfterStop !== 0) problems.push(`${id}: ${stats.tokensAfterStop} tokens after its stop`);
      if (round.plan.phase === "stopping") {
        if (stats.state !== "aborted") problems.push(`${id} was stopped, and the backend says ${stats.state}`);
        await after(250);
        const later = await this.#stats<GenerationStats>(`?id=${generation}`);
        if (later.tokens !== stats.tokens) problems.push(`${id} was stopped, and its tokens still grow`);
      } else if (stats.state !== "finished" || stats.tokens !== planned.tokens) {
        problems.push(`${id} is ${stats.state} with ${stats.tokens} of ${planned.tokens} tokens`);
      }
    }
    return problems;
  }

  /** What the gateway's lives said of a room. */
  #heard(room: string): string[] {
    return [...this.#lost, ...this.#gateway.output].filter((line) => line.includes(room)).slice(-12);
  }

  async #stats<T = { readonly started: number; readonly active: number }>(query = ""): Promise<T> {
    const response = await fetch(`${this.#stack.backend.url}/model/stats${query}`);
    if (!response.ok) throw new Error(`stats${query}: ${response.status}`);
    return (await response.json()) as T;
  }
}

/** One room, its tabs and its turns. */
class Round {
  readonly plan: RoundPlan;
  readonly room: string;
  readonly turns: readonly { readonly id: string; readonly planned: PlannedTurn }[];
  readonly #url: string;
  readonly #tabs: readonly ChatClient[];
  #killPoint = "";
  #isInPhase = true;
  #submittedAt = 0;
  #killedAt = 0;
  #lengthAtKill = 0;
  /** The tab has a socket to the restarted gateway: what it shows from here on is news. */
  #isBack = false;
  #syncMs: number | undefined;
  #growMs: number | undefined;
  #onOpen: () => void = () => undefined;

  constructor(plan: RoundPlan, url: string, room: string) {
    this.plan = plan;
    this.room = room;
    this.#url = url;
    this.turns = [plan.turn, ...(plan.second === undefined ? [] : [plan.second])].map((planned, index) => ({
      id: `turn-${index + 1}`,
      planned,
    }));
    const round = this;
    class TellingSocket extends WebSocket {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(address, protocols);
        this.addEventListener("open", () => round.#opened());
      }
    }
    // The moment it opens is what a round is planned by: no other transport will do.
    const tab = new ChatClient({ url, room, WebSocket: TellingSocket, transports: ["websocket"] });
    tab.subscribe(() => this.#watch());
    this.#tabs = plan.isWatched ? [tab, new ChatClient({ url, room })] : [tab];
  }

  get #tab(): ChatClient {
    return this.#tabs[0] as ChatClient;
  }

  get epoch(): string {
    return this.#tab.getSnapshot().view.epoch ?? "";
  }

  async online(): Promise<void> {
    for (const tab of this.#tabs) {
      const isOnline = await until(() => tab.getSnapshot().connection.state === "online", onlineTimeoutMs);
      if (!isOnline) throw new Error(`no connection to ${this.room}`);
    }
  }

  submit(): void {
    this.#submittedAt = performance.now();
    for (const { id, planned } of this.turns) {
      this.#tab.submit(planned.prompt, { turnId: id, provider: "echo", params: { ...planned.params } });
    }
  }

  askStop(): void {
    this.#tabs.at(-1)?.cancel(this.#first?.id ?? "");
  }

  /** Waits a little for a room that is late to where the kill should find it. */
  async reached(timeoutMs: number): Promise<void> {
    if (this.plan.phase === "before the first token") return;
    await until(() => {
      const isRunning = (this.#first?.length ?? 0) > 0;
      const second = this.turns[1]?.id;
      return isRunning && (second === undefined || this.#turn(second) !== undefined);
    }, timeoutMs);
  }

  /** The kill has just been sent. */
  killed(at: number): void {
    if (this.#killedAt === 0) this.observe();
    this.#killedAt = at;
    this.#isBack = false;
    this.#lengthAtKill = this.#first?.length ?? 0;
    this.#syncMs = undefined;
    this.#growMs = undefined;
  }

  /** Notes where the turn is, and whether that is where it should be. */
  observe(): void {
    const turn = this.#first;
    const length = turn?.length ?? 0;
    const isAgain = this.#killPoint !== "";
    const state = turn?.state ?? "sent";
    const since = `${Math.round(performance.now() - this.#submittedAt)} ms after the submit`;
    const point = `${state} ${length}/${this.plan.turn.answer.length} units, ${since}`;
    this.#killPoint = isAgain ? `${this.#killPoint}, then ${point}` : point;
    this.#isInPhase &&= this.#isPlanned(length, state, isAgain);
  }

  #isPlanned(length: number, state: string, isAgain: boolean): boolean {
    if (this.plan.phase === "before the first token") return length === 0;
    // What was not logged yet is lost in the first kill, which may be all of it.
    if (isAgain) return state !== "settled";
    const isWaiting = this.plan.second === undefined || this.#turn(this.turns[1]?.id ?? "")?.state === "queued";
    return length > 0 && state !== "settled" && isWaiting;
  }

  /** Resolves when the tab's next socket opens. */
  async reopened(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onOpen = resolve;
    const timer = setTimeout(resolve, onlineTimeoutMs);
    await promise;
    clearTimeout(timer);
  }

  /** Until every tab shows every turn settled, or for as long as is reasonable. */
  async rest(): Promise<void> {
    await until(
      () =>
        this.#tabs.every((tab) => {
          const { connection, turns, pending } = tab.getSnapshot();
          return (
            connection.state === "online" &&
            ((turns.length === this.turns.length && turns.every(({ state }) => state === "settled")) ||
              pending.some(({ refused }) => refused !== undefined))
          );
        }),
      settleTimeoutMs,
    );
  }

  /** What is wrong with what the tabs show, a fresh one among them. */
  async problems(): Promise<string[]> {
    const problems: string[] = [];
    const { pending, connection, error } = this.#tab.getSnapshot();
    for (const { id, refused } of pending) {
      problems.push(refused === undefined ? `${id} was never accepted` : `${id} was refused: ${refused.code}`);
    }
    if (connection.state !== "online") problems.push(`the tab is ${connection.state}`);
    if (error !== undefined) problems.push(`the tab was told ${error.code}`);
    for (const { id, planned } of this.turns) problems.push(...this.#judgeTurn(id, planned));

    const fresh = new ChatClient({ url: this.#url, room: this.room });
    try {
      if (!(await until(() => fresh.getSnapshot().connection.state === "online", onlineTimeoutMs))) {
        return [...problems, "a fresh tab gets no connection"];
      }
      for (const { id, state } of fresh.getSnapshot().turns) {
        if (state !== "settled") problems.push(`${id} is left ${state}`);
      }
      const seen = transcriptOf(fresh);
      for (const [index, tab] of this.#tabs.entries()) {
        if (transcriptOf(tab) !== seen)
          problems.push(`tab ${index + 1} and a fresh one differ: ${difference(tab, fresh)}`);
      }
    } finally {
      fresh.close();
    }
    return problems;
  }

  #judgeTurn(id: string, { answer }: PlannedTurn): string[] {
    const turn = this.#turn(id);
    if (turn === undefined) return [`${id} is not there`];
    const text = textOf(turn.parts);
    if (this.plan.phase === "stopping") {
      const problems: string[] = [];
      if (turn.outcome !== "cancelled") problems.push(`${id} is ${outcomeOf(turn)}, and it was stopped`);
      else if (turn.stop !== "confirmed") problems.push(`the stop of ${id} is ${turn.stop}`);
      if (!answer.startsWith(text)) problems.push(`the text of ${id} is wrong ${firstDifference(text, answer)}`);
      return problems;
    }
    if (turn.outcome !== "completed") return [`${id} is ${outcomeOf(turn)} with ${text.length}/${answer.length} units`];
    return text === answer ? [] : [`the text of ${id} is wrong ${firstDifference(text, answer)}`];
  }

  result(): Omit<RoundResult, "problems"> {
    const { seed, phase } = this.plan;
    const isCut = phase === "mid-answer" || phase === "resuming";
    return {
      seed,
      phase,
      killPoint: this.#killPoint,
      isInPhase: this.#isInPhase,
      syncMs: this.#syncMs,
      growMs: isCut ? this.#growMs : undefined,
    };
  }

  close(): void {
    for (const tab of this.#tabs) tab.close();
  }

  #opened(): void {
    this.#isBack = true;
    this.#onOpen();
  }

  #watch(): void {
    if (this.#killedAt === 0 || !this.#isBack) return;
    const ms = performance.now() - this.#killedAt;
    if (this.#tab.getSnapshot().connection.state === "online") this.#syncMs ??= ms;
    // Ended counts: a kill may leave nothing but the end to be told.
    const turn = this.#first;
    if (turn === undefined || this.#syncMs === undefined) return;
    if (turn.length > this.#lengthAtKill || turn.state === "settled") this.#growMs ??= ms;
  }

  get #first(): TurnView | undefined {
    return this.#turn(this.turns[0]?.id ?? "");
  }

  #turn(id: string): TurnView | undefined {
    return this.#tab.getSnapshot().turns.find((turn) => turn.id === id);
  }
}

/** Everything a transcript holds that every tab must agree on. */
function transcriptOf(tab: ChatClient): string {
  const { epoch, seq, turns } = tab.getSnapshot().view;
  return JSON.stringify([epoch, seq, turns.map((turn) => facts(turn))]);
}

function facts(turn: TurnView): unknown {
  const { id, state, parts, length, input, author, createdAt, outcome, stop, finishReason, model, usage, error } = turn;
  return [id, state, parts, length, input, author, createdAt, outcome, stop, finishReason, model, usage, error];
}

function difference(one: ChatClient, other: ChatClient): string {
  const [a, b] = [transcriptOf(one), transcriptOf(other)];
  return firstDifference(a, b);
}

function firstDifference(is: string, should: string): string {
  let at = 0;
  while (at < is.length && is[at] === should[at]) at += 1;
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 30));
  return `at ${at} (${is.length} units, not ${should.length}): ${around(is)}, not ${around(should)}`;
}

function outcomeOf({ state, outcome, error }: TurnView): string {
  return outcome === undefined ? state : `${outcome}${error === undefined ? "" : ` (${error.code})`}`;
}

/** The name under which the backend knows a turn, from its own words in design §7 and not by the gateway's code. */
export function generationIdOf(room: string, epoch: string, turnId: string): string {
  return createHash("sha256")
    .update(JSON.stringify(["default", room, epoch, turnId]))
    .digest("base64url")
    .slice(0, 32);
}

/** Whether `done` came to hold in time. */
async function until(done: () => boolean, timeoutMs: number): Promise<boolean> {
  const endAt = performance.now() + timeoutMs;
  while (!done()) {
    if (performance.now() > endAt) return false;
    await after(10);
  }
  return true;
}
