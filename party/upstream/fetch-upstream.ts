/**
 * The Upstream port over `fetch`: one HTTP request per attempt. A request adapter writes the request; the answer is an event
 * stream in one of the dialects (U5), or comes whole (U6). Statuses become failures with our codes, and the backend's own words
 * stay here (U4).
 */
import { defined } from "../../shared/defined.ts";
import { type Upstream, type UpstreamBatch, UpstreamFailure, type UpstreamRequest } from "../core/ports.ts";
import { systemClock } from "../platform/clock.ts";
import { BackendMemory } from "./backend-memory.ts";
import { promisedBy } from "./content-type.ts";
import type { MappingSettings } from "./dialects/mapping-settings.ts";
import type { DialectName } from "./dialects/names.ts";
import { malformed } from "./dialects/stream-event.ts";
import { refusalOf } from "./refused-response.ts";
import { type CallMethod, callFor, canGet, stopCallFor, type UpstreamCall } from "./requests/turn-request.ts";
import type { UpstreamSetting } from "./upstream-setting.ts";

/**
 * Reads an answer's body. Ends with a batch that has `end`, or without one where the stream was cut off; throws
 * `UpstreamFailure`. `contentType` is the header as the backend wrote it, "" where there is none. `isSized`: the response says
 * how long it is, so that a text in it is whole and not a stream.
 */
export type StreamReader = (
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  contentType: string,
  isSized?: boolean,
) => AsyncIterable<UpstreamBatch>;

/**
 * Makes a reader of streams in this dialect, read by the mapping where there is one. `known`: ids of calls and approvals in the
 * answer that is continued.
 */
export type ReaderOf = (
  dialect: DialectName,
  mapping: MappingSettings | undefined,
  known: readonly string[],
) => StreamReader;

export interface UpstreamConfig {
  /** Asked before each call, because a tenant's settings may change while its rooms are open. */
  readonly setting: () => UpstreamSetting | Promise<UpstreamSetting>;
  readonly readerOf: ReaderOf;
  readonly room: string;
  /** The headers that identify the caller to the backend. Rejects where they cannot be had. */
  readonly authorize: (call: AuthorizedCall) => Promise<Readonly<Record<string, string>>>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Default: what this isolate has learned. */
  readonly memory?: BackendMemory;
}

/** A call that is about to be made, with everything that a token may be bound to. */
export interface AuthorizedCall extends CalledAs {
  readonly generationId: string;
  /** The subject that asked; undefined for a stop of a turn that an earlier life of the room opened. */
  readonly user: string | undefined;
}

/** How the call is made. */
export interface CalledAs {
  readonly method: UpstreamCall["method"];
  readonly url: string;
  readonly body?: string;
}

const isolateMemory = new BackendMemory(systemClock);

/** Statuses with which a server says that it doesn't serve this method here. */
const noSuchRoute: ReadonlySet<number> = new Set([404, 405]);

/** Turns whose identity a later stop may need; the oldest is dropped. */
const maxOpened = 64;

type Opened = Pick<UpstreamRequest, "user" | "conversation">;

export class FetchUpstream implements Upstream {
  readonly #config: UpstreamConfig;
  readonly #memory: BackendMemory;
  /** By generation. */
  readonly #opened = new Map<string, Opened>();

  constructor(config: UpstreamConfig) {
    this.#config = config;
    this.#memory = config.memory ?? isolateMemory;
  }

  async open(request: UpstreamRequest, signal: AbortSignal): Promise<AsyncIterable<UpstreamBatch>> {
    this.#remember(request);
    const setting = await this.#config.setting();
    const address = setting.base + setting.request.path;
    const method = this.#methodFor(setting, address);
    const response = await this.#ask(request, setting, method, signal);
    if (setting.request.method !== "auto") return this.#answerIn(response, setting, request, signal);
    if (method === "POST" && noSuchRoute.has(response.status) && canGet(setting.request)) {
      await response.body?.cancel();
      return this.#fallBack(request, setting, address, signal);
    }
    // A backend that no longer answers the method it answered is asked the other way next time.
    if (noSuchRoute.has(response.status)) this.#memory.learnMethod(address, undefined);
    const answer = await this.#answerIn(response, setting, request, signal);
    this.#memory.learnMethod(address, method);
    return answer;
  }

