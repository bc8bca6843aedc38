/**
 * What the upstream is sent of the conversation before a turn: chosen once, when the turn starts, and bounded, so that every
 * attempt sends the same body (U2).
 */
import { type ChunkPart, type Part, textOf } from "../../../shared/content.ts";
import { defined } from "../../../shared/defined.ts";
import { foldMessage } from "../../../shared/message-fold.ts";
import {
  answerChunks,
  answersIn,
  chainParts,
  isAnswerTo,
  messageIdOf,
  withoutOpenCalls,
} from "../../../shared/open-calls.ts";
import { promptOf } from "../../../shared/prompt.ts";
import type { TurnInput } from "../../../shared/protocol/client-frames.ts";
import { utf8Length } from "../../../shared/text.ts";
import { userMessageId } from "../../../shared/ui-messages.ts";
import type { RoomPolicy } from "../policy.ts";
import type { UpstreamAnswer, UpstreamMessage } from "../ports.ts";
import type { Turn } from "../turn/turn.ts";
import type { TurnList } from "../turn/turn-list.ts";
import type { TurnTexts } from "../turn/turn-texts.ts";
import { chainOf } from "./call-answers.ts";

/** Ordinals of the settled turns with text before `turn`, oldest first. The turns of a chain are chosen together. */
export function historyOf(turn: Turn, turns: readonly Turn[], policy: RoomPolicy): number[] {
  const { ordinal } = turn.record.spec;
  const own = new Set(chainOf(turn.record.spec.id, turns));
  const earlier = turns.filter((past) => past.record.spec.ordinal < ordinal && !own.has(past));
  const history: number[] = [];
  let chosen = 0;
  let bytes = 0;
  let fileBytes = 0;
  for (const chain of settledChains(earlier).reverse()) {
    for (const { record } of chain) {
      const { spec, end } = record;
      const files = (spec.fileBytes ?? 0) + (end?.fileBytes ?? 0);
      fileBytes += files;
      bytes += spec.inputBytes - files + (end?.bytes ?? 0);
    }
    if (chosen >= policy.historyTurns) break;
    if (bytes > policy.historyBytes || fileBytes > policy.historyFileBytes) break;
    chosen += 1;
    history.push(...chain.map(({ record }) => record.spec.ordinal));
  }
  return history.sort((a, b) => a - b);
}

/** The chains that can be told: from their first turn on, as far as they are settled, and with some text. */
function settledChains(turns: readonly Turn[]): Turn[][] {
  return [...Map.groupBy(turns, ({ record }) => messageIdOf(record.spec)).values()]
    .map((chain) => chain.filter(({ record }) => record.end !== undefined))
    .filter((chain) => chain.some(({ record }) => (record.end?.length ?? 0) > 0));
}

/** The messages of a turn's request: its own, or its question after the chosen history, and the answer that it continues. */
export async function messagesFor(
  turn: Turn,
  turns: TurnList,
  policy: RoomPolicy,
  texts: Pick<TurnTexts, "load">,
): Promise<UpstreamMessage[]> {
  const own = chainOf(turn.id, turns.all());
  const links = own.slice(0, own.indexOf(turn) + 1);
  for (const link of links) await texts.load(link);
  const input: TurnInput = links[0]?.input ?? { prompt: "" };
  const continued = links.length > 1 ? [continuedAnswer(links)] : [];
  if ("messages" in input) return [...input.messages, ...continued];
  const chosen = new Set(turn.record.start?.history);
  const question = questionOf(messageIdOf(turn.record.spec), input);
  const messages: UpstreamMessage[] = [question, ...continued];
  let bytes = utf8Length(question.content);
  const past = turns.all().filter(({ record }) => chosen.has(record.spec.ordinal));
  for (const chain of settledChains(past).reverse()) {
    // A turn that is trimmed or cleared while it is read has no rows any more: the history ends there.
    const isRead = await Promise.all(chain.map((link) => texts.load(link))).then(
      () => true,
      (error: unknown) => {
        if (chain.every((link) => turns.has(link))) throw error;
        return false;
      },
    );
    if (!isRead) break;
    const parts = partsOf(chain);
    const asked = questionOf(messageIdOf((chain[0] as Turn).record.spec), chain[0]?.input);
    const answer = answerOf(chain, parts);
    const answerBytes = answer.parts === undefined ? utf8Length(answer.content) : utf8Length(JSON.stringify(answer));
    // The files have their own budget, which was kept when the history was chosen.
    bytes += utf8Length(asked.content) + answerBytes - (answer.parts === undefined ? 0 : answerFileBytes(parts));
    if (bytes > policy.historyBytes) break;
    messages.unshift(asked, answer);
  }
  return messages;
}

