/**
 * Parses the settings that say how the backend is called: base, path, method, adapter, stop route, headers and templates. Used
 * for the deployment's variables and for a tenant's entry in KV, which overrides them name by name.
 */
import { fail, ok, type Result } from "../../shared/result.ts";
import { parseSafeUrl } from "../auth/safe-url.ts";
import { mappingSettingNames, parseMapping } from "../upstream/dialects/mapping-settings.ts";
import { dialectNames } from "../upstream/dialects/names.ts";
import { type AdapterName, adapterNames } from "../upstream/requests/names.ts";
import {
  type PlaceholderName,
  pathPlaceholders,
  placeholderNames,
  placeholdersIn,
  stringsIn,
} from "../upstream/requests/placeholders.ts";
import type { JsonTemplate, RequestSetting, StopRoute } from "../upstream/requests/request-setting.ts";
import { canGet } from "../upstream/requests/turn-request.ts";
import type { UpstreamSetting } from "../upstream/upstream-setting.ts";

/** The variables that `parseUpstream` reads and that a tenant's entry may override, without those of the mapping. */
export const callVariables = [
  "NEST_BASE",
  "UPSTREAM_ADAPTER",
  "UPSTREAM_METHOD",
  "UPSTREAM_PATH",
  "UPSTREAM_STOP_PATH",
  "UPSTREAM_STOP_METHOD",
  "UPSTREAM_HEADERS",
  "UPSTREAM_PROVIDER",
  "UPSTREAM_MODEL",
  "UPSTREAM_QUERY",
  "UPSTREAM_BODY",
  "UPSTREAM_DIALECT",
] as const;

/** All variables that a tenant's entry may override. */
export const upstreamVariables: readonly string[] = [...callVariables, ...mappingSettingNames];

/** The variables of `parseUpstream`, with `ALLOW_HTTP`, which no entry overrides. */
export type UpstreamVariables = Readonly<Record<string, string | undefined>>;

/** The value of a variable; undefined where it is unset or empty. */
type TextOf = (name: string) => string | undefined;

/** Where a backend of each format usually listens. */
const defaultPaths: Readonly<Record<AdapterName, string>> = {
  contract: "/model/chat",
  "ui-messages": "/api/chat",
  openai: "/v1/chat/completions",
  template: "/model/chat",
};

/** Headers that the gateway or its runtime sets itself. */
const ownHeaders =
  /^(?:accept|connection|content-(?:length|type|encoding)|expect|host|idempotency-key|keep-alive|last-event-id|te|traceparent|trailer|transfer-encoding|upgrade)$/;

export function parseUpstream(variables: UpstreamVariables): Result<UpstreamSetting, string> {
  const text: TextOf = (name) => variables[name] || undefined;
  const base = parseSafeUrl("NEST_BASE", text, "https://backend.example.com");
  if (!base.ok) return base;
  const dialect = oneOf("UPSTREAM_DIALECT", dialectNames, "auto", text);
  if (!dialect.ok) return dialect;
  const request = parseRequest(text);
  if (!request.ok) return request;
  const mapping = parseMapping(text);
  if (!mapping.ok) return mapping;
  return ok({
    base: base.value.replace(/\/+$/, ""),
    request: request.value,
    dialect: dialect.value,
    mapping: mapping.value,
  });
}

function parseRequest(text: TextOf): Result<RequestSetting, string> {
  const adapter = oneOf("UPSTREAM_ADAPTER", adapterNames, "contract", text);
  if (!adapter.ok) return adapter;
  const query = parseQuery(text, adapter.value);
  if (!query.ok) return query;
  const body = parseBody(text, adapter.value);
  if (!body.ok) return body;
  const method = parseMethod(text, adapter.value, query.value, body.value);
  if (!method.ok) return method;
  const path = parsePath("UPSTREAM_PATH", text("UPSTREAM_PATH") ?? defaultPaths[adapter.value]);
  if (!path.ok) return path;
  const stop = parseStop(text, adapter.value, method.value);
  if (!stop.ok) return stop;
  const headers = parseHeaders(text("UPSTREAM_HEADERS"));
  if (!headers.ok) return headers;
  return ok({
    adapter: adapter.value,
    method: method.value,
    path: path.value,
    stop: stop.value,
    headers: headers.value,
    provider: text("UPSTREAM_PROVIDER") ?? "auto",
    model: text("UPSTREAM_MODEL"),
    query: query.value,
    body: body.value,
  });
}

function oneOf<T extends string>(name: string, values: readonly T[], preset: T, text: TextOf): Result<T, string> {
  const value = values.find((item) => item === (text(name) ?? preset));
  if (value !== undefined) return ok(value);
  return fail(`${name} must be one of ${values.join(", ")}, for example ${name}=${preset}.`);
}

function parseMethod(
  text: TextOf,
  adapter: AdapterName,
  query: RequestSetting["query"],
  body: JsonTemplate | undefined,
): Result<RequestSetting["method"], string> {
  const method = oneOf("UPSTREAM_METHOD", ["auto", "POST", "GET"], "auto", text);
  if (!method.ok) return method;
  if (method.value === "GET" && !canGet({ adapter, query })) {
    const example = adapter === "template" ? "UPSTREAM_QUERY=prompt={prompt}" : "UPSTREAM_METHOD=POST";
    return fail(`UPSTREAM_METHOD=GET needs a question in the query, for example ${example}.`);
  }
  if (adapter !== "template") return method;
  // A template without a body has nothing to POST, and one without a query nothing to fall back to.
  if (method.value === "auto") return ok(body === undefined ? "GET" : canGet({ adapter, query }) ? "auto" : "POST");
  return method;
}

