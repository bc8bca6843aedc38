/**
 * W3C Trace Context: https://www.w3.org/TR/trace-context/. Who asks may say which trace a turn belongs to; a turn of nobody's
 * trace begins one. Ids come from the generation's id, so that a turn which is taken up again after a sleep goes on in the
 * same trace without anything stored for it.
 */
import { fingerprint } from "../../../../shared/fingerprint.ts";

export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const header = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

/** Undefined for what is no `traceparent`: a wrong one is as good as none (§4.3). */
export function parseTraceparent(value: unknown): TraceContext | undefined {
  const match = typeof value === "string" && value.length <= 256 ? header.exec(value.trim()) : null;
  if (match === null) return undefined;
  const [, traceId = "", spanId = "", flags = "00"] = match;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

/** Where a turn stands in its trace. */
export interface TurnContext extends TraceContext {
  /** The span of whoever asked. */
  readonly parentId?: string;
}

/** @param parent `traceparent` of whoever asked. @param samplePercent of a hundred traces that begin here, how many are recorded. */
export function turnContext(generationId: string, parent: unknown, samplePercent: number): TurnContext {
  const spanId = fingerprint([generationId, "turn"]);
  const from = parseTraceparent(parent);
  if (from !== undefined) return { traceId: from.traceId, spanId, sampled: from.sampled, parentId: from.spanId };
  const draw = fingerprint([generationId, "trace"]);
  const sampled = Number.parseInt(draw.slice(0, 8), 16) % 100 < samplePercent;
  return { traceId: draw + fingerprint([generationId, "trace", "low"]), spanId, sampled };
}

/** One call for the turn, as a span below the turn's. */
export function callContext(turn: TurnContext, generationId: string, call: string): TraceContext {
  return { traceId: turn.traceId, spanId: fingerprint([generationId, call]), sampled: turn.sampled };
}
