/**
 * The Upstream port over `fetch`: one HTTP request an attempt. Its answer is an event stream in one of the
 * dialects (U5), or comes whole (U6). Statuses become failures with our codes; the backend's own words stay here (U4).
 */
import type { UpstreamRequestBody } from "../../shared/upstream-contract.ts";
import { type Upstream, type UpstreamBatch, UpstreamFailure, type UpstreamRequest } from "../core/ports.ts";
import { malformed } from "./dialects/dialect.ts";
import { overloadStatuses, retryAfter, retryableCode } from "./status.ts";
import { wholeAnswer, wholeKind } from "./whole-answer.ts";

/**
 * Reads an answer's body. Ends with a batch that has `end`, or without one where the stream was cut off; throws
 * `UpstreamFailure`. `contentType` is the header as the backend wrote it, "" where there is none.
 */
export type StreamReader = (
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  contentType: string,
) => AsyncIterable<UpstreamBatch>;

export interface UpstreamConfig {
  /** Base URL of the NestJS service, without a trailing slash. */
  readonly base: string;
  /** GET sends the last prompt only, for backends that take nothing else. */
  readonly method: "POST" | "GET";
  /** Makes batches of an event stream. */
  readonly read: StreamReader;
  readonly room: string;
  /** What shows the backend that a call about this generation is ours; rejects where that cannot be had. */
  readonly authorize: (generationId: string) => Promise<Readonly<Record<string, string>>>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

export class FetchUpstream implements Upstream {
  readonly #config: UpstreamConfig;
  /** Remembered for this life of the room: a backend without the stop route need not be asked at each stop (U7). */
  #takesNoStop = false;

  constructor(config: UpstreamConfig) {
    this.#config = config;
  }

  async open(request: UpstreamRequest, signal: AbortSignal): Promise<AsyncIterable<UpstreamBatch>> {
    const response = await this.#fetch(request.generationId, this.#urlOf(request), {
      method: this.#config.method,
      headers: headersOf(request, this.#config.method),
      ...(this.#config.method === "POST" ? { body: JSON.stringify(this.#bodyOf(request)) } : {}),
      // A redirect would carry our headers to an address nobody configured.
      redirect: "manual",
      signal,
    });
    try {
      return this.#answerIn(response, signal);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
  }

  async stop(generationId: string, signal: AbortSignal): Promise<"confirmed" | "unsupported"> {
    if (this.#takesNoStop || this.#config.method === "GET") return "unsupported";
    const url = `${this.#config.base}/model/chat/${encodeURIComponent(generationId)}`;
    const response = await this.#fetch(generationId, url, { method: "DELETE", redirect: "manual", signal });
    await response.body?.cancel();
    if (response.ok) return "confirmed";
    if (response.status !== 404 && response.status !== 405) throw failureOf(response);
    this.#takesNoStop = true;
    return "unsupported";
  }

  #answerIn(response: Response, signal: AbortSignal): AsyncIterable<UpstreamBatch> {
    const { status, headers, body } = response;
    // Says on purpose that there is no answer; an empty body of another status is one that was cut off.
    if (status === 204 || status === 205) throw malformed(`status ${status}`);
    // NestJS answers a POST with 201 where the handler forgot its HttpCode(200): it is an answer all the same.
    if (status !== 200 && status !== 201) throw failureOf(response);
    const contentType = headers.get("content-type") ?? "";
    const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
    // The runtime has undone these; what it cannot undo would be shown as it is.
    if (!/^(?:|identity|gzip|x-gzip|br)$/i.test(headers.get("content-encoding") ?? ""))
      throw malformed("content-encoding");
    const isStream = mediaType === "text/event-stream";
    const kind = wholeKind(mediaType);
    if (!isStream && kind === undefined) throw malformed(`content-type ${contentType}`);
    if (body === null) throw new UpstreamFailure("upstream-truncated", true, { cause: "no body" });
    if (kind === undefined) return this.#config.read(body, signal, contentType);
    const charset = /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1];
    return wholeAnswer(body, kind, charset, signal);
  }

  async #fetch(
    generationId: string,
    url: string,
    init: RequestInit & { headers?: Record<string, string> },
  ): Promise<Response> {
    try {
      const headers = { ...init.headers, ...(await this.#config.authorize(generationId)) };
      return await this.#config.fetch(url, { ...init, headers });
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
    // Strict backends refuse to send what is not listed.
    accept: "text/event-stream, application/json;q=0.9, text/plain;q=0.8",
    "idempotency-key": request.generationId,
    ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
    ...(method === "POST" ? { "content-type": "application/json" } : {}),
    ...(request.lastEventId === undefined ? {} : { "last-event-id": request.lastEventId }),
  };
}

/** U2: the statuses worth another try; everything else is the backend's final word (U4). */
function failureOf(response: Response): UpstreamFailure {
  const code = retryableCode(response.status);
  const cause = `status ${response.status}`;
  if (code === undefined) return new UpstreamFailure("upstream-rejected", false, { cause, byUpstream: true });
  const retryAfterMs = retryAfter(response.headers.get("retry-after"), Date.now());
  return new UpstreamFailure(code, true, {
    ...(overloadStatuses.has(response.status) ? { isOverload: true } : {}),
    cause,
    byUpstream: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
