/**
 * The parts of pages that a whole run of the bench writes, between two comments, each in its page's language: in the README what was
 * promised and what came of it, in the guide what each hop between backend and tab costs. Nobody writes a figure there by hand;
 * tests/docs/bench.test.ts holds the pages against results.json.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { spread } from "../stats.ts";
import { formatBound, formatSpread, verdictWord } from "./report.ts";
import { type Results, valuesOf } from "./results.ts";
import { table } from "./table.ts";
import { verdicts } from "./targets.ts";

type Language = "en" | "zh-CN";

export interface QuotingPage {
  /** From the project's root. */
  readonly path: string;
  readonly language: Language;
  readonly figures: (results: Results, language: Language) => readonly string[];
}

export const quotingPages: readonly QuotingPage[] = [
  { path: "README.md", language: "en", figures: promises },
  { path: "README.zh-CN.md", language: "zh-CN", figures: promises },
  { path: "docs/guide.md", language: "en", figures: hops },
  { path: "docs/guide.zh-CN.md", language: "zh-CN", figures: hops },
];

const begin = "<!-- written by npm run bench -->";
const end = "<!-- until here -->";

/** Between the comments where no whole run is recorded. */
const nothingYet = {
  en: "No whole run on a quiet machine is recorded yet.",
  "zh-CN": "尚无在空闲机器上完成的整轮结果。",
} as const;

/** What the page's part has to say of these results. */
export function partOf({ path, language, figures }: QuotingPage, results: Results | undefined): string {
  if (results === undefined) return nothingYet[language];
  const report = `${path.includes("/") ? "../" : ""}bench/results.md`;
  return [...figures(results, language), "", madeOn(results, language, report)].join("\n");
}

/** @throws where the page has no place for it. */
export function withPart(page: string, part: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page has no part between "${begin}" and "${end}"`);
  return `${page.slice(0, from + begin.length)}\n\n${part}\n\n${page.slice(to)}`;
}

/** Into each of the pages. */
export async function writePages(results: Results): Promise<void> {
  for (const page of quotingPages) {
    const file = join(import.meta.dirname, "../../..", page.path);
    await writeFile(file, withPart(await readFile(file, "utf8"), partOf(page, results)));
  }
}

function madeOn({ date, commit, machine }: Results, language: Language, report: string): string {
  const { cores, cpu, workerd } = machine;
  const isBusy = machine.loadBefore > 0.5;
  const day = date.slice(0, 10);
  return language === "en"
    ? `${day}, commit ${commit}, ${cores} cores of ${cpu}${isBusy ? ", **busy**" : ""}, workerd ${workerd}; medians of rounds taken in turns, with the smallest and largest. All figures: [bench/results.md](${report}).`
    : `${day}，提交 ${commit}，${cpu} 的 ${cores} 个核${isBusy ? "，**机器繁忙**" : ""}，workerd ${workerd}；各方案轮流测量，取各轮的中位数，括号内为最小值与最大值。全部数字：[bench/results.md](${report})。`;
}

const words = {
  en: {
    head: ["`edge-chat-gateway` over WebSocket", "promised", "measured", ""],
    unmeasured: "not measured",
    verdict: { met: "met", missed: (factor: string) => `missed by a factor of ${factor}` },
    hop: "between backend and tab",
  },
  "zh-CN": {
    head: ["`edge-chat-gateway`，WebSocket", "承诺", "实测", ""],
    unmeasured: "未测",
    verdict: { met: "达到", missed: (factor: string) => `未达到，差 ${factor} 倍` },
    hop: "后端与标签页之间",
  },
} as const;

/** Each promise, and what came of it. */
function promises(results: Results, language: Language): string[] {
  const { head, unmeasured, verdict: spoken } = words[language];
  const rows = verdicts(results).map((verdict) => [
    language === "en" ? verdict.target.text : verdict.target.chinese,
    formatBound(verdict.target),
    verdict.measured === undefined ? unmeasured : formatSpread(verdict.measured),
    verdictWord(verdict, spoken),
  ]);
  return table(head, rows);
}

/** What the guide's readers compare: the columns, by scenario and figure. */
const hopFigures = [
  { scenario: "first-token", figure: "firstP50", en: "first token p50, ms", "zh-CN": "首个 token p50，毫秒" },
  { scenario: "paced-20", figure: "ageP50", en: "latency p50, ms", "zh-CN": "延迟 p50，毫秒" },
  { scenario: "paced-20", figure: "ageP99", en: "latency p99, ms", "zh-CN": "延迟 p99，毫秒" },
  { scenario: "paced-20", figure: "cpuUs", en: "CPU a token, µs", "zh-CN": "每个 token 的 CPU，微秒" },
] as const;

/** By the contender's id. One that is not here keeps its English name. */
const chineseNames: Readonly<Record<string, string>> = {
  "nest-sse": "直连 NestJS（SSE）",
  "nest-ws": "NestJS 的 WebSocket 网关",
  copy: "无状态 Worker，原样透传",
  relay: "Durable Object，不解析直接转发",
  tanstack: "TanStack AI，持久流",
  "us-ws": "edge-chat-gateway，WebSocket",
  "us-sse": "edge-chat-gateway，SSE",
  "us-poll": "edge-chat-gateway，长轮询",
};

/** A row for each contender of which one of the figures is known. */
function hops(results: Results, language: Language): string[] {
  const rows = results.contenders.flatMap(({ id, label }) => {
    const cells = hopFigures.map(({ scenario, figure }) => {
      const values = valuesOf(results, scenario, id, figure);
      return values.length === 0 ? "–" : formatSpread(spread(values));
    });
    const name = language === "en" ? label : (chineseNames[id] ?? label);
    return cells.every((cell) => cell === "–") ? [] : [[name, ...cells]];
  });
  return table([words[language].hop, ...hopFigures.map((figure) => figure[language])], rows);
}
