/**
 * The Worker's own span: one request from its arrival to the head of its answer, named after its route. It continues the trace
 * that the client brings, or begins one, and what the request asks goes on below it. Names follow OpenTelemetry's conventions:
 * https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
import { defined } from "../../shared/defined.ts";
import { formatTraceparent, parseTraceparent, type TraceContext } from "../core/turn/trace/trace-context.ts";
import type { RequestSpan } from "./catalogue.ts";
import type { NativeTracing } from "./native-spans.ts";
import { asksBackend, type Route } from "./routes.ts";

/** Any other is one name, as clients make methods up. */
const methods: ReadonlySet<string> = new Set(["GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH"]);

export interface OpenRequestOptions {
  readonly route: Route;
  /** `TRACE_SAMPLE_PERCENT`: of a hundred traces that begin here, how many are recorded. */
  readonly samplePercent: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly tracing: NativeTracing | undefined;
}

/** A request that is being answered. */
export class OpenRequest {
  readonly #request: Request;
  readonly #options: OpenRequestOptions;
  readonly #context: TraceContext;
  readonly #parentId: string | undefined;
  readonly #native: ReturnType<NativeTracing["startSpan"]> | undefined;

  constructor(request: Request, options: OpenRequestOptions) {
    const parent = parseTraceparent(request.headers.get("traceparent"));
    const traceId = parent?.traceId ?? randomHex(16);
    const sampled = parent?.sampled ?? Number.parseInt(traceId.slice(0, 8), 16) % 100 < options.samplePercent;
    this.#request = request;
    this.#options = options;
    this.#context = { traceId, spanId: randomHex(8), sampled };
    this.#parentId = parent?.spanId;
    this.#native = sampled ? options.tracing?.startSpan(`${this.#method} ${options.route}`) : undefined;
  }

  /**
   * The request as it goes on. One that may ask the backend is told this span for a parent, in place of the client's; any other
   * is left as it is.
   */
  get onward(): Request {
    if (!asksBackend(this.#request.method, this.#options.route)) return this.#request;
    const headers = new Headers(this.#request.headers);
    headers.set("traceparent", formatTraceparent(this.#context));
    return new Request(this.#request, { headers });
  }

  /** @param code of an answer that is an error. Returns the span, undefined where nobody records the trace. */
  end(status: number, code: string | undefined, now: number): RequestSpan | undefined {
    const { traceId, spanId, sampled } = this.#context;
    if (!sampled) return undefined;
    // What a client did wrong is no error of the server's span.
    const error = status >= 500 ? (code ?? String(status)) : undefined;
    const attributes = {
      "http.request.method": this.#method,
      "http.route": this.#options.route,
      "http.response.status_code": status,
      ...defined({ "error.type": error }),
    };
    this.#native?.setAttributes({ ...attributes, "edge_chat.trace_id": traceId });
    if (error !== undefined) this.#native?.setStatus({ code: "error", message: error });
    this.#native?.end();
    return {
      ...{ name: "span", operation: "request", traceId, spanId },
      ...defined({ parentId: this.#parentId }),
      startAt: this.#options.now,
      endAt: now,
      ...defined({ error }),
      attributes,
    };
  }

  get #method(): string {
    const { method } = this.#request;
    return methods.has(method) ? method : "_OTHER";
  }
}

function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
