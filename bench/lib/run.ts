/**
 * The rounds: every scenario with every contender, in turns, so that what the machine does to one it does to all. Each run has a
 * process and a folder of its own; the backend is one for all.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contender } from "../contenders/contender.ts";
import type { Figures, Scenario } from "../scenarios/scenario.ts";
import { type Entry, lackOf, type ScenarioResult } from "./report/results.ts";
import type { UpstreamProcess } from "./upstream.ts";

export interface Plan {
  readonly contenders: readonly Contender[];
  readonly scenarios: readonly Scenario[];
  readonly rounds: number;
  /** A run that takes longer is given up. */
  readonly timeoutMs: number;
  readonly onRun: (line: string) => void;
}

export async function runPlan(plan: Plan, upstream: UpstreamProcess): Promise<ScenarioResult[]> {
  const entries = new Map<string, Entry>();
  const keyOf = (scenario: Scenario, contender: Contender) => `${scenario.id} ${contender.id}`;
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const scenario of plan.scenarios) {
      if (round >= (scenario.maxRounds ?? plan.rounds)) continue;
      for (const contender of rotated(plan.contenders, round)) {
        const key = keyOf(scenario, contender);
        const before = entries.get(key);
        if (before?.kind === "n/a") continue;
        const entry = await runOnce(scenario, contender, upstream, plan.timeoutMs);
        entries.set(
          key,
          entry.kind === "n/a" || before === undefined
            ? entry
            : { ...entry, rounds: [...before.rounds, ...entry.rounds] },
        );
        const said = entry.kind === "n/a" ? `n/a: ${entry.reason}` : brief(entry.rounds[0], scenario);
        plan.onRun(`round ${round + 1}  ${scenario.id.padEnd(16)} ${contender.id.padEnd(14)} ${said}`);
      }
    }
  }
  return plan.scenarios.map((scenario) => ({
    id: scenario.id,
    title: scenario.title,
    about: scenario.about,
    figures: scenario.figures,
    entries: Object.fromEntries(
      plan.contenders.flatMap((contender) => {
        const entry = entries.get(keyOf(scenario, contender));
        return entry === undefined ? [] : [[contender.id, entry]];
      }),
    ),
  }));
}

/** Another one goes first in each round. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

async function runOnce(
  scenario: Scenario,
  contender: Contender,
  upstream: UpstreamProcess,
  timeoutMs: number,
): Promise<Entry> {
  const lack = lackOf(contender, scenario);
  if (lack !== undefined) return { kind: "n/a", reason: lack };
  const folder = await mkdtemp(join(tmpdir(), "edge-chat-bench-"));
  let timer: NodeJS.Timeout | undefined;
  try {
    const serving = await contender.start({ upstream: upstream.url, upstreamPid: upstream.pid, folder });
    try {
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(reject, timeoutMs, new Error(`not done after ${timeoutMs / 1_000} s`));
      });
      const figures = await Promise.race([scenario.run(serving), timeout]);
      return { kind: "measured", rounds: [withoutLacks(figures, scenario, contender)] };
    } finally {
      clearTimeout(timer);
      await serving.stop();
    }
  } catch (error) {
    return { kind: "n/a", reason: error instanceof Error ? (error.message.split("\n", 1)[0] ?? "failed") : "failed" };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function withoutLacks(figures: Figures, scenario: Scenario, contender: Contender): Figures {
  const can = scenario.figures.filter(({ needs }) => needs === undefined || contender.lacks[needs] === undefined);
  return Object.fromEntries(can.map(({ id }) => [id, figures[id] ?? Number.NaN]));
}

function brief(figures: Figures | undefined, { figures: specs }: Scenario): string {
  if (figures === undefined) return "";
  const shown = specs.filter(({ id }) => figures[id] !== undefined);
  return shown.map(({ id, label, digits, unit }) => `${label} ${(figures[id] ?? 0).toFixed(digits)}${unit}`).join("  ");
}
