/**
 * Tool steps as backends of their own making tell them: a name and arguments, a result, a failure, each under one of the usual
 * keys and in any order. A reader is shown a call when its arguments are known, so a call that comes in fragments waits for the
 * event that follows them.
 */
import { UpstreamFailure } from "../../core/ports.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import { wordsOf } from "./recognition/tag-roles.ts";
import { isObject, type JsonObject, jsonOrUndefined } from "./stream-event.ts";

/** Arguments of the calls of one answer beyond this are no call, whatever the part limit of the room is. In UTF-16 units. */
export const maxToolUnits = 1_048_576;
/** Calls whose result hasn't come. Beyond this many the oldest loses its name. */
const maxOpenCalls = 1_024;

const nameKeys = "toolName tool_name toolCallName tool_call_name name functionName function_name tool function".split(
  " ",
);
const idKeys = "toolCallId tool_call_id callId call_id tool_use_id toolId tool_id id run_id runId".split(" ");
const inputKeys = "args arguments input parameters params tool_input toolInput tool_args toolArgs inputs".split(" ");
const outputKeys = "result output response observation content outputs".split(" ");
const errorKeys = "error errorText error_message".split(" ");
/** Objects that hold the step itself. */
const wrapperKeys =
  "toolUpdate tool_call toolCall tool_calls toolCalls tool_use toolUse tool function_call functionCall function data content payload".split(
    " ",
  );

const resultWords = new Set(
  "result results output outputs response end ended done complete completed finished observation success".split(" "),
);
const failureWords = new Set("error errors failed failure denied".split(" "));
const fragmentWords = new Set("delta args arguments input chunk fragment params parameters".split(" "));

interface Call {
  readonly id: string;
  name: string;
  args: unknown;
  fragments: string;
  isShown: boolean;
}

export class ToolSteps {
  readonly #open = new Map<string, Call>();
  #made = 0;
  #units = 0;
  /** Calls that were begun and not shown. */
  #waiting = 0;

  /** Reads a step from the data of an event, whose tag says that it is one. */
  read(tag: string, data: unknown, into: BatchBuilder): void {
    const words = wordsOf(tag);
    if (typeof data === "string") {
      this.#named(words, data.trim(), into);
      return;
    }
    const steps = Array.isArray(data) ? data : [data];
    for (const step of steps) if (isObject(step)) this.#step(words, step, into);
  }

  /** Shows the calls that still wait for more of their arguments. */
  flush(into: BatchBuilder): void {
    if (this.#waiting === 0) return;
    for (const call of this.#open.values()) this.#show(call, into);
  }

  /** A whole call, from a format that has no fragments. */
  call(id: string | undefined, name: string, args: unknown, into: BatchBuilder): void {
    const call = this.#begin(id, name);
    call.args = args;
    this.#show(call, into);
  }

  /**
   * What became of a call. A call that wasn't told before is shown first, so that a reader sees what the result belongs to;
   * `isAlone` leaves it out, for a format in which a call is always told.
   */
  settle(
    id: string | undefined,
    name: string,
    phase: "result" | "error",
    value: unknown,
    into: BatchBuilder,
    isAlone = false,
  ): void {
    const call = this.#find(id, name) ?? this.#begin(id, name);
    if (!isAlone) this.#show(call, into);
    else if (!call.isShown) this.#waiting -= 1;
    this.#open.delete(call.id);
    if (phase === "result") into.toolResult(call.id, call.name, value ?? null);
    else into.toolError(call.id, call.name, value ?? null);
  }

  /** A step whose data is the tool's name alone. */
  #named(words: readonly string[], name: string, into: BatchBuilder): void {
    if (name === "") return;
    if (words.some((word) => resultWords.has(word))) this.settle(undefined, name, "result", null, into);
    else this.call(undefined, name, null, into);
  }

  #step(words: readonly string[], step: JsonObject, into: BatchBuilder): void {
    const inner = innerStep(step);
    const said = [...words, ...wordsOf(kindIn(inner)), ...(inner === step ? [] : wordsOf(kindIn(step)))];
    const name =
      firstText(inner, nameKeys) ??
      firstText(step, nameKeys) ??
      functionName(inner) ??
      firstText(inner, ["title", "description"])?.slice(0, 64) ??
      "";
    const id = firstId(inner) ?? (inner === step ? undefined : firstId(step));
    const { phase, value } = inner;
    if ("value" in inner && (phase === "call" || phase === "result" || phase === "error")) {
      if (phase === "call") this.call(id, name, value, into);
      else this.settle(id, name, phase, value, into, true);
      return;
    }
    const isNew = this.#find(id, name) === undefined;
    const failure = firstSet(inner, errorKeys);
    if (said.some((word) => failureWords.has(word)) || (failure !== undefined && failure !== false)) {
      this.settle(id, name, "error", failure ?? firstSet(inner, ["message", ...outputKeys]) ?? null, into);
      return;
    }
    const args = firstSet(inner, inputKeys) ?? functionArguments(inner);
    const output = firstSet(inner, outputKeys);
    // A backend that tells each thought of an agent so, also one without a tool.
    if (name === "" && isNew && args === undefined && output === undefined) return;
    if (said.some((word) => resultWords.has(word))) {
      // An end may belong to the arguments alone: the result then follows in an event of its own.
      if (output === undefined && !isNew && said.includes("call")) {
        this.flush(into);
        return;
      }
      if (isNew && args !== undefined) this.call(id, name, parsed(args), into);
      this.settle(id, name, "result", output ?? rest(inner), into);
      return;
    }
    const fragment = inner["delta"] ?? inner["inputTextDelta"] ?? inner["argsTextDelta"] ?? inner["arguments_delta"];
    const text = typeof fragment === "string" ? fragment : typeof args === "string" ? args : undefined;
    if (
      text !== undefined &&
      said.some((word) => fragmentWords.has(word)) &&
      (typeof fragment === "string" || !isNew)
    ) {
      this.#add(this.#find(id, name) ?? this.#begin(id, name), text);
      return;
    }
    if (isNew) this.flush(into);
    const call = this.#find(id, name) ?? this.#begin(id, name);
    if (call.name === "") call.name = name;
    if (args !== undefined) call.args = parsed(args);
    // A call without arguments may get them from the events that follow.
    if (args !== undefined) this.#show(call, into);
    if (output !== undefined && !outputIsInput(inner)) this.settle(call.id, call.name, "result", output, into);
  }

