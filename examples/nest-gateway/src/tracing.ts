/**
 * Traces (OpenTelemetry): each answered call is a span that continues the gateway's, by its `traceparent`
 * (https://www.w3.org/TR/trace-context/). Exported where `OTEL_EXPORTER_OTLP_ENDPOINT` says; without it nothing is recorded.
 * The names follow the conventions for generative AI; what was said is in no span.
 */

import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from "@nestjs/common";
import { type Attributes, type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { type Observable, tap } from "rxjs";
import { Providers } from "./providers/providers.ts";

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

  /** Begins the span of an answer, which the caller ends. Undefined where nothing is recorded. */
  begin({ traceparent, provider, model, isResume }: Answer): Span | undefined {
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

  /** Sends what has not been sent. */
  async close(): Promise<void> {
    await this.#provider?.shutdown();
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

/** Follows each answer with a span that ends with its stream: at the last event, or when the reader leaves. */
@Injectable()
export class TracingInterceptor implements NestInterceptor {
  readonly #tracing: Tracing;
  readonly #providers: Providers;

  constructor(@Inject(Tracing) tracing: Tracing, @Inject(Providers) providers: Providers) {
    this.#tracing = tracing;
    this.#providers = providers;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method, headers, body, query } = context.switchToHttp().getRequest<AskedRequest>();
    if (method === "DELETE") return next.handle();
    const answer = this.#answerOf(method === "POST" ? body : query);
    const span =
      answer &&
      this.#tracing.begin({
        ...answer,
        traceparent: headers["traceparent"],
        isResume: Boolean(headers["last-event-id"]),
      });
    if (span === undefined) return next.handle();
    return next.handle().pipe(
      tap({
        next: (answered) => {
          if (answered instanceof StreamableFile) answered.getStream().once("close", () => span.end());
        },
        error: (error: unknown) => {
          fail(span, error);
          span.end();
        },
      }),
    );
  }

  /** Undefined for what the route refuses. */
  #answerOf(asked: unknown): { provider: string; model: string } | undefined {
    const named = asked as { provider?: string; model?: string } | undefined;
    try {
      const { provider, model } = this.#providers.choose({ provider: named?.provider, model: named?.model });
      return { provider: provider.id, model };
    } catch {
      return undefined; // The route says why.
    }
  }
}

interface AskedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly query?: unknown;
}

function fail(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
