/**
 * Turns and the AI SDK's messages: a conversation as `UIMessage`s, what a list of them asks, and under which turn id. An
 * assistant's message has its turn's id; a user's message, which the page names itself, names its turns (see `turnIdOf`).
 */
import { fingerprint } from "./fingerprint.ts";
import { foldMessage } from "./message-fold.ts";
import { answersOf, chainParts, chainsOf, messageIdOf } from "./open-calls.ts";
import type { CallAnswer } from "./protocol/answers.ts";
import type { ContextMessage, TurnInput } from "./protocol/client-frames.ts";
import { turnIdPattern } from "./protocol/limits.ts";
import type { QuestionPart } from "./protocol/question.ts";
import { wellFormed } from "./text.ts";
import type { TurnView } from "./transcript.ts";
import type { UiPart } from "./ui-parts.ts";

/** A message in the shape of the AI SDK's `UIMessage`. */
export interface GatewayUiMessage {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly parts: readonly UiPart[];
  readonly metadata?: unknown;
}

/** As much of a part as is read here. The room judges the rest of it. */
type AskedPart = { readonly type: string; readonly text?: unknown };

/** As much of a `UIMessage` of any version as is read here. */
export interface AskedMessage {
  readonly id: string;
  readonly role: string;
  readonly parts: readonly AskedPart[];
}

/** The user's message of a turn that this page did not name. */
const userMessagePrefix = "user-";
export const userMessageId = (turnId: string): string => `${userMessagePrefix}${turnId}`;

/**
 * A conversation as messages, oldest first. Of a turn that is not over the question alone: the answer comes as a stream,
 * from its start. `nameOf` gives back the page's own id of a turn's question, where it is known.
 */
export function uiMessagesOf(
  turns: readonly TurnView[],
  nameOf: (turnId: string) => string = userMessageId,
): GatewayUiMessage[] {
  return chainsOf(turns).flatMap((chain) => {
    const [first] = chain;
    if (first === undefined) return [];
    const id = messageIdOf(first);
    const messages: GatewayUiMessage[] = [];
    const parts = questionParts(first.input);
    if (parts.length > 0) messages.push({ id: nameOf(first.id), role: "user", parts });
    // As the stream has it: a failure without a word leaves no message, an empty answer does.
    const isShown =
      chain.every(({ state }) => state === "settled") &&
      chain.some(({ length, outcome }) => length > 0 || outcome === "completed");
    if (isShown) messages.push({ id, role: "assistant", ...foldMessage(chainParts(chain)) });
    return messages;
  });
}

/** A question alone, without a history of its own. */
export type Question = { readonly prompt: string } | { readonly parts: QuestionPart[] };

export type Asked =
  | {
      readonly ok: true;
      readonly message: AskedMessage;
      /** The question alone: its text, or its parts where it has more than text. Undefined for answers to open calls. */
      readonly input: Question | undefined;
      /** What the last message, an answer, holds of answers to calls. The room knows which of them are asked for. */
      readonly answers: readonly CallAnswer[];
      readonly messages: ContextMessage[];
    }
  | { readonly ok: false; readonly error: "unsupported-content" | "bad-request"; readonly detail: string };

/**
 * What a list of messages asks: the last one, with all of them as the upstream's context. It is the user's question, or an
 * answer to whose open calls the page has added outputs and decisions. Only the new question is judged: one with anything but text, files and data is refused, because it would be asked in
 * part. Of earlier messages, which the user can no longer change, what isn't one of these is left out.
 */
