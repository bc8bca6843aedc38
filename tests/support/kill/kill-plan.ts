/**
 * What happens in one round of the kill test, drawn from its seed alone: what is asked, who looks on, and where in the
 * turn's life the kill falls. Nothing here runs anything; `kill.ts` does.
 */
import { echoText } from "../../../examples/nest-gateway/src/providers/echo-text.ts";

/** Where the room's turn is when SIGKILL arrives. */
export type Phase = "before the first token" | "mid-answer" | "queued" | "stopping" | "resuming";

const [first, mid, queued, stopping, resuming]: readonly Phase[] = [
  "before the first token",
  "mid-answer",
  "queued",
  "stopping",
  "resuming",
];

/**
 * The phases of consecutive seeds: any 8 in a row hold 2 before the first token and 4 mid-answer, any 24 two of each other.
 * A table and not a draw, so that few rounds have the promised shares too.
 */
const phases = [
  ...[first, mid, queued, mid, first, mid, stopping, mid],
  ...[first, mid, resuming, mid, first, mid, queued, mid],
  ...[first, mid, stopping, mid, first, mid, resuming, mid],
] as readonly Phase[];

export const allPhases: readonly Phase[] = [...new Set(phases)];

export interface PlannedTurn {
  readonly prompt: string;
  /** The echo provider's. */
  readonly params: Readonly<Record<string, number>>;
  /** What must be there in the end, to the unit. */
  readonly answer: string;
  readonly tokens: number;
}

export interface RoundPlan {
  readonly seed: number;
  readonly phase: Phase;
  readonly turn: PlannedTurn;
  /** Asked right after the first, and waiting behind it when the kill comes. */
  readonly second?: PlannedTurn;
  /** The kill comes this long after the submit. */
  readonly leadMs: number;
  /** The stop is asked for this long before the kill. */
  readonly stopLeadMs?: number;
  /** The second kill comes this long after the tab's first socket to the restarted gateway has opened. */
  readonly secondKillMs?: number;
  /** A second tab looks on from the start; a stop is then asked for there. */
  readonly isWatched: boolean;
}

/** The same seed is the same round. */
export function planRound(seed: number): RoundPlan {
  const random = randomOf(seed);
  const between = (min: number, max: number) => min + random() * (max - min);
  const phase = phases[seed % phases.length] ?? mid ?? "mid-answer";
  const isWatched = random() < 0.3;
  // Half of the answers outlast the restart, so that the resume joins a live stream; the others are over by then.
  const seconds = random() < 0.5 ? between(3, 5) : between(6, 12);
  const ask = (answerSeconds: number, delays: Readonly<Record<string, number>> = {}) =>
    planTurn(random, answerSeconds, delays);
  switch (phase) {
    case "before the first token": {
      // Half right at the submit, most of them within milliseconds: the frame, the commit, the call are on their way.
      const leadMs = random() < 0.5 ? 80 * random() ** 3 : between(80, 2_500);
      const delayMs = Math.round(leadMs + between(1_500, 2_500));
      // Before the response's headers, or between `start` and the first token.
      const delays = random() < 0.5 ? { startDelayMs: delayMs } : { delayMs };
      return { seed, phase, turn: ask(Math.max(3, seconds - delayMs / 1_000), delays), leadMs, isWatched };
    }
    case "mid-answer":
      return { seed, phase, turn: ask(seconds), leadMs: between(0.1, 0.9) * Math.min(seconds, 5) * 1_000, isWatched };
    case "queued":
      return { seed, phase, turn: ask(between(3, 6)), second: ask(3), leadMs: between(400, 2_500), isWatched };
    case "stopping":
      // Far longer than any restart: a stop that came too late could not be told from one that was lost.
      return { seed, phase, turn: ask(60), leadMs: between(400, 2_500), stopLeadMs: 40 * random() ** 3, isWatched };
    case "resuming":
      return {
        seed,
        phase,
        turn: ask(between(8, 14)),
        leadMs: between(400, 2_000),
        secondKillMs: between(0, 150),
        isWatched,
      };
  }
}

function planTurn(random: () => number, seconds: number, delays: Readonly<Record<string, number>>): PlannedTurn {
  const chunkSize = 1 + Math.floor(random() * 6);
  // Some fast enough that log rows fill by size and not by time.
  const tokensPerSecond = Math.round(random() < 0.2 ? 150 + random() * 150 : 40 + random() * 60);
  const characters = Math.min(15_000, Math.ceil(seconds * tokensPerSecond * chunkSize));
  const prompt = textOf(random, characters);
  // Where the text had to be bounded the pace is slowed, so that the answer still lasts.
  const params = { chunkSize, tokensPerSecond: Math.min(tokensPerSecond, characters / chunkSize / seconds), ...delays };
  return { prompt, params, answer: echoText(params, prompt), tokens: Math.ceil(characters / chunkSize) };
}

/** Numbered, so that every cut and every doubling shows; scripts of one to four bytes, marks that join, pairs. */
const words = [
  "plain",
  "naïve",
  "Ελλάδα",
  "дорога",
  "网关",
  "残り",
  "한국",
  "भाषा",
  "سلام",
  "e\u0301",
  "😀",
  "👩‍👩‍👧‍👦",
  "🏳️‍🌈",
  "𝒳",
  "\n",
];

/** Exactly so many code points. */
function textOf(random: () => number, characters: number): string {
  const all: string[] = [];
  for (let index = 0; all.length < characters; index++) {
    all.push(...`${index}`, ...(words[Math.floor(random() * words.length)] ?? ""), " ");
  }
  return all.slice(0, characters).join("");
}

/** mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
