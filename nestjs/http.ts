/** What this package needs of a response, under Express and under Fastify. Neither is imported. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** Fastify's reply, as far as it is used here (https://fastify.dev/docs/latest/Reference/Reply/). */
interface Reply {
  readonly raw: ServerResponse;
  header(name: string, value: string): unknown;
  status(code: number): { send(payload: string): unknown };
}
export type PlatformResponse = ServerResponse | Reply;

/** The fields that Nest's request has on both platforms. */
export interface PlatformRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Path and query, with the prefixes that routers take away from `url`. */
  readonly originalUrl?: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  /** The body's bytes, in an application that was created with `rawBody: true`. */
  readonly rawBody?: Buffer | undefined;
}

const isReply = (response: PlatformResponse): response is Reply => "raw" in response && response.raw !== undefined;

export const rawResponse = (response: PlatformResponse): ServerResponse =>
  isReply(response) ? response.raw : response;

export function setHeader(response: PlatformResponse, name: string, value: string): void {
  if (isReply(response)) response.header(name, value);
  else response.setHeader(name, value);
}

/** Ends the response with a text. The headers were set before. */
export function sendText(response: PlatformResponse, status: number, text: string): void {
  if (isReply(response)) {
    response.status(status).send(text);
    return;
  }
  response.statusCode = status;
  response.end(text);
}

/** A header that occurs once. Node joins most that occur twice, and `undefined` stands for one that is absent. */
export function headerOf(request: PlatformRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}