  async stop(generationId: string, signal: AbortSignal): Promise<"confirmed" | "unsupported"> {
    const setting = await this.#config.setting();
    const { user, conversation } = this.#opened.get(generationId) ?? {};
    const facts = { generationId, room: this.#config.room, ...defined({ user, conversation }) };
    const call = stopCallFor(facts, setting.request);
    const address = `${setting.base}${setting.request.stop?.path}`;
    if (call === undefined || this.#memory.lacksStop(address)) return "unsupported";
    // A backend that only knows GET has no contract, and so no route to stop by.
    const isAsked = this.#methodFor(setting, setting.base + setting.request.path);
    if (isAsked === "GET" && setting.request.method === "auto") return "unsupported";
    const response = await this.#send(call, setting.base, { generationId, user }, signal).catch(unlessLost);
    if (response === undefined) return "unsupported";
    if (response.ok) {
      await response.body?.cancel();
      this.#memory.learnStop(address, true);
      return "confirmed";
    }
    if (!noSuchRoute.has(response.status)) throw await refusalOf(response, signal);
    await response.body?.cancel();
    this.#memory.learnStop(address, false);
    return "unsupported";
  }

  #methodFor({ request }: UpstreamSetting, address: string): CallMethod {
    return request.method === "auto" ? (this.#memory.methodOf(address) ?? "POST") : request.method;
  }

  /** The backend has no POST here: it is asked by GET, once, and from now on where it answers that. */
  async #fallBack(
    request: UpstreamRequest,
    setting: UpstreamSetting,
    address: string,
    signal: AbortSignal,
  ): Promise<AsyncIterable<UpstreamBatch>> {
    const response = await this.#ask(request, setting, "GET", signal);
    try {
      const answer = await this.#answerIn(response, setting, request, signal);
      this.#memory.learnMethod(address, "GET");
      return answer;
    } catch (error) {
      // "Later" comes from a route that exists.
      if (error instanceof UpstreamFailure && error.retryable) this.#memory.learnMethod(address, "GET");
      throw error;
    }
  }

  #ask(request: UpstreamRequest, setting: UpstreamSetting, method: CallMethod, signal: AbortSignal): Promise<Response> {
    const call = callFor({ ...request, room: this.#config.room }, setting.request, method);
    const { generationId, user } = request;
    return this.#send(call, setting.base, { generationId, user }, signal);
  }

  async #send(
    { method, path, headers, body }: UpstreamCall,
    base: string,
    caller: Omit<AuthorizedCall, keyof CalledAs>,
    signal: AbortSignal,
  ): Promise<Response> {
    const url = base + path;
    try {
      const authorized = await this.#config.authorize({ ...caller, ...defined({ method, url, body }) });
      return await this.#config.fetch(url, {
        method,
        headers: { ...headers, ...authorized },
        ...defined({ body }),
        // A redirect would carry our headers to an address nobody configured.
        redirect: "manual",
        signal,
      });
    } catch (cause) {
      if (cause instanceof UpstreamFailure) throw cause;
      throw new UpstreamFailure("upstream-unreachable", true, { cause });
    }
  }

  async #answerIn(
    response: Response,
    setting: UpstreamSetting,
    request: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<AsyncIterable<UpstreamBatch>> {
    const { status } = response;
    // NestJS answers a POST with 201 where the handler forgot its HttpCode(200): it is an answer all the same.
    if (status !== 200 && status !== 201 && status !== 204 && status !== 205) throw await refusalOf(response, signal);
    try {
      return this.#batchesIn(response, setting, request, signal);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
  }

  #batchesIn(
    response: Response,
    setting: UpstreamSetting,
    request: UpstreamRequest,
    signal: AbortSignal,
  ): AsyncIterable<UpstreamBatch> {
    const { status, headers, body } = response;
    // Says on purpose that there is no answer; an empty body of another status is one that was cut off.
    if (status === 204 || status === 205) throw malformed(`status ${status}`);
    const contentType = headers.get("content-type") ?? "";
    // The runtime has undone these; what it cannot undo would be shown as it is.
    if (!/^(?:|identity|gzip|x-gzip|br)$/i.test(headers.get("content-encoding") ?? ""))
      throw malformed("content-encoding");
    if (promisedBy(contentType) === undefined) throw malformed(`content-type ${contentType}`);
    if (body === null) throw new UpstreamFailure("upstream-truncated", true, { cause: "no body" });
    const read = this.#config.readerOf(dialectOf(setting, headers), setting.mapping, knownCalls(request));
    return read(body, signal, contentType, headers.has("content-length"));
  }

  #remember({ generationId, user, conversation }: UpstreamRequest): void {
    this.#opened.delete(generationId);
    this.#opened.set(generationId, defined({ user, conversation }));
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > maxOpened && oldest !== undefined) this.#opened.delete(oldest);
  }
}

/** A stop that would need a token that is gone can't be sent. Any other failure stays one. */
function unlessLost(cause: unknown): undefined {
  if (cause instanceof UpstreamFailure && cause.code === "upstream-token-lost") return undefined;
  throw cause;
}

/** Ids of the calls and approvals in the answer that a request continues. */
function knownCalls({ messages }: UpstreamRequest): string[] {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return [];
  return (last.parts ?? []).flatMap((part) => {
    const { toolCallId, approval } = part as {
      readonly toolCallId?: unknown;
      readonly approval?: { readonly id?: unknown };
    };
    return [toolCallId, approval?.id].filter((id) => typeof id === "string");
  });
}

/** The AI SDK's own responses say their format in a header. A mapping reads the backend's events in its own way. */
function dialectOf({ dialect, mapping }: UpstreamSetting, headers: Headers): UpstreamSetting["dialect"] {
  const isUiMessage = headers.get("x-vercel-ai-ui-message-stream") === "v1";
  return dialect === "auto" && mapping === undefined && isUiMessage ? "ui-message" : dialect;
}
