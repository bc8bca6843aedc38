/**
 * Traces (OpenTelemetry): each answered call is a span that continues the gateway's, by its `traceparent`
 * (https://www.w3.org/TR/trace-context/). Exported where `OTEL_EXPORTER_OTLP_ENDPOINT` says; without it nothing is recorded.
 * The names follow the conventions for generative AI; what was said is in no span.
 */
import { type Attributes, type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { catchError, finalize, type Observable, throwError } from "rxjs";

/** Soon enough to be looked at while it is fresh; few requests all the same. */
const exportEveryMs = 1_000;

export interface Answer {
  /** The header, as it came. */
  readonly traceparent: string | undefined;
  readonly provider: string;
  readonly model: string;
  readonly isResume: boolean;
}

export class Tracing {
  readonly #provider: TracerProvider | undefined;
  readonly #propagator = new W3CTraceContextPropagator();

  /** @param endpoint base URL of an OTLP/HTTP collector, such as `http://127.0.0.1:4318`; undefined records nothing. */
  constructor(endpoint: string | undefined) {
    if (endpoint === undefined) return;
    const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` });
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(resourceFromAttributes({ "service.name": "nest-gateway-example" })),
      spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: exportEveryMs })],
    });
  }

  /** Opens an answer within a span that ends with it: at its last event, its error, or its reader's leaving. */
  async follow<T>(answer: Answer, open: () => Promise<Observable<T>>): Promise<Observable<T>> {
    const span = this.#begin(answer);
    if (span === undefined) return open();
    try {
      const events = await open();
      return events.pipe(
        catchError((error: unknown) => {
          fail(span, error);
          return throwError(() => error);
        }),
        finalize(() => span.end()),
      );
    } catch (error) {
      fail(span, error);
      span.end();
      throw error;
    }
  }

  /** Sends what has not been sent. */
  async close(): Promise<void> {
    await this.#provider?.shutdown();
  }

  #begin({ traceparent, provider, model, isResume }: Answer): Span | undefined {
    const attributes: Attributes = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": provider,
      "edge_chat.resume": isResume,
      "gen_ai.request.model": model,
    };
    return this.#provider
      ?.getTracer("nest-gateway-example")
      .startSpan(`chat ${model}`, { kind: SpanKind.SERVER, attributes }, this.#parentOf(traceparent));
  }

  #parentOf(traceparent: string | undefined): Context {
    return this.#propagator.extract(
      ROOT_CONTEXT,
      { traceparent },
      {
        get: (carrier: { traceparent: string | undefined }, key) =>
          key === "traceparent" ? carrier.traceparent : undefined,
        keys: () => ["traceparent"],
      },
    );
  }
}

function fail(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