function parsePath(name: string, path: string): Result<string, string> {
  const problem = !/^\/(?!\/)[^\s#\\]*$/.test(path)
    ? "must be a path that begins with one slash"
    : unknownIn(placeholdersIn(path), pathPlaceholders);
  if (problem === undefined) return ok(path);
  return fail(`${name} ${problem}, for example ${name}=/chats/{room}/messages.`);
}

function parseStop(
  text: TextOf,
  adapter: AdapterName,
  method: RequestSetting["method"],
): Result<StopRoute | undefined, string> {
  const [name, methodName] = ["UPSTREAM_STOP_PATH", "UPSTREAM_STOP_METHOD"] as const;
  const stopMethod = oneOf(methodName, ["DELETE", "POST"], "DELETE", text);
  if (!stopMethod.ok) return stopMethod;
  // A backend that is only asked by GET never heard of the contract, which has the stop route.
  const preset = adapter === "contract" && method !== "GET" ? "/model/chat/{generation}" : "none";
  const path = text(name) ?? preset;
  if (path === "none") return ok(undefined);
  const parsed = parsePath(name, path);
  if (!parsed.ok) return parsed;
  if (placeholdersIn(path).length === 0) {
    return fail(
      `${name} must name what is stopped, {generation} or {room}, for example ${name}=/model/chat/{generation}.`,
    );
  }
  return ok({ method: stopMethod.value, path });
}

function parseHeaders(json: string | undefined): Result<Readonly<Record<string, string>>, string> {
  if (json === undefined) return ok({});
  const example = 'for example UPSTREAM_HEADERS={"x-api-version":"2"}';
  const value = parseJson(json);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fail(`UPSTREAM_HEADERS must be a JSON object of names and texts, ${example}.`);
  }
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    const lower = name.toLowerCase();
    if (typeof text !== "string" || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(text)) {
      return fail(`UPSTREAM_HEADERS holds a name or a value that no header may have, ${example}.`);
    }
    if (ownHeaders.test(lower)) return fail(`UPSTREAM_HEADERS can't set "${lower}": the gateway sets it, ${example}.`);
    headers[lower] = text;
  }
  return ok(headers);
}

function parseQuery(text: TextOf, adapter: AdapterName): Result<RequestSetting["query"], string> {
  const query = text("UPSTREAM_QUERY");
  const example = "for example UPSTREAM_QUERY=prompt={prompt}&session={room}";
  if (query === undefined) return ok([]);
  if (adapter !== "template") return fail(`UPSTREAM_QUERY needs UPSTREAM_ADAPTER=template, ${example}.`);
  const pairs = [...new URLSearchParams(query)];
  const problem = unknownIn(
    pairs.flatMap(([, value]) => placeholdersIn(value)),
    placeholderNames,
  );
  if (problem !== undefined) return fail(`UPSTREAM_QUERY ${problem}, ${example}.`);
  if (pairs.length === 0 || pairs.some(([name]) => name === "")) {
    return fail(`UPSTREAM_QUERY must be a query of names and values, ${example}.`);
  }
  if (text("UPSTREAM_BODY") === undefined && !asks(pairs.map(([, value]) => value))) {
    return fail(`UPSTREAM_QUERY must hold {prompt} or {messages}, ${example}.`);
  }
  return ok(pairs);
}

function parseBody(text: TextOf, adapter: AdapterName): Result<JsonTemplate | undefined, string> {
  const json = text("UPSTREAM_BODY");
  const example = 'for example UPSTREAM_BODY={"message":"{prompt}","conversation_id":"{conversation}"}';
  if (json === undefined) {
    if (adapter !== "template" || text("UPSTREAM_QUERY") !== undefined) return ok(undefined);
    return fail(`UPSTREAM_BODY or UPSTREAM_QUERY is needed with UPSTREAM_ADAPTER=template, ${example}.`);
  }
  if (adapter !== "template") return fail(`UPSTREAM_BODY needs UPSTREAM_ADAPTER=template, ${example}.`);
  const value = parseJson(json);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fail(`UPSTREAM_BODY must be a JSON object, ${example}.`);
  }
  // What JSON.parse returns is such a template.
  const template = value as JsonTemplate;
  const strings = stringsIn(template);
  const problem = unknownIn(strings.flatMap(placeholdersIn), placeholderNames);
  if (problem !== undefined) return fail(`UPSTREAM_BODY ${problem}, ${example}.`);
  if (!asks(strings)) return fail(`UPSTREAM_BODY must hold {prompt} or {messages}, ${example}.`);
  return ok(template);
}

function asks(templates: readonly string[]): boolean {
  return templates.flatMap(placeholdersIn).some((name) => ["prompt", "messages", "parts"].includes(name));
}

/** What is wrong with placeholders, or undefined. */
function unknownIn(names: readonly string[], known: readonly PlaceholderName[]): string | undefined {
  const unknown = names.find((name) => !known.some((item) => item === name));
  if (unknown === undefined) return undefined;
  return `can't hold {${unknown}}; it takes ${known.map((name) => `{${name}}`).join(", ")}`;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // The caller's sentence says what was expected.
    return undefined;
  }
}
