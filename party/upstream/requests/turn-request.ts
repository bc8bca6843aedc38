/** The HTTP request of a turn, and of a stop: method, URL, headers and body. Pure; `fetch-upstream.ts` sends it. */
import { defined } from "../../../shared/defined.ts";
import { UpstreamFailure, type UpstreamRequest } from "../../core/ports.ts";
import type { RequestAdapter, RequestFacts } from "./adapter.ts";
import { contract } from "./contract.ts";
import type { AdapterName } from "./names.ts";
import { openai } from "./openai.ts";
import { fillPath, type PlaceholderValues, placeholdersIn, stringsIn } from "./placeholders.ts";
import type { RequestSetting } from "./request-setting.ts";
import { template } from "./template.ts";
import { uiMessages } from "./ui-messages.ts";

export type CallMethod = "POST" | "GET";

export interface UpstreamCall {
  readonly method: CallMethod | "DELETE";
  /** Path and query, to be appended to the backend's base. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const adapters: Readonly<Record<AdapterName, RequestAdapter>> = {
  contract,
  "ui-messages": uiMessages,
  openai,
  template,
};

/** The provider of a GET that names none, as the brief's backends expect it. */
const getProvider = "openai";

/** What a stop knows of its turn. */
export type StopFacts = Pick<UpstreamRequest, "generationId" | "user" | "conversation"> & { readonly room: string };

/** @throws UpstreamFailure where a name of the turn can't be part of the path, or nothing of the question is in the request. */
export function callFor(asked: RequestFacts, setting: RequestSetting, method: CallMethod): UpstreamCall {
  const facts = withDefaults(asked, setting, method);
  const values = valuesOf(facts);
  const adapter = adapters[setting.adapter];
  if (isLeftOut(facts, setting, method)) throw new UpstreamFailure("unsupported-content", false);
  const input = { facts, values, setting };
  // A template may have a query beside its body; the other formats use one of the two.
  const hasQuery = method === "GET" || setting.adapter === "template";
  const query = hasQuery ? (adapter.toQuery?.(input) ?? []) : [];
  const body = method === "POST" ? adapter.toBody(input) : undefined;
  return defined({
    method,
    path: withQuery(pathFor(setting.path, values), query),
    headers: {
      ...setting.headers,
      // Strict backends refuse to send what isn't listed.
      accept: "text/event-stream, application/json;q=0.9, text/plain;q=0.8",
      "idempotency-key": facts.generationId,
      ...defined({
        traceparent: facts.traceparent,
        "content-type": body === undefined ? undefined : "application/json",
        "last-event-id": facts.lastEventId,
      }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

/** Undefined where the backend has no route for it. */
export function stopCallFor(facts: StopFacts, setting: RequestSetting): UpstreamCall | undefined {
  const { stop, headers } = setting;
  if (stop === undefined) return undefined;
  const values = valuesOf({ ...facts, messages: [] });
  return { method: stop.method, path: pathFor(stop.path, values), headers };
}

/** Whether `auto` may fall back to a GET: the adapter's format fits into a query. */
export function canGet({ adapter, query }: Pick<RequestSetting, "adapter" | "query">): boolean {
  return adapter === "template" ? query.length > 0 : adapters[adapter].toQuery !== undefined;
}

/** Whether the request carries text alone, and there is none: of a question, or of answers to calls. */
function isLeftOut(
  { messages, answers }: RequestFacts,
  { adapter, query, body = null }: RequestSetting,
  method: CallMethod,
): boolean {
  const question = questionIn(messages);
  const isText = question === undefined || question.content !== "" || question.parts === undefined;
  if (answers === undefined && isText) return false;
  if (adapter !== "template") return method === "GET";
  const strings = [...query.map(([, value]) => value), ...(method === "POST" ? stringsIn(body) : [])];
  return !strings.flatMap(placeholdersIn).includes(answers === undefined ? "parts" : "answers");
}

function questionIn(messages: RequestFacts["messages"]): RequestFacts["messages"][number] | undefined {
  return messages.findLast(({ role }) => role === "user") ?? messages.at(-1);
}

function withDefaults(facts: RequestFacts, { provider, model }: RequestSetting, method: CallMethod): RequestFacts {
  const auto = method === "GET" ? getProvider : undefined;
  const preset = provider === "auto" ? auto : provider === "backend" ? undefined : provider;
  return { ...facts, ...defined({ provider: facts.provider ?? preset, model: facts.model ?? model }) };
}

function valuesOf(facts: RequestFacts): PlaceholderValues {
  const { messages, answers, room, generationId, user, conversation, provider, model, params } = facts;
  const question = questionIn(messages);
  return {
    prompt: question?.content ?? "",
    parts: question?.parts ?? [{ type: "text", text: question?.content ?? "" }],
    messages: messages.map(({ role, content }) => ({ role, content })),
    answers,
    generation: generationId,
    ...{ room, user, conversation, provider, model, params },
  };
}

function pathFor(template: string, values: PlaceholderValues): string {
  const path = fillPath(template, values);
  if (path === undefined) throw new UpstreamFailure("upstream-rejected", false, { cause: `no path for ${template}` });
  return path;
}

function withQuery(path: string, query: readonly (readonly [string, string])[]): string {
  if (query.length === 0) return path;
  // Replaces lone surrogates, unlike encodeURIComponent, which throws.
  const pairs = new URLSearchParams();
  for (const [name, value] of query) pairs.append(name, value);
  return `${path}${path.includes("?") ? "&" : "?"}${pairs}`;
}
