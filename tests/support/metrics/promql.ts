/**
 * As much of PromQL as our alerts and dashboards use, read by Prometheus' own grammar: selectors, `rate` and `increase`,
 * `sum by`, `histogram_quantile`, arithmetic and comparisons between equal label sets. Anything else is an error, so that a
 * query nobody can evaluate here is not believed.
 */
import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import type { Scraped } from "./scrape.ts";

type Labels = Readonly<Record<string, string>>;

export interface Vector {
  readonly labels: Labels;
  readonly value: number;
}

interface Series {
  readonly name: string;
  readonly labels: Labels;
  readonly points: { readonly at: number; readonly value: number }[];
}

/** Scrapes, one after the other, as Prometheus would have them. Times in milliseconds. */
export class Recording {
  readonly #series = new Map<string, Series>();

  add(at: number, samples: readonly Scraped[]): void {
    for (const { name, labels, value } of samples) {
      const key = JSON.stringify([name, Object.entries(labels).sort()]);
      const series = this.#series.get(key) ?? { name, labels, points: [] };
      this.#series.set(key, series);
      series.points.push({ at, value });
    }
  }

  /** Series of a name that match, with their points of the time before `at`. */
  select(name: string, matches: (labels: Labels) => boolean, from: number, at: number): Series[] {
    return [...this.#series.values()]
      .filter((series) => series.name === name && matches(series.labels))
      .map((series) => ({ ...series, points: series.points.filter((point) => point.at > from && point.at <= at) }))
      .filter(({ points }) => points.length > 0);
  }
}

/** Names of the metrics that a query asks for. Throws where it is no PromQL. */
export function metricsIn(query: string): string[] {
  const names: string[] = [];
  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${query}`);
      if (node.name === "Identifier") names.push(query.slice(node.from, node.to));
    },
  });
  return names;
}

/** The query's value at a time. */
export function evaluate(query: string, recording: Recording, at: number): Vector[] {
  metricsIn(query);
  const root = parser.parse(query).topNode.firstChild;
  if (root === null) throw new Error("an empty query");
  const result = new Evaluation(query, recording, at).of(root);
  return typeof result === "number" ? [{ labels: {}, value: result }] : result;
}

/** How long a sample is good for. */
const staleMs = 300_000;

class Evaluation {
  readonly #query: string;
  readonly #recording: Recording;
  readonly #at: number;

  constructor(query: string, recording: Recording, at: number) {
    this.#query = query;
    this.#recording = recording;
    this.#at = at;
  }

  of(node: SyntaxNode): number | Vector[] {
    switch (node.name) {
      case "NumberDurationLiteral":
        return Number(this.#text(node));
      case "ParenExpr":
        return this.of(childOf(node, 0));
      case "VectorSelector":
        return this.#select(node, staleMs).map(({ labels, points }) => ({ labels, value: points.at(-1)?.value ?? 0 }));
      case "FunctionCall":
        return this.#call(node);
      case "AggregateExpr":
        return this.#sum(node);
      case "BinaryExpr":
        return this.#binary(node);
      default:
        throw new Error(`not evaluated here: ${node.name} in ${this.#query}`);
    }
  }

