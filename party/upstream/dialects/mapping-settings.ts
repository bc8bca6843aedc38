/**
 * The mapping of a backend's events that an operator writes down: where the text is, what ends an answer, what is a failure.
 * Parses the settings `UPSTREAM_TEXT_PATH` and the like. Reading events by them is `mapped.ts`. Imports no schema library,
 * because every cold start parses the settings.
 */
import { defined } from "../../../shared/defined.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";

/** One place in an event's JSON, optionally of events with one name, optionally only where it has one value. */
export interface Selector {
  /** The event's tag: its `type`, else its SSE name. Absent: every event. */
  readonly tag?: string;
  /** Steps of a JSON pointer (RFC 6901). Empty: the whole data. */
  readonly path: readonly string[];
  /** The place counts only where its value, as text, is this one. Absent: any value but false, null, 0 and "". */
  readonly value?: string;
}

export interface MappingSettings {
  /** Where the answer's text is. Empty: the dialect finds it, and the rest of the mapping applies on top. */
  readonly text: readonly Selector[];
  readonly reasoning: readonly Selector[];
  /** An event in which one of these is set is the last one. */
  readonly end: readonly Selector[];
  /** An event in which one of these is set is a failure. */
  readonly failure: readonly Selector[];
  /** The backend's own id of the conversation. */
  readonly conversation: readonly Selector[];
  /** Each event repeats the text so far. */
  readonly isCumulative: boolean;
  /** Text after which an answer is over. The mark itself isn't shown. */
  readonly endMarks: readonly string[];
  /** The text of an event that begins with one of these is a failure. */
  readonly failureMarks: readonly string[];
}

const selectorSettings = {
  UPSTREAM_TEXT_PATH: { field: "text", example: "/payload/text" },
  UPSTREAM_REASONING_PATH: { field: "reasoning", example: "thought:/content" },
  UPSTREAM_END_PATH: { field: "end", example: "/status=finished" },
  UPSTREAM_FAILURE_PATH: { field: "failure", example: "/error" },
  UPSTREAM_CONVERSATION_PATH: { field: "conversation", example: "/conversation_id" },
} as const;

const markSettings = {
  UPSTREAM_END_MARKS: { field: "endMarks", example: "<|end|>" },
  UPSTREAM_FAILURE_MARKS: { field: "failureMarks", example: "Error:" },
} as const;

/** Names of all settings of a mapping. */
export const mappingSettingNames = [
  ...Object.keys(selectorSettings),
  "UPSTREAM_CUMULATIVE",
  ...Object.keys(markSettings),
] as readonly string[];

type Mutable = { -readonly [K in keyof MappingSettings]: MappingSettings[K] };

/** Undefined where none of the settings is set. The error names the setting and shows an example. */
export function parseMapping(read: (name: string) => string | undefined): Result<MappingSettings | undefined, string> {
  const mapping: Mutable = { ...noMapping };
  let isSet = false;
  for (const [name, { field, example }] of Object.entries(selectorSettings)) {
    const written = read(name);
    if (written === undefined) continue;
    isSet = true;
    const selectors: Selector[] = [];
    for (const item of itemsOf(written)) {
      const selector = parseSelector(item);
      if (selector === undefined) {
        return fail(`${name} is a JSON pointer or several with commas between, for example ${name}=${example}.`);
      }
      selectors.push(selector);
    }
    mapping[field] = selectors;
  }
  for (const [name, { field, example }] of Object.entries(markSettings)) {
    const written = read(name);
    if (written === undefined) continue;
    isSet = true;
    const marks = written
      .split(",")
      .map((mark) => mark.trim())
      .filter((mark) => mark !== "");
    if (marks.length === 0 || marks.some((mark) => mark.length > maxMarkUnits)) {
      return fail(
        `${name} is a text of at most ${maxMarkUnits} characters or several with commas between, for example ${name}=${example}.`,
      );
    }
    mapping[field] = marks;
  }
  const cumulative = read("UPSTREAM_CUMULATIVE");
  if (cumulative !== undefined) {
    if (cumulative !== "yes" && cumulative !== "no")
      return fail("UPSTREAM_CUMULATIVE is yes or no, for example UPSTREAM_CUMULATIVE=yes.");
    isSet = true;
    mapping.isCumulative = cumulative === "yes";
  }
  return ok(isSet ? mapping : undefined);
}

const noMapping: MappingSettings = {
  text: [],
  reasoning: [],
  end: [],
  failure: [],
  conversation: [],
  isCumulative: false,
  endMarks: [],
  failureMarks: [],
};

/** A reader holds back as many characters of text as a mark may have, so marks are short. */
const maxMarkUnits = 64;

/** Splits at commas before a new selector: a pointer may hold commas itself. */
function itemsOf(written: string): string[] {
  return written.split(/,(?=\s*(?:[\w.-]+:)?(?:\/|$))/).map((item) => item.trim());
}

/** `[tag:]/json/pointer[=value]`; `tag:` alone is the whole data of such an event. */
function parseSelector(item: string): Selector | undefined {
  const match = /^(?:([\w.-]+):)?((?:\/[^=]*)?)(?:=(.*))?$/.exec(item);
  const [, tag, pointer = "", value] = match ?? [];
  if (match === null || (tag === undefined && pointer === "")) return undefined;
  // RFC 6901: a tilde is written ~0, a slash ~1, and nothing else follows a tilde.
  if (/~(?![01])/.test(pointer)) return undefined;
  const path = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return { path, ...defined({ tag, value }) };
}
