/** Answers with JSON. A long one has a body that the room counts until its client has taken it (F2). */

import { refuse } from "../responses/sse-response.ts";
import { JsonBody, maxPlainUnits } from "../sockets/json-body.ts";
import type { Ask } from "./room-request.ts";

interface JsonOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with JSON of a few hundred bytes, or of as many as the request had. */
export function shortJson(value: object, options: JsonOptions = {}): Response {
  return new Response(JSON.stringify(value), init(options));
}

/** Answers with JSON of any length, or with a refusal where the room holds too much unsent already. */
export function longJson({ request, core, principal }: Ask, json: string, options: JsonOptions = {}): Response {
  if (json.length <= maxPlainUnits) return new Response(json, init(options));
  const body = new JsonBody(json);
  const admitted = core.requests.admit(principal, body);
  return admitted.ok ? new Response(body.stream, init(options)) : refuse(request, admitted.error);
}

function init({ status = 200, headers }: JsonOptions): ResponseInit {
  return { status, headers: { "content-type": "application/json", "cache-control": "no-store", ...headers } };
}