export function askedBy(messages: readonly AskedMessage[]): Asked {
  const message = messages.at(-1);
  const answers = message?.role === "assistant" ? answersOf(message.parts, () => true) : [];
  if (message === undefined || (message.role !== "user" && answers.length === 0)) {
    const detail =
      "The last of the messages must be the user's question, or an answer with outputs or decisions for its calls.";
    return { ok: false, error: "bad-request", detail };
  }
  const isAnswer = message.role !== "user";
  const foreign = isAnswer ? undefined : message.parts.find(({ type }) => !isAskable(type));
  if (foreign !== undefined) {
    const detail = `A question has text, files and data; this one has a part "${foreign.type}".`;
    return { ok: false, error: "unsupported-content", detail };
  }
  const context: ContextMessage[] = [];
  for (const { id, role, parts } of messages) {
    if (role !== "user" && role !== "assistant" && role !== "system") {
      return { ok: false, error: "bad-request", detail: "A message's role is user, assistant or system." };
    }
    const content = textIn(parts);
    const hasMore = parts.some(({ type }) => type !== "text" && type !== "step-start");
    const rest = role === "user" && hasMore ? askableOf(parts) : [];
    // With its tools and files, for formats that carry them.
    if (role === "assistant" && hasMore) context.push({ id, role, content, parts: wellFormed([...parts]) });
    else if (rest.length > 0) context.push({ id, role, content, parts: rest });
    else if (content.trim() !== "") context.push({ id, role, content });
  }
  const asked = { ok: true, message, answers, messages: context } as const;
  if (isAnswer) return { ...asked, input: undefined };
  const prompt = textIn(message.parts);
  if (message.parts.some(({ type }) => type !== "text"))
    return { ...asked, input: { parts: askableOf(message.parts) } };
  if (prompt.trim() === "") return { ok: false, error: "bad-request", detail: "The question is empty." };
  return { ...asked, input: { prompt } };
}

function isAskable(type: string): boolean {
  return type === "text" || type === "file" || type.startsWith("data-");
}

/** Parts as they are sent: the room refuses what isn't what its type says. */
function askableOf(parts: AskedMessage["parts"]): QuestionPart[] {
  return wellFormed(parts.filter(({ type }) => isAskable(type))) as QuestionPart[];
}

/** What a turn asked, as the parts of a user's message. */
function questionParts(input: TurnInput | undefined): readonly UiPart[] {
  if (input === undefined || "answers" in input) return [];
  if ("parts" in input) return input.parts;
  if ("prompt" in input) return [{ type: "text", text: input.prompt }];
  const asked = input.messages.findLast(({ role }) => role === "user");
  if (asked?.parts !== undefined) return asked.parts;
  return asked === undefined || asked.content === "" ? [] : [{ type: "text", text: asked.content }];
}

function textIn(parts: AskedMessage["parts"]): string {
  let text = "";
  for (const part of parts) if (part.type === "text" && typeof part.text === "string") text += part.text;
  return wellFormed(text);
}

/**
 * The turn that asks a message: the same message sent again is the same turn and starts nothing new (T1), in other words
 * it is another. All turns of one message share the beginning of their ids, which is how an edit finds what it replaces.
 */
export function turnIdOf(messageId: string, input: Question): string {
  return `${messageName(messageId)}${fingerprint("prompt" in input ? input.prompt : input.parts.map(withoutSignature))}`;
}

/** The address of an uploaded file is signed anew each time that it is sent; the file stays the same. */
function withoutSignature(part: QuestionPart): QuestionPart {
  if (part.type !== "file") return part;
  return { ...part, url: part.url.replace(/(\/parties\/chat\/[^/?#]+\/files\/[^/?#]+)\?.*/, "$1") };
}

/** Another turn for the same message: the answer is to be given again. `nonce` makes it one of its own. */
export function turnIdAgain(messageId: string, nonce: string): string {
  return `${messageName(messageId)}${nonce}`;
}

function messageName(messageId: string): string {
  return `m-${fingerprint(messageId)}-`;
}

/** The first of `turnIds` that asked a message: what an edit of it, or another answer to it, replaces. */
export function turnAsking(messageId: string, turnIds: readonly string[]): string | undefined {
  const own = messageId.startsWith(userMessagePrefix) ? messageId.slice(userMessagePrefix.length) : undefined;
  const name = messageName(messageId);
  return turnIds.find((id) => id.startsWith(name) || (id === own && turnIdPattern.test(id)));
}
