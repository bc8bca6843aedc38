/** What a million tokens cost with each contender: answers of 1,000 tokens at 50 a second, each to one tab. */

import { median } from "../stats.ts";
import { costOf, type Use } from "./cost.ts";
import { type Results, valuesOf } from "./results.ts";
import { table } from "./table.ts";

const answers = 1_000;
const tokensEach = 1_000;
const tokensPerSecond = 50;

/** What one answer uses. Rows kept stand for rows written, which they never exceed. */
export function useOfAnswer(kind: "worker" | "object", cpuUsPerToken: number, rows: number): Use {
  if (kind === "worker") return { workerRequests: 1, workerCpuMs: (cpuUsPerToken * tokensEach) / 1_000 };
  return {
    workerRequests: 1,
    objectRequests: 1,
    incomingMessages: 2,
    // Idle time while an object is eligible to hibernate isn't billed: cost.ts.
    awakeSeconds: tokensEach / tokensPerSecond,
    rowsWritten: rows,
  };
}

export function costTable(results: Results): string[] {
  const rows = results.contenders.flatMap(({ id, label, lacks }) => {
    const cpu = valuesOf(results, "paced-20", id, "cpuUs");
    if (lacks["own-process"] !== undefined || cpu.length === 0) return [];
    const kept = valuesOf(results, "paced-20", id, "rows");
    const use = useOfAnswer(id === "copy" ? "worker" : "object", median(cpu), kept.length === 0 ? 0 : median(kept));
    const dollars = answers * costOf(use);
    const awake = answers * costOf({ awakeSeconds: use.awakeSeconds ?? 0 });
    const written = answers * costOf({ rowsWritten: use.rowsWritten ?? 0 });
    return [[label, ...[dollars, awake, written].map((value) => `$${value.toFixed(4)}`)]];
  });
  return [
    `${answers.toLocaleString("en")} answers of ${tokensEach.toLocaleString("en")} tokens at ${tokensPerSecond} a second to one tab; beyond what the plan includes. An object is billed for the time in which it runs or can't hibernate, not for its CPU: two tabs of a room cost what one does. Rows are those kept.`,
    "",
    ...table(["", "all", "awake", "rows"], rows),
  ];
}
