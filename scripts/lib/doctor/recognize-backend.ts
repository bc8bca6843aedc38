/**
 * Calls a backend once, as the gateway would, and finds out what its stream is: the dialect, the settings that read it, and what
 * works with it. Used by `npm run doctor -- --backend`. It sends one question and changes nothing.
 */
import { parseSafeUrl } from "../../../party/auth/safe-url.ts";
import { parseUpstream, type UpstreamVariables } from "../../../party/config/upstream-settings.ts";
import { UpstreamFailure } from "../../../party/core/ports.ts";
import { parseMapping } from "../../../party/upstream/dialects/mapping-settings.ts";
import type { DialectName } from "../../../party/upstream/dialects/names.ts";
import { AnswerReader } from "../../../party/upstream/event-stream.ts";
import { callFor } from "../../../party/upstream/requests/turn-request.ts";
import type { UpstreamSetting } from "../../../party/upstream/upstream-setting.ts";
import type { Part } from "../../../shared/content.ts";
import { defined } from "../../../shared/defined.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";
import { type Guess, guessMapping } from "./guess-mapping.ts";
import type { Recorded } from "./recorded-answer.ts";

export interface Target {
  readonly backend: string;
  /** What the operator says of the call, as the gateway's own settings. */
  readonly variables?: UpstreamVariables;
  readonly prompt?: string | undefined;
  /** Sent with the call, such as `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Recognized {
  readonly dialect: string | undefined;
  readonly parts: readonly Part[];
  readonly text: string;
  readonly isComplete: boolean;
  /** The answer said itself that it was over, before the connection closed. */
  readonly saysEnd: boolean;
  readonly isResumable: boolean;
  readonly failure: string | undefined;
}

export interface Diagnosis {
  readonly recorded: Recorded;
  readonly recognized: Recognized;
  /** What to write into the gateway's variables, beside `NEST_BASE`. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

const defaultPrompt = "Count from one to twenty in words.";
const maxBytes = 4 * 1024 * 1024;
const maxMs = 50_000;

/** The error is a sentence for the operator. */
export async function diagnose(target: Target): Promise<Result<Diagnosis, string>> {
  const variables = allVariables(target);
  const setting = parseUpstream(variables);
  if (!setting.ok) return setting;
  const recorded = await record(setting.value, target);
  if (recorded.status !== 200 && recorded.status !== 201) {
    return fail(
      `${recorded.method} ${setting.value.request.path} answers ${recorded.status}. ${adviceFor(recorded.status)}`,
    );
  }
  const asIs = await read(recorded, "auto", {});
  const guess = asIs.text === "" ? guessMapping(recorded, "text") : guessMapping(recorded, "rest");
  const recognized = asIs.text === "" && guess !== undefined ? await read(recorded, "auto", guess) : asIs;
  const mapping = recognized.text === "" && asIs.text === "" ? {} : (guess ?? {});
  const settings = [
    ...given(variables, setting.value, recorded),
    ...(await fixedDialect(recorded, recognized, mapping)),
    ...Object.entries(mapping).map(([name, value]) => [name, value] as const),
  ];
  return ok({ recorded, recognized, settings });
}

/** Whether the gateway calls the address without being told that its network is private. */
function isSafe(backend: string): boolean {
  return parseSafeUrl("NEST_BASE", () => backend, backend).ok;
}

/** The settings that arguments of these names stand for: `--stop-path` is `UPSTREAM_STOP_PATH`. */
export function variablesOf(options: Readonly<Record<string, string | undefined>>): UpstreamVariables {
  const named = Object.entries(options).map(
    ([name, value]) => [`UPSTREAM_${name.replaceAll("-", "_").toUpperCase()}`, value] as const,
  );
  const isTemplate = options["query"] !== undefined || options["body"] !== undefined;
  return { ...(isTemplate ? { UPSTREAM_ADAPTER: "template" } : {}), ...Object.fromEntries(named) };
}

function allVariables({ backend, variables }: Target): UpstreamVariables {
  return { NEST_BASE: backend, ALLOW_HTTP: isSafe(backend) ? undefined : "yes", ...variables };
}

/** What to pass to the doctor for another status. */
function adviceFor(status: number): string {
  if (status === 401 || status === 403 || status === 407)
    return 'Pass what it asks for with --authorization "Bearer …", or as --headers.';
  if (status === 404 || status === 405) return "Pass its route with --path, and its method with --method.";
  if (status === 400 || status === 413 || status === 415 || status === 422)
    return 'Pass the fields that it takes, for example --body \'{"message":"{prompt}"}\', or --method GET --query "q={prompt}".';
  if (status >= 300 && status < 400) return "The gateway follows no redirect: pass the address it leads to.";
  return "Its log says why.";
}

/** The dialect by name spares the search for it, where it alone reads the same. */
async function fixedDialect(recorded: Recorded, recognized: Recognized, mapping: Guess) {
  const { dialect } = recognized;
  if (dialect === undefined || mapping.UPSTREAM_TEXT_PATH !== undefined) return [];
  const fixed = await read(recorded, dialect as DialectName, mapping);
  const isSame =
    JSON.stringify(fixed.parts) === JSON.stringify(recognized.parts) && fixed.saysEnd === recognized.saysEnd;
  return isSame ? [["UPSTREAM_DIALECT", dialect] as const] : [];
}

/** What was passed on the command line, and the method that answered where a POST didn't. */
function given(variables: UpstreamVariables, { request }: UpstreamSetting, { method }: Recorded) {
  const settings: (readonly [string, string])[] = [];
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) settings.push([name, value]);
  if (request.method === "auto" && method === "GET") settings.push(["UPSTREAM_METHOD", "GET"]);
  return settings;
}

