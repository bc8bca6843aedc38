/**
 * The Upstream port over `fetch`: one HTTP request an attempt, its SSE answer read with back-pressure and merged as far as
 * it is ready (U8). Statuses become failures with our codes; the backend's own words go no further than the log (U4).
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import type { UpstreamRequestBody } from "../../shared/upstream-contract.ts";
import { type Upstream, type UpstreamBatch, UpstreamFailure, type UpstreamRequest } from "../core/ports.ts";
import { BatchBuilder, readUnified } from "./unified.ts";

export interface UpstreamConfig {
  /** Base URL of the NestJS service, without a trailing slash. */
  readonly base: string;
  /** GET sends the last prompt only, for backends that take nothing else. */
  readonly method: "POST" | "GET";
  readonly room: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** One event larger than this is not an answer, it is a fault: in UTF-16 units. */
const maxEventUnits = 1_048_576;

export class FetchUpstream implements Upstream {
  readonly #config: UpstreamConfig;
  /** Remembered for this life of the room: a backend without the stop route need not be asked at each stop (U7). */
  #takesNoStop = false;

  constructor(config: UpstreamConfig) {
    this.#config = config;
  }

  async open(request: UpstreamRequest, signal: AbortSignal): Promise<AsyncIterable<UpstreamBatch>> {
    const response = await this.#fetch(this.#urlOf(request), {
      method: this.#config.method,
      headers: headersOf(request, this.#config.method),
      ...(this.#config.method === "POST" ? { body: JSON.stringify(this.#bodyOf(request)) } : {}),
      // A redirect would carry our headers to an address nobody configured.
      redirect: "manual",
      signal,
    });
    // NestJS answers a POST with 201 where the handler forgot its HttpCode(200): it is an answer all the same.
    if (response.status !== 200 && response.status !== 201) {
      await response.body?.cancel();
      throw failureOf(response);
    }
    const type = response.headers.get("content-type") ?? "";
    if (response.body === null || !/^text\/event-stream\b/i.test(type)) {
      await response.body?.cancel();
      throw new UpstreamFailure("upstream-malformed", false, { cause: `content-type ${type}` });
    }
    return batchesOf(response.body, signal);
  }

  async stop(generationId: string, signal: AbortSignal): Promise<"confirmed" | "unsupported"> {
    if (this.#takesNoStop || this.#config.method === "GET") return "unsupported";
    const url = `${this.#config.base}/model/chat/${encodeURIComponent(generationId)}`;
    const response = await this.#fetch(url, { method: "DELETE", redirect: "manual", signal });
    await response.body?.cancel();
    if (response.ok) return "confirmed";
    if (response.status !== 404 && response.status !== 405) throw failureOf(response);
    this.#takesNoStop = true;
    return "unsupported";
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#config.fetch(url, init);
    } catch (cause) {
      throw new UpstreamFailure("upstream-unreachable", true, { cause });
    }
  }

  #urlOf(request: UpstreamRequest): string {
    const url = `${this.#config.base}/model/chat`;
    if (this.#config.method === "POST") return url;
    const query = new URLSearchParams({ prompt: request.messages.at(-1)?.content ?? "" });
    if (request.provider !== undefined) query.set("provider", request.provider);
    return `${url}?${query}`;
  }

  #bodyOf(request: UpstreamRequest): UpstreamRequestBody {
    const { generationId, provider, model, messages, params } = request;
    return {
      generationId,
      room: this.#config.room,
      messages: [...messages],
      ...(provider === undefined ? {} : { provider }),
      ...(model === undefined ? {} : { model }),
      // Came as JSON from a parsed frame.
      ...(params === undefined ? {} : { params: params as NonNullable<UpstreamRequestBody["params"]> }),
    };
  }
}

function headersOf(request: UpstreamRequest, method: "POST" | "GET"): Record<string, string> {
  return {
    accept: "text/event-stream",
    "idempotency-key": request.generationId,
    ...(method === "POST" ? { "content-type": "application/json" } : {}),
    ...(request.lastEventId === undefined ? {} : { "last-event-id": request.lastEventId }),
  };
}

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  408: "upstream-unavailable",
  429: "upstream-rate-limited",
  500: "upstream-unavailable",
  502: "upstream-unavailable",
  503: "upstream-unavailable",
  504: "upstream-unavailable",
};

/** U2: the statuses worth another try; everything else is the backend's final word. */
function failureOf(response: Response): UpstreamFailure {
  const code = statusCodes[response.status];
  const cause = `status ${response.status}`;
  if (code === undefined) return new UpstreamFailure("upstream-rejected", false, { cause, byUpstream: true });
  const retryAfterMs = retryAfter(response.headers.get("retry-after"), Date.now());
  return new UpstreamFailure(code, true, {
    cause,
    byUpstream: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** `Retry-After` as ms from now: delay-seconds or an HTTP-date (RFC 9110 §10.2.3). Undefined where it says neither. */
export function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

async function* batchesOf(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<UpstreamBatch> {
  const builder = new BatchBuilder();
  let failure: UpstreamFailure | undefined;
  const parser = createParser({
    maxBufferSize: maxEventUnits,
    onEvent: (event) => {
      failure ??= readEvent(event, builder);
    },
    onError: (error) => {
      // Lines that are no field are ignored, as the format says; an event without end is not.
      if (error.type === "max-buffer-size-exceeded") failure ??= new UpstreamFailure("upstream-malformed", false);
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  // A body that is being read does not always notice the abort of its fetch; the reader does.
  const cancel = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", cancel, { once: true });
  try {
    while (failure === undefined) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      const batch = builder.take();
      yield batch;
      if (batch.end !== undefined) return;
    }
    throw failure;
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

/** Adds the event to the batch; a failure ends the answer after what came before it (U5). */
function readEvent(event: EventSourceMessage, builder: BatchBuilder): UpstreamFailure | undefined {
  try {
    readUnified(event.event, event.data, builder);
    if (event.id !== undefined && event.id !== "") builder.eventId(event.id);
    return undefined;
  } catch (error) {
    return error instanceof UpstreamFailure
      ? error
      : new UpstreamFailure("upstream-malformed", false, { cause: error });
  }
}
