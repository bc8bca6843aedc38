/**
 * Requests to a room: with a token, bounded in time, and with a clear distinction between the room's refusal (RFC 9457), the
 * answer of something in its place (a proxy's page), and no answer.
 */
import { defined } from "../../../shared/defined.ts";
import { ERRORS, type ErrorCode, isErrorCode } from "../../../shared/protocol/errors.ts";
import type { RequestOptions } from "../../api/api.ts";
import { gatewayHref } from "../gateway-url.ts";
import type { RoomAddress } from "../room-address.ts";
import type { Obstacle, TransportEnd } from "../transport.ts";

export interface RoomRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Below the room's own address, such as `/turns`. */
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** The room refused the request and gave a reason. */
export class RoomRefusal extends Error {
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, retryAfterMs: number | undefined) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Something else than the room answered: a proxy, a firewall, a sign-in page. */
export class ForeignAnswer extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}, not from the gateway`);
    this.status = status;
  }

  /** The same request may get through later: the gateway restarts, or a proxy can't reach it. */
  get isPassing(): boolean {
    return this.status >= 500 ? this.status !== 501 : [408, 425, 429].includes(this.status);
  }
}

/** No token could be obtained. */
export class TokenFault extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** The message of whatever was thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

export function roomHref({ gateway, room }: RoomAddress): string {
  return `${gatewayHref(gateway)}/parties/chat/${room}`;
}

/** Rejects with a `RoomRefusal`, a `ForeignAnswer`, a `TokenFault`, or the error of a request that got no answer. */
export async function requestRoom(address: RoomAddress, request: RoomRequest): Promise<Response> {
  const { method = "GET", path = "", query = {}, headers = {}, body, signal } = request;
  const token = await address.token().catch((cause: unknown) => {
    throw new TokenFault(cause);
  });
  if (signal.aborted) throw signal.reason;
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const search = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  const init: RequestOptions = {
    method,
    headers: defined({
      ...headers,
      "content-type": body === undefined ? undefined : "application/json",
      // S1: never in the URL.
      authorization: token === undefined ? undefined : `Bearer ${token}`,
    }),
    ...defined({ body }),
    signal,
  };
  const response = await address.fetch(`${roomHref(address)}${path}${search}`, init);
  if (!response.ok) throw await refusalOf(response);
  // A redirect (301, 302) makes a GET of a POST: its answer is of something that was never submitted.
  if (method === "POST" && response.redirected) throw new ForeignAnswer(302);
  return response;
}

/** The room answers with JSON or with nothing. Read to its end, or the connection isn't free for the next request. */
export async function readAnswer(response: Response): Promise<void> {
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
  if (response.status !== 204 && !isJson) throw new ForeignAnswer(response.status);
  if (isJson) JSON.parse(text);
}

/** Rejects when the signal is aborted, also where a token provider or a given `fetch` ignores the signal. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

async function refusalOf(response: Response): Promise<Error> {
  const problem = (await response.json().catch(() => null)) as Readonly<Record<string, unknown>> | null;
  const { code, title, detail } = problem ?? {};
  if (typeof code !== "string") return new ForeignAnswer(response.status);
  // A newer room may use a code that is unknown here; a proxy's JSON may have a `code`, too.
  const isOurs = isErrorCode(code) || response.headers.get("content-type")?.includes("problem+json") === true;
  if (!isOurs) return new ForeignAnswer(response.status);
  const message = [detail, title].find((text) => typeof text === "string") ?? code;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new RoomRefusal(code, message as string, Number.isFinite(seconds) ? seconds * 1_000 : undefined);
}

/** A gateway that doesn't know a transport answers with one of these. */
const unknownThere: readonly string[] = ["bad-request", "not-found", "method-not-allowed"] satisfies ErrorCode[];

/** What a reader's failed request means for its transport: the same as the room's close means over a WebSocket. */
export function endOf(cause: unknown, fault: "blocked" | "lost"): TransportEnd {
  if (cause instanceof TokenFault) return { by: "token", cause: cause.cause };
  if (cause instanceof ForeignAnswer && !cause.isPassing) {
    return { by: "network", fault, obstacle: unrecognized(cause.message) };
  }
  if (!(cause instanceof RoomRefusal)) return { by: "network", fault };
  const { code, message, retryAfterMs } = cause;
  if (unknownThere.includes(code)) {
    return { by: "network", fault: "unavailable", obstacle: unrecognized(code) };
  }
  const isTerminal = isErrorCode(code) && !ERRORS[code].retryable;
  return defined({ by: "room", code, isTerminal, message, retryAfterMs });
}

export function unrecognized(message: string, isLasting = true): Obstacle {
  return { code: "gateway-unrecognized", message, isLasting };
}
