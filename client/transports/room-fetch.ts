/** Requests to a room: with a token, bounded in time, and with the room's own word where it refuses (RFC 9457). */
import { defined } from "../../shared/defined.ts";
import { ERRORS, type ErrorCode } from "../../shared/protocol/errors.ts";
import type { RequestOptions } from "../api/api.ts";
import type { RoomAddress } from "./room-address.ts";
import type { TransportEnd } from "./transport.ts";

export interface RoomRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Below the room's own address, such as `/turns`. */
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** The room refused, and said why. What others say in its place (a proxy's page) is no refusal of the room's. */
export class Refusal extends Error {
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, retryAfterMs: number | undefined) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No token could be had. */
export class TokenFault extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** What it says, whatever was thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Rejects with a `Refusal`, a `TokenFault`, or what the network did. */
export async function requestRoom(address: RoomAddress, request: RoomRequest): Promise<Response> {
  const { method = "GET", path = "", query = {}, headers = {}, body, signal } = request;
  const token = await address.token().catch((cause: unknown) => {
    throw new TokenFault(cause);
  });
  signal.throwIfAborted();
  const url = new URL(`/parties/chat/${address.room}${path}`, address.url);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const init: RequestOptions = {
    method,
    headers: defined({
      ...headers,
      "content-type": body === undefined ? undefined : "application/json",
      // S1: never in the URL.
      authorization: token === undefined ? undefined : `Bearer ${token}`,
    }),
    ...(body === undefined ? {} : { body }),
    signal,
  };
  const response = await address.fetch(url.href, init);
  if (!response.ok) throw await refusalOf(response);
  return response;
}

/** Rejects when the signal is aborted, also where a token provider or someone's `fetch` knows no signal. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  return Promise.race([work, aborted]);
}

async function refusalOf(response: Response): Promise<Error> {
  const problem = (await response.json().catch(() => ({}))) as { code?: unknown; title?: unknown; detail?: unknown };
  const { code, title, detail } = problem;
  if (typeof code !== "string") return new Error(`HTTP ${response.status}`);
  const message = [detail, title].find((text) => typeof text === "string") ?? code;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new Refusal(code, message as string, Number.isFinite(seconds) ? seconds * 1_000 : undefined);
}

/** A gateway that does not know this transport says one of these. */
const unknownThere: readonly string[] = ["bad-request", "not-found", "method-not-allowed"] satisfies ErrorCode[];

/** What a failed request means for the transport that made it: the same as the room's close means over a WebSocket. */
export function endOf(cause: unknown, fault: "blocked" | "lost"): TransportEnd {
  if (cause instanceof TokenFault) return { by: "token", cause: cause.cause };
  if (!(cause instanceof Refusal)) return { by: "network", fault };
  const { code, message, retryAfterMs } = cause;
  if (unknownThere.includes(code)) return { by: "network", fault: "unavailable" };
  const isTerminal = isErrorCode(code) && !ERRORS[code].retryable;
  return defined({ by: "room", code, isTerminal, message, retryAfterMs });
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