  #vector(node: SyntaxNode): Vector[] {
    const value = this.of(node);
    if (typeof value === "number") throw new Error(`a number where a vector is needed: ${this.#query}`);
    return value;
  }

  #call(node: SyntaxNode): Vector[] {
    const name = this.#text(childOf(node, 0));
    const [first, second] = childrenOf(childOf(node, 1));
    if (first === undefined) throw new Error(`${name} of nothing`);
    if (name === "rate" || name === "increase") return this.#increase(first, name === "rate");
    if (name !== "histogram_quantile" || second === undefined) throw new Error(`not evaluated here: ${name}`);
    return quantiles(Number(this.#text(first)), this.#vector(second));
  }

  #increase(matrix: SyntaxNode, perSecond: boolean): Vector[] {
    const [selector, range] = childrenOf(matrix);
    if (selector === undefined || range === undefined) throw new Error(`a range is needed: ${this.#query}`);
    const ms = durationOf(this.#text(range));
    return this.#select(selector, ms).flatMap(({ labels, points }) => {
      const [first, last] = [points[0], points.at(-1)];
      if (first === undefined || last === undefined || points.length < 2) return [];
      // A counter that falls began anew: what it shows has been added since.
      const grown = points.reduce((sum, { value }, index) => {
        const before = points[index - 1]?.value;
        return sum + (before === undefined ? 0 : value < before ? value : value - before);
      }, 0);
      const seconds = (last.at - first.at) / 1_000;
      return [{ labels, value: perSecond ? grown / seconds : (grown / seconds) * (ms / 1_000) }];
    });
  }

  #select(node: SyntaxNode, forMs: number): Series[] {
    const name = this.#text(childOf(node, 0));
    const matchers = childrenOf(node)
      .filter((child) => child.name === "LabelMatchers")
      .flatMap(childrenOf)
      .map((matcher) => {
        const [label = "", op = "", value = ""] = childrenOf(matcher).map((part) => this.#text(part));
        return matcherOf(label, op, value.slice(1, -1));
      });
    const matches = (labels: Labels) => matchers.every((matcher) => matcher(labels));
    return this.#recording.select(name, matches, this.#at - forMs, this.#at);
  }

  #sum(node: SyntaxNode): Vector[] {
    const children = childrenOf(node);
    const body = children.find(({ name }) => name === "FunctionCallBody");
    if (this.#text(childOf(node, 0)) !== "sum" || body === undefined) throw new Error(`only sums: ${this.#query}`);
    const grouping = children.flatMap(childrenOf).filter(({ name }) => name === "GroupingLabels");
    const by = grouping.flatMap(childrenOf).map((label) => this.#text(label));
    const sums = new Map<string, { labels: Labels; value: number }>();
    for (const { labels, value } of this.#vector(childOf(body, 0))) {
      const kept = Object.fromEntries(by.flatMap((label) => (label in labels ? [[label, labels[label] ?? ""]] : [])));
      const key = JSON.stringify(kept);
      sums.set(key, { labels: kept, value: (sums.get(key)?.value ?? 0) + value });
    }
    return [...sums.values()];
  }

  #binary(node: SyntaxNode): number | Vector[] {
    const [leftNode, opNode, rightNode] = childrenOf(node);
    if (leftNode === undefined || opNode === undefined || rightNode === undefined) throw new Error(this.#query);
    const op = this.#text(opNode);
    const [left, right] = [this.of(leftNode), this.of(rightNode)];
    if (typeof left === "number" && typeof right === "number") return apply(op, left, right) ?? Number.NaN;
    const pairs: [Labels, number, number][] = [];
    if (typeof right === "number") for (const { labels, value } of left as Vector[]) pairs.push([labels, value, right]);
    else if (typeof left === "number") for (const { labels, value } of right) pairs.push([labels, left, value]);
    else {
      for (const { labels, value } of left) {
        const other = right.find((candidate) => sameLabels(candidate.labels, labels));
        if (other !== undefined) pairs.push([labels, value, other.value]);
      }
    }
    return pairs.flatMap(([labels, a, b]) => {
      const value = apply(op, a, b);
      return value === undefined ? [] : [{ labels, value }];
    });
  }

  #text(node: SyntaxNode): string {
    return this.#query.slice(node.from, node.to);
  }
}

/** Undefined: a comparison that does not hold. */
function apply(op: string, a: number, b: number): number | undefined {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case ">":
      return a > b ? a : undefined;
    case "<":
      return a < b ? a : undefined;
    case "==":
      return a === b ? a : undefined;
    default:
      throw new Error(`not evaluated here: ${op}`);
  }
}

/** https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile */
function quantiles(q: number, buckets: readonly Vector[]): Vector[] {
  const groups = new Map<string, { labels: Labels; bounds: { le: number; count: number }[] }>();
  for (const { labels, value } of buckets) {
    const { le = "", ...rest } = labels;
    const key = JSON.stringify(rest);
    const group = groups.get(key) ?? { labels: rest, bounds: [] };
    groups.set(key, group);
    group.bounds.push({ le: le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le), count: value });
  }
  return [...groups.values()].map(({ labels, bounds }) => {
    bounds.sort((a, b) => a.le - b.le);
    const rank = q * (bounds.at(-1)?.count ?? 0);
    const index = bounds.findIndex(({ count }) => count >= rank);
    const [before, bound] = [bounds[index - 1] ?? { le: 0, count: 0 }, bounds[index]];
    if (bound === undefined || rank === 0) return { labels, value: Number.NaN };
    if (bound.le === Number.POSITIVE_INFINITY) return { labels, value: before.le };
    const share = (rank - before.count) / (bound.count - before.count);
    return { labels, value: before.le + (bound.le - before.le) * share };
  });
}

function matcherOf(label: string, op: string, value: string): (labels: Labels) => boolean {
  const pattern = new RegExp(`^(?:${value})$`);
  switch (op) {
    case "=":
      return (labels) => (labels[label] ?? "") === value;
    case "!=":
      return (labels) => (labels[label] ?? "") !== value;
    case "=~":
      return (labels) => pattern.test(labels[label] ?? "");
    case "!~":
      return (labels) => !pattern.test(labels[label] ?? "");
    default:
      throw new Error(`not evaluated here: ${op}`);
  }
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `5m` in milliseconds. */
export function durationOf(text: string): number {
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = units[unit];
  if (count === undefined || ms === undefined) throw new Error(`no duration: ${text}`);
  return Number(count) * ms;
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function childOf(node: SyntaxNode, index: number): SyntaxNode {
  const child = childrenOf(node)[index];
  if (child === undefined) throw new Error(`${node.name} has no part ${index}`);
  return child;
}

function sameLabels(a: Labels, b: Labels): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}