/** What is new for the upstream: the answers of a turn, and those before it that left others open. */
export function answersFor(turn: Turn, turns: TurnList): UpstreamAnswer[] {
  const own = chainOf(turn.id, turns.all());
  const answers: UpstreamAnswer[] = [];
  for (let at = own.indexOf(turn); at > 0; at -= 1) {
    const { input, record } = own[at] as Turn;
    if (own[at] !== turn && record.start !== undefined) break;
    const { author: by, createdAt } = record.spec;
    const open = own.slice(0, at).flatMap((link) => link.record.end?.open ?? []);
    const said = answersIn(input).flatMap((answer) => {
      const call = open.findLast((waiting) => isAnswerTo(answer, waiting));
      if (call === undefined) return [];
      return [{ ...answer, toolCallId: call.toolCallId, toolName: call.toolName, by, at: createdAt }];
    });
    answers.unshift(...said);
  }
  return answers;
}

function partsOf(links: readonly Turn[]): Part[] {
  return chainParts(links.map(({ input, answer }) => ({ input, parts: answer?.parts() ?? [] })));
}

/** The answer so far of the chain that the last of `links` continues, with all that was answered. */
function continuedAnswer(links: readonly Turn[]): UpstreamMessage {
  const parts = partsOf(links.slice(0, -1));
  const answered = [...parts, ...answerChunks(answersIn(links.at(-1)?.input))];
  return {
    ...defined({ id: answerIdOf(links) }),
    role: "assistant",
    content: textOf(parts),
    parts: foldMessage(answered).parts,
  };
}

/** A question with files or data keeps its parts beside its text. */
function questionOf(turnId: string, input: TurnInput | undefined): UpstreamMessage {
  const message = { id: userMessageId(turnId), role: "user", content: promptOf(input) } as const;
  return input !== undefined && "parts" in input ? { ...message, parts: input.parts } : message;
}

/** An answer with tools, files or reasoning keeps its parts beside its text. */
function answerOf(chain: readonly Turn[], parts: readonly Part[]): UpstreamMessage {
  const { parts: all, metadata } = foldMessage(parts);
  const folded = withoutOpenCalls(all);
  const isText = folded.every(({ type }) => type === "text" || type === "step-start");
  return {
    ...{ role: "assistant", content: textOf(parts) },
    ...defined({ id: answerIdOf(chain), parts: isText ? undefined : folded, metadata }),
  };
}

/** The id that the upstream gave the answer itself, or that of the chain's first turn, which pages know it by. */
function answerIdOf(chain: readonly Turn[]): string | undefined {
  return (
    chain.find(({ record }) => record.upstream?.messageId !== undefined)?.record.upstream?.messageId ?? chain[0]?.id
  );
}

/** A page knows an answer by its turn's id. The upstream gets the id that it gave the answer itself. */
export function withUpstreamId(message: UpstreamMessage, turns: Pick<TurnList, "get">): UpstreamMessage {
  const { id, role } = message;
  const known = id !== undefined && role === "assistant" ? turns.get(id)?.record.upstream?.messageId : undefined;
  return known === undefined ? message : { ...message, id: known };
}

/** Bytes of the data URLs of an answer's files. */
export function answerFileBytes(parts: readonly Part[]): number {
  let bytes = 0;
  for (const part of parts) {
    const url = part.type === "file" || part.type === "reasoning-file" ? (part as ChunkPart)["url"] : undefined;
    if (typeof url === "string" && url.startsWith("data:")) bytes += url.length;
  }
  return bytes;
}
