/** The part of the README that a whole run of the bench writes: what was promised, what was measured, and on which machine. */
import { formatBound, formatSpread, verdictWord } from "./report.ts";
import type { Results } from "./results.ts";
import { table } from "./table.ts";
import { verdicts } from "./targets.ts";

const begin = "<!-- written by npm run bench -->";
const end = "<!-- until here -->";

export function headlineOf(results: Results): string {
  const { machine } = results;
  const rows = verdicts(results).map((verdict) => [
    verdict.target.text,
    formatBound(verdict.target),
    verdict.measured === undefined ? "not measured" : formatSpread(verdict.measured),
    verdictWord(verdict),
  ]);
  return [
    ...table(["`edge-chat-gateway` over WebSocket", "promised", "measured", ""], rows),
    "",
    `${results.date.slice(0, 10)}, commit ${results.commit}, ${machine.cores} cores of ${machine.cpu}${machine.loadBefore > 0.5 ? ", **busy**" : ""}, workerd ${machine.workerd}; medians of rounds taken in turns, with the smallest and largest. All figures: [bench/results.md](bench/results.md).`,
  ].join("\n");
}

/** @throws where the README has no place for it. */
export function withHeadline(readme: string, headline: string): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the README has no part between "${begin}" and "${end}"`);
  return `${readme.slice(0, from + begin.length)}\n\n${headline}\n\n${readme.slice(to)}`;
}
