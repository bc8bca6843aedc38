/**
 * Guesses the settings that read a stream of an unknown format, from its bytes. An operator sees the guess and decides; the
 * gateway itself never guesses so.
 */
import { isObject, jsonOrUndefined } from "../../../party/upstream/dialects/stream-event.ts";
import { SniffedFraming } from "../../../party/upstream/framing.ts";
import type { Recorded } from "./recorded-answer.ts";

export interface Guess {
  readonly UPSTREAM_TEXT_PATH?: string;
  readonly UPSTREAM_CUMULATIVE?: string;
  readonly UPSTREAM_CONVERSATION_PATH?: string;
}

/** Keys under which backends have their own id of the conversation. */
const conversationKeys = [
  "conversation_id",
  "conversationId",
  "chat_id",
  "chatId",
  "session_id",
  "sessionId",
  "thread_id",
  "threadId",
];

/** @param what `text`: where the text may be. `rest`: only what goes beside a recognized dialect. */
export function guessMapping(recorded: Recorded, what: "text" | "rest"): Guess | undefined {
  const values = eventsIn(recorded);
  const conversation = conversationPath(values);
  const beside = conversation === undefined ? {} : { UPSTREAM_CONVERSATION_PATH: conversation };
  if (what === "rest") return conversation === undefined ? undefined : beside;
  const found = textPath(values);
  if (found === undefined) return conversation === undefined ? undefined : beside;
  const { path, texts } = found;
  const isCumulative =
    texts.length > 1 && texts.every((text, index) => index === 0 || text.startsWith(texts[index - 1] ?? ""));
  const grows = new Set(texts).size > 1;
  return {
    UPSTREAM_TEXT_PATH: path,
    ...(isCumulative && grows ? { UPSTREAM_CUMULATIVE: "yes" } : {}),
    ...beside,
  };
}

function eventsIn({ chunks }: Recorded): unknown[] {
  const values: unknown[] = [];
  const keep = (data: string) => {
    const value = jsonOrUndefined(data);
    if (isObject(value)) values.push(value);
  };
  const framing = new SniffedFraming("events", {
    onEvent: (_name, data) => keep(data),
    onDocument: keep,
    onText: () => undefined,
    onFailure: () => undefined,
  });
  const decoder = new TextDecoder();
  for (const chunk of chunks) framing.feed(decoder.decode(chunk, { stream: true }));
  framing.end();
  return values;
}

/** The place whose strings differ most often from event to event: ids, names and states repeat. */
function textPath(
  values: readonly unknown[],
): { readonly path: string; readonly texts: readonly string[] } | undefined {
  const byPath = new Map<string, string[]>();
  for (const value of values) {
    for (const [path, text] of stringsIn(value, "", 0)) byPath.set(path, [...(byPath.get(path) ?? []), text]);
  }
  const units = (texts: readonly string[]) => [...new Set(texts)].join("").length;
  const [best] = [...byPath].sort(([, a], [, b]) => new Set(b).size - new Set(a).size || units(b) - units(a));
  return best === undefined ? undefined : { path: best[0], texts: best[1] };
}

function conversationPath(values: readonly unknown[]): string | undefined {
  for (const value of values) {
    for (const [path] of stringsIn(value, "", 0, true)) {
      if (conversationKeys.some((key) => path.endsWith(`/${key}`))) return path;
    }
  }
  return undefined;
}

function* stringsIn(
  value: unknown,
  path: string,
  depth: number,
  withIds = false,
): Generator<[path: string, text: string]> {
  if (typeof value === "string" && path !== "") yield [path, value];
  if (typeof value !== "object" || value === null || depth > 6) return;
  for (const [key, inner] of Object.entries(value)) {
    const isName = /^(?:type|event|role|model|object)$|(?:^id|_id|Id|_at|At|time|timestamp)$/.test(key);
    if (isName && !withIds && typeof inner === "string") continue;
    yield* stringsIn(inner, `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, depth + 1, withIds);
  }
}
