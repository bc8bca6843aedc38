/**
 * A room's spans in the platform's own traces, where it has them: the calls that the platform records by itself (fetches,
 * storage) then stand beside what they were for. Those traces have ids of their own; ours is an attribute.
 * https://developers.cloudflare.com/workers/observability/traces/custom-spans/
 */
import type { SpanEvent } from "../core/events.ts";
import type { Sink } from "./sink.ts";

/** What is used of the runtime's span. */
interface NativeSpan {
  setAttributes(attributes: Record<string, string | number | boolean>): unknown;
  setStatus(status: { code: "error"; message: string }): unknown;
  end(): void;
}

/** What is used of `tracing` of `cloudflare:workers`. */
export interface NativeTracing {
  startSpan(name: string): NativeSpan;
}

/** Undefined where the runtime has none: older ones, PartyKit, tests. @param runtime the module `cloudflare:workers`. */
export function nativeTracingOf(runtime: object): NativeTracing | undefined {
  if (!("tracing" in runtime)) return undefined;
  const { tracing } = runtime;
  const hasSpans = typeof tracing === "object" && tracing !== null && "startSpan" in tracing;
  return hasSpans && typeof tracing.startSpan === "function" ? (tracing as NativeTracing) : undefined;
}

/** Begins a span when its work begins, as the platform takes no times of ours, and ends it with what is known then. */
export function nativeSpanSink(tracing: NativeTracing): Sink {
  const open = new Map<string, NativeSpan>();
  const begin = (key: string, name: string) => {
    open.get(key)?.end();
    open.set(key, tracing.startSpan(name));
  };
  const end = (key: string, span: SpanEvent | undefined) => {
    const native = open.get(key);
    open.delete(key);
    if (native === undefined) return;
    if (span !== undefined) {
      const { traceId, turnId, attributes, error } = span;
      native.setAttributes({ ...attributes, "edge_chat.trace_id": traceId, "edge_chat.turn_id": turnId });
      if (error !== undefined) native.setStatus({ code: "error", message: error });
    }
    native.end();
  };
  return ({ event }) => {
    if (event.name === "turn-started") begin(`turn/${event.turnId}`, "turn");
    else if (event.name === "upstream-attempt") begin(`call/${event.turnId}`, "chat");
    else if (event.name === "span" && event.operation !== "request") end(`${event.operation}/${event.turnId}`, event);
    // Nobody records this trace: what is open ends with the turn. One that is recorded is told of after this.
    else if (event.name === "turn-settled" && event.isTraced !== true) {
      end(`call/${event.turnId}`, undefined);
      end(`turn/${event.turnId}`, undefined);
    }
  };
}
