/** What a run of the bench knows: the machine, and each contender's figures of each scenario, round by round. */
import type { Contender } from "../../contenders/contender.ts";
import type { FigureSpec, Figures, Scenario } from "../../scenarios/scenario.ts";

/** One contender in one scenario. */
export type Entry =
  | { readonly kind: "measured"; readonly rounds: readonly Figures[] }
  /** It cannot do this, or did not: the reason is shown. */
  | { readonly kind: "n/a"; readonly reason: string };

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly figures: readonly FigureSpec[];
  /** By the contender's id. */
  readonly entries: Readonly<Record<string, Entry>>;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly workerd: string;
  /** Load of the machine when the run began: about 0 where nothing else runs. */
  readonly loadBefore: number;
}

export interface Results {
  readonly date: string;
  readonly commit: string;
  readonly isQuick: boolean;
  readonly minutes: number;
  readonly machine: Machine;
  readonly contenders: readonly Pick<Contender, "id" | "label" | "about" | "isOurs" | "lacks">[];
  readonly scenarios: readonly ScenarioResult[];
}

/** A figure's values by round; empty where there are none. */
export function valuesOf(results: Results, scenario: string, contender: string, figure: string): number[] {
  const entry = results.scenarios.find(({ id }) => id === scenario)?.entries[contender];
  if (entry?.kind !== "measured") return [];
  return entry.rounds.map((round) => round[figure] ?? Number.NaN).filter((value) => !Number.isNaN(value));
}

/** Why this contender cannot take part, or undefined. */
export function lackOf(contender: Contender, scenario: Pick<Scenario, "needs">): string | undefined {
  for (const ability of scenario.needs) if (contender.lacks[ability] !== undefined) return contender.lacks[ability];
  return undefined;
}
