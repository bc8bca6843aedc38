/** The client's fold as a part of the report: not a load on a server, so measured once for all, beside the scenarios. */
import type { ScenarioResult } from "../lib/report/results.ts";
import { median } from "../lib/stats.ts";
import type { Figures } from "../scenarios/scenario.ts";
import { foldSteps } from "./fold.ts";

/** Runs of each length in a round; the median counts. */
const runs = 5;

/** @param rounds after one that only compiles the code. */
export function measureFold(rounds: number): ScenarioResult {
  const measured = Array.from({ length: rounds + 1 }, foldOnce).slice(1);
  return {
    id: "fold",
    title: "The client's fold",
    about:
      "What a browser does with the frames of one answer, a frame for each token, in Node's engine. Linear means that a token of a long answer costs what one of a short answer does.",
    figures: [
      ...foldSteps.map(({ tokens }) => ({
        id: figureOf(tokens),
        label: `a token of ${tokens.toLocaleString("en")}`,
        unit: "ns",
        digits: 0,
      })),
      { id: "growth", label: "the longest against the shortest", unit: "", digits: 2 },
    ],
    entries: { "us-ws": { kind: "measured", rounds: measured } },
  };
}

function foldOnce(): Figures {
  const taken = new Map<number, number[]>(foldSteps.map(({ tokens }) => [tokens, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const { tokens, run: fold } of foldSteps) {
      const startedAt = process.hrtime.bigint();
      fold();
      taken.get(tokens)?.push(Number(process.hrtime.bigint() - startedAt) / tokens);
    }
  }
  const figures = [...taken].map(([tokens, ns]) => [figureOf(tokens), median(ns)] as const);
  return { ...Object.fromEntries(figures), growth: (figures.at(-1)?.[1] ?? 0) / (figures[0]?.[1] ?? 1) };
}

function figureOf(tokens: number): string {
  return `ns${tokens}`;
}
