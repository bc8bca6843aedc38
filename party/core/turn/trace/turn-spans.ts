/**
 * A turn's spans: one for its time in the room from its start to its end, and one for each call to the upstream below it.
 * They are told when they end; what they are named and hold follows OpenTelemetry's conventions for generative AI:
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md
 */
import { defined } from "../../../../shared/defined.ts";
import type { SpanEvent, TurnFacts } from "../../events.ts";
import type { TurnRecord } from "../../log/turn-record.ts";
import { callContext, formatTraceparent, type TraceContext, type TurnContext } from "./trace-context.ts";

/** The facts of a turn that its spans carry. */
interface TracedTurn {
  readonly id: string;
  readonly record: TurnRecord;
  readonly model: string | undefined;
}

interface Call {
  readonly context: TraceContext;
  readonly at: number;
  readonly attempt: number;
  readonly resume: boolean;
}

export class TurnTrace {
  readonly #turn: TracedTurn;
  readonly #generationId: string;
  readonly #context: TurnContext;
  #call: Call | undefined;

  constructor(turn: TracedTurn, generationId: string, context: TurnContext) {
    this.#turn = turn;
    this.#generationId = generationId;
    this.#context = context;
  }

  get isRecorded(): boolean {
    return this.#context.sampled;
  }

  get traceId(): string {
    return this.#context.traceId;
  }

  /** Of the call that is under way, for the upstream to continue. */
  get traceparent(): string {
    return formatTraceparent(this.#call?.context ?? this.#context);
  }

  beginCall(attempt: number, resume: boolean, at: number): void {
    const name = `${resume ? "resume" : "attempt"}/${attempt}`;
    this.#call = { context: callContext(this.#context, this.#generationId, name), at, attempt, resume };
  }

  /** Undefined where no call was under way, or nobody records it. */
  endCall(at: number, error: string | undefined): SpanEvent | undefined {
    const call = this.#call;
    this.#call = undefined;
    if (call === undefined || !call.context.sampled) return undefined;
    return {
      ...{ name: "span", operation: "call", turnId: this.#turn.id, traceId: this.traceId },
      spanId: call.context.spanId,
      parentId: this.#context.spanId,
      startAt: call.at,
      endAt: at,
      ...defined({ error }),
      attributes: {
        ...this.#request(),
        "gen_ai.request.stream": true,
        "edge_chat.attempt": call.attempt,
        "edge_chat.resume": call.resume,
      },
    };
  }

  /** @param content the question and the answer as JSON, only where that was asked for. */
  endTurn(facts: TurnFacts, at: number, content?: { input: string; output: string }): SpanEvent | undefined {
    const { sampled, spanId, parentId } = this.#context;
    const { start, spec } = this.#turn.record;
    if (!sampled) return undefined;
    const { error, finishReason, firstTokenMs, inputTokens, outputTokens } = facts;
    return {
      ...{ name: "span", operation: "turn", turnId: this.#turn.id, traceId: this.traceId, spanId },
      ...defined({ parentId }),
      startAt: start?.at ?? spec.createdAt,
      endAt: at,
      ...defined({ error }),
      attributes: {
        ...this.#request(),
        "edge_chat.outcome": facts.outcome,
        ...defined({ "gen_ai.response.finish_reasons": finishReason }),
        ...(firstTokenMs === undefined ? {} : { "gen_ai.response.time_to_first_chunk": firstTokenMs / 1_000 }),
        ...defined({ "gen_ai.usage.input_tokens": inputTokens, "gen_ai.usage.output_tokens": outputTokens }),
        ...(content === undefined
          ? {}
          : { "gen_ai.input.messages": content.input, "gen_ai.output.messages": content.output }),
      },
    };
  }

  #request(): SpanEvent["attributes"] {
    const { provider, model } = this.#turn.record.spec;
    const named = this.#turn.model ?? model;
    return {
      "gen_ai.operation.name": "chat",
      ...defined({ "gen_ai.provider.name": provider, "gen_ai.request.model": named }),
    };
  }
}