async function record(setting: UpstreamSetting, target: Target): Promise<Recorded> {
  const first = setting.request.method === "GET" ? "GET" : "POST";
  const recorded = await call(setting, target, first);
  const isMissing = recorded.status === 404 || recorded.status === 405;
  return setting.request.method === "auto" && isMissing ? call(setting, target, "GET") : recorded;
}

async function call({ base, request }: UpstreamSetting, target: Target, method: "POST" | "GET"): Promise<Recorded> {
  const messages = [{ role: "user" as const, content: target.prompt ?? defaultPrompt }];
  const generationId = `doctor-${crypto.randomUUID().slice(0, 18)}`;
  const asked = callFor({ generationId, messages, room: "doctor" }, request, method);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), maxMs);
  const chunks: Uint8Array[] = [];
  let firstAt: number | undefined;
  try {
    const response = await fetch(base + asked.path, {
      ...{ method, headers: { ...asked.headers, ...target.headers }, redirect: "manual", signal: controller.signal },
      ...defined({ body: asked.body }),
    });
    const head = {
      method,
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      isSized: response.headers.has("content-length"),
    };
    let bytes = 0;
    try {
      for await (const chunk of response.body ?? []) {
        firstAt ??= performance.now();
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) break;
      }
    } catch (error) {
      // What came before the connection broke off is what can be looked at.
      if (chunks.length === 0) throw error;
    }
    return { ...head, chunks, streamedMs: firstAt === undefined ? 0 : performance.now() - firstAt };
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

/** Reads the recorded bytes as the gateway does. */
export async function read(
  { chunks, contentType, isSized }: Recorded,
  dialect: DialectName,
  guess: Guess,
): Promise<Recognized> {
  const mapping = parseMapping((name) => guess[name as keyof Guess]);
  const reader = new AnswerReader(dialect, mapping.ok ? mapping.value : undefined);
  const parts: Part[] = [];
  let isComplete = false;
  let isResumable = false;
  let failure: string | undefined;
  let seen = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = chunks[seen];
      seen += 1;
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
  try {
    for await (const batch of reader.batches(body, new AbortController().signal, contentType, isSized)) {
      parts.push(...batch.parts);
      if (batch.start?.resumable === true) isResumable = true;
      if (batch.end?.kind === "done") isComplete = true;
      if (batch.end?.kind === "error") failure = batch.end.code;
    }
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    failure = `${error.code}${error.cause === undefined ? "" : ` (${error.cause instanceof Error ? error.cause.message : String(error.cause)})`}`;
  }
  return {
    dialect: reader.recognized,
    parts,
    text: parts.map((part) => (part.type === "text-delta" ? String(part.delta) : "")).join(""),
    isComplete,
    saysEnd: isComplete && reader.saidEnd,
    isResumable,
    failure,
  };
}