  #add(call: Call, text: string): void {
    call.fragments += text;
    this.#units += text.length + 1;
    if (this.#units > maxToolUnits) throw new UpstreamFailure("part-too-large", false);
  }

  #find(id: string | undefined, name: string): Call | undefined {
    if (id !== undefined) {
      const call = this.#open.get(id);
      if (call !== undefined) return call;
      // A result may name its own id and the call none.
      const [only] = this.#open.values();
      return this.#open.size === 1 && only?.id.startsWith("call-") && (name === "" || only.name === name)
        ? only
        : undefined;
    }
    let found: Call | undefined;
    for (const call of this.#open.values()) if (name === "" || call.name === name) found = call;
    return found;
  }

  #begin(id: string | undefined, name: string): Call {
    this.#made += 1;
    this.#waiting += 1;
    const call: Call = { id: id ?? `call-${this.#made}`, name, args: undefined, fragments: "", isShown: false };
    this.#open.set(call.id, call);
    if (this.#open.size > maxOpenCalls) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) {
        if (this.#open.get(oldest)?.isShown === false) this.#waiting -= 1;
        this.#open.delete(oldest);
      }
    }
    return call;
  }

  #show(call: Call, into: BatchBuilder): void {
    if (call.isShown) return;
    call.isShown = true;
    this.#waiting -= 1;
    const value = call.fragments === "" ? call.args : (jsonOrUndefined(call.fragments) ?? call.fragments);
    into.toolCall(call.id, call.name, value);
  }
}

/** The object inside that is the step, or the object itself. */
function innerStep(step: JsonObject): JsonObject {
  for (const key of wrapperKeys) {
    const inner = step[key];
    const first = Array.isArray(inner) ? inner[0] : inner;
    if (!isObject(first)) continue;
    const isStep = firstText(first, nameKeys) !== undefined || firstSet(first, inputKeys) !== undefined;
    if (
      isStep ||
      functionName(first) !== undefined ||
      (firstId(first) !== undefined && firstSet(first, outputKeys) !== undefined)
    )
      return first;
  }
  return step;
}

const kindIn = (step: JsonObject) =>
  ["type", "status", "phase", "state", "event"]
    .map((key) => (typeof step[key] === "string" ? step[key] : ""))
    .join(" ");

function functionName(step: JsonObject): string | undefined {
  const { function: fn } = step;
  return isObject(fn) && typeof fn["name"] === "string" ? fn["name"] : undefined;
}

function functionArguments(step: JsonObject): unknown {
  const { function: fn } = step;
  return isObject(fn) ? fn["arguments"] : undefined;
}

/** A backend that sends one field for both means the arguments. */
const outputIsInput = (step: JsonObject) =>
  firstSet(step, inputKeys) === undefined && typeof step["content"] === "string";

function firstText(value: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = value[key];
    if (typeof text === "string" && text !== "") return text;
  }
  return undefined;
}

function firstId(value: JsonObject): string | undefined {
  for (const key of idKeys) {
    const id = value[key];
    if ((typeof id === "string" && id !== "") || typeof id === "number") return String(id);
  }
  return undefined;
}

/** The first field that says something. An empty text counts as absent: it stands for what comes later. */
function firstSet(value: JsonObject, keys: readonly string[]): unknown {
  for (const key of keys) {
    const field = value[key];
    if (field !== undefined && field !== null && field !== "") return field;
  }
  return undefined;
}

/** What a result says beside its name, where it has no field for it. */
function rest(value: JsonObject): unknown {
  const left = Object.entries(value).filter(
    ([key]) => !nameKeys.includes(key) && !idKeys.includes(key) && key !== "type" && key !== "event",
  );
  return left.length === 0 ? null : Object.fromEntries(left);
}

/** Arguments that came as text of JSON. */
function parsed(args: unknown): unknown {
  if (typeof args !== "string") return args;
  return jsonOrUndefined(args) ?? args;
}
