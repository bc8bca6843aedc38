/** What was promised, as ratios (or differences) of figures of the same rounds; and whether a run holds it. */

import { ratios, type Spread, spread } from "../stats.ts";
import { type Results, valuesOf } from "./results.ts";

export interface Target {
  readonly text: string;
  readonly chinese: string;
  readonly scenario: string;
  readonly figure: string;
  readonly ours: string;
  /** Undefined: the figure itself is bounded. */
  readonly theirs?: string;
  readonly as: "ratio" | "difference" | "value";
  readonly bound: number;
  /** Whether more is better. */
  readonly atLeast?: true;
}

const us = { ours: "us-ws" } as const;

export const targets: readonly Target[] = [
  {
    ...us,
    text: "burst: CPU/token against AIChatAgent",
    chinese: "突发：每个 token 的 CPU，与 AIChatAgent 之比",
    scenario: "burst",
    figure: "cpuUs",
    theirs: "ai-chat-agent",
    as: "ratio",
    bound: 1 / 20,
  },
  {
    ...us,
    text: "burst: CPU/token against the unparsed relay",
    chinese: "突发：每个 token 的 CPU，与不解析的转发之比",
    scenario: "burst",
    figure: "cpuUs",
    theirs: "relay",
    as: "ratio",
    bound: 1 / 3,
  },
  {
    ...us,
    text: "20 rooms: latency p50 beyond NestJS directly, ms",
    chinese: "20 个房间：延迟 p50，比直连 NestJS 多出的毫秒数",
    scenario: "paced-20",
    figure: "ageP50",
    theirs: "nest-sse",
    as: "difference",
    bound: 1,
  },
  {
    ...us,
    text: "20 rooms: latency p99 against the stateless copy",
    chinese: "20 个房间：延迟 p99，与无状态透传之比",
    scenario: "paced-20",
    figure: "ageP99",
    theirs: "copy",
    as: "ratio",
    bound: 2,
  },
  {
    ...us,
    text: "20 rooms: CPU/token against the unparsed relay",
    chinese: "20 个房间：每个 token 的 CPU，与不解析的转发之比",
    scenario: "paced-20",
    figure: "cpuUs",
    theirs: "relay",
    as: "ratio",
    bound: 1.1,
  },
  {
    ...us,
    text: "20 rooms: CPU/token against AIChatAgent",
    chinese: "20 个房间：每个 token 的 CPU，与 AIChatAgent 之比",
    scenario: "paced-20",
    figure: "cpuUs",
    theirs: "ai-chat-agent",
    as: "ratio",
    bound: 1 / 4,
  },
  {
    ...us,
    text: "20 rooms: gap p99 against NestJS directly",
    chinese: "20 个房间：到达间隔 p99，与直连 NestJS 之比",
    scenario: "paced-20",
    figure: "gapP99",
    theirs: "nest-sse",
    as: "ratio",
    bound: 2,
  },
  {
    ...us,
    text: "first token p50 beyond the stateless copy, ms",
    chinese: "首个 token p50，比无状态透传多出的毫秒数",
    scenario: "first-token",
    figure: "firstP50",
    theirs: "copy",
    as: "difference",
    bound: 3,
  },
  {
    ...us,
    text: "20 tabs: delivered tokens/s against AIChatAgent",
    chinese: "20 个标签页：每秒送达的 token 数，与 AIChatAgent 之比",
    scenario: "fan-out-20",
    figure: "tokensPerSecond",
    theirs: "ai-chat-agent",
    as: "ratio",
    bound: 15,
    atLeast: true,
  },
  {
    ...us,
    text: "20 rooms: rows kept for 1,000 tokens",
    chinese: "20 个房间：每 1,000 个 token 存下的行数",
    scenario: "paced-20",
    figure: "logRows",
    as: "value",
    bound: 12,
  },
  {
    ...us,
    text: "the client's fold: a token of 100,000 against one of 10,000",
    chinese: "客户端合并帧：10 万 token 的回答中每个 token 的开销，与 1 万的之比",
    scenario: "fold",
    figure: "growth",
    as: "value",
    bound: 1.5,
  },
];

export interface Verdict {
  readonly target: Target;
  /** Undefined where one of the two was not measured. */
  readonly measured: Spread | undefined;
  readonly isMet: boolean;
}

export function verdicts(results: Results): Verdict[] {
  return targets.map((target) => {
    const ours = valuesOf(results, target.scenario, target.ours, target.figure);
    const theirs = target.theirs === undefined ? [] : valuesOf(results, target.scenario, target.theirs, target.figure);
    const values =
      target.as === "value"
        ? ours
        : target.as === "ratio"
          ? ratios(ours, theirs)
          : ours.flatMap((value, round) => (theirs[round] === undefined ? [] : [value - theirs[round]]));
    if (values.length === 0) return { target, measured: undefined, isMet: false };
    const measured = spread(values);
    const isMet = target.atLeast === true ? measured.median >= target.bound : measured.median <= target.bound;
    return { target, measured, isMet };
  });
}
