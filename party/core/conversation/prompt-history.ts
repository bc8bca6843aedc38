/**
 * What the upstream is sent of the conversation before a turn: chosen once, when the turn starts, and bounded, so that every
 * attempt sends the same body (U2).
 */
import { type Part, textOf } from "../../../shared/content.ts";
import { foldMessage } from "../../../shared/message-fold.ts";
import { promptOf } from "../../../shared/prompt.ts";
import type { TurnInput } from "../../../shared/protocol/client-frames.ts";
import { utf8Length } from "../../../shared/text.ts";
import type { RoomPolicy } from "../policy.ts";
import type { UpstreamMessage } from "../ports.ts";
import type { Turn } from "../turn/turn.ts";
import type { TurnList } from "../turn/turn-list.ts";
import type { TurnTexts } from "../turn/turn-texts.ts";

/** Ordinals of the settled turns with text before `turn`, oldest first. */
export function historyOf(turn: Turn, turns: readonly Turn[], policy: RoomPolicy): number[] {
  const history: number[] = [];
  let bytes = 0;
  let fileBytes = 0;
  for (const { record } of turns.toReversed()) {
    const { spec, end } = record;
    if (spec.ordinal >= turn.record.spec.ordinal || end === undefined || end.length === 0) continue;
    const files = spec.fileBytes ?? 0;
    fileBytes += files;
    bytes += spec.inputBytes - files + end.bytes;
    if (history.length >= policy.historyTurns) break;
    if (bytes > policy.historyBytes || fileBytes > policy.historyFileBytes) break;
    history.unshift(spec.ordinal);
  }
  return history;
}

/** The messages of a turn's request: its own, or its prompt after the chosen history. */
export async function messagesFor(
  turn: Turn,
  turns: TurnList,
  policy: RoomPolicy,
  texts: Pick<TurnTexts, "load">,
): Promise<UpstreamMessage[]> {
  await texts.load(turn);
  const input: TurnInput = turn.input ?? { prompt: "" };
  if ("messages" in input) return input.messages;
  const chosen = new Set(turn.record.start?.history);
  const question = questionOf(input);
  const messages: UpstreamMessage[] = [question];
  let bytes = utf8Length(question.content);
  for (const past of turns.all().reverse()) {
    if (!chosen.has(past.record.spec.ordinal)) continue;
    // A turn that is trimmed or cleared while it is read has no rows any more: the history ends there.
    const isRead = await texts.load(past).then(
      () => true,
      (error: unknown) => {
        if (turns.has(past)) throw error;
        return false;
      },
    );
    if (!isRead) break;
    const asked = questionOf(past.input);
    const answer = answerOf(past.answer?.parts() ?? []);
    const answerBytes = answer.parts === undefined ? utf8Length(answer.content) : utf8Length(JSON.stringify(answer));
    // The files have their own budget, which was kept when the history was chosen.
    bytes += utf8Length(asked.content) + answerBytes;
    if (bytes > policy.historyBytes) break;
    messages.unshift(asked, answer);
  }
  return messages;
}

/** A question with files or data keeps its parts beside its text. */
function questionOf(input: TurnInput | undefined): UpstreamMessage {
  const message = { role: "user", content: promptOf(input) } as const;
  return input !== undefined && "parts" in input ? { ...message, parts: input.parts } : message;
}

/** An answer with tools, files or reasoning keeps its parts beside its text. */
function answerOf(parts: readonly Part[]): UpstreamMessage {
  const message = { role: "assistant", content: textOf(parts) } as const;
  const folded = foldMessage(parts).parts;
  const isText = folded.every(({ type }) => type === "text" || type === "step-start");
  return isText ? message : { ...message, parts: folded };
}
