/**
 * Tools that run in the page, and calls that need a person's approval. A turn that ended with such calls waits for answers,
 * which any client of the room may give, after a reload and on another device. The first answer to a call counts: a different
 * one is refused with `turn-conflict`, on `pending` of the snapshot. Used by pages, beside any client of a room.
 */

import { foldMessage } from "../shared/message-fold.ts";
import { answersIn, answerTurnId, callIdOf, chainParts, chainsOf, messageIdOf } from "../shared/open-calls.ts";
import type { CallAnswer, OpenCall } from "../shared/protocol/answers.ts";
import type { TurnView } from "../shared/transcript.ts";
import { isToolUiPart } from "../shared/ui-parts.ts";
import type { ChatRoomClient, ChatSnapshot } from "./api/api.ts";

export { chainsOf, messageIdOf } from "../shared/open-calls.ts";
export type { CallAnswer, OpenCall } from "../shared/protocol/answers.ts";

/** A call that waits for an answer. */
export interface PendingCall extends OpenCall {
  /** The first turn of the message that holds the call. */
  readonly messageId: string;
  /** What the call is made with. */
  readonly input: unknown;
  /** Until when an answer is taken, ms since 1970 by the room's clock. */
  readonly openUntil: number | undefined;
}

export interface RoomTools {
  /** Calls that wait for an answer, oldest first. One that was answered here is gone at once, before the room has it. */
  pending(): readonly PendingCall[];
  /** The output of a tool that ran here. Returns the id of the turn that brings it. */
  answerTool(toolCallId: string, output: unknown): string;
  /** The tool failed here. The model is told `errorText`. */
  failTool(toolCallId: string, errorText: string): string;
  approve(approvalId: string, reason?: string): string;
  deny(approvalId: string, reason?: string): string;
}

/** A client, or what `useChatRoom` returns. */
export type ToolRoom = Pick<ChatRoomClient, "submit"> & (Pick<ChatRoomClient, "getSnapshot"> | ToolSnapshot);

type ToolSnapshot = Pick<ChatSnapshot, "turns" | "pending">;

/** Keeps nothing: `pending` reads the room's snapshot, and answers go through its outbox. Calls that aren't pending throw. */
export function roomTools(room: ToolRoom): RoomTools {
  const pending = () => pendingCalls("getSnapshot" in room ? room.getSnapshot() : room);
  const answer = (said: CallAnswer): string => {
    const id = callIdOf(said);
    const call = pending().find((open) => (open.approvalId ?? open.toolCallId) === id);
    if (call === undefined) throw new Error(`no call ${id} waits for an answer`);
    const { messageId } = call;
    return room.submit({ answers: [said] }, { turnId: answerTurnId(messageId, [said]), continues: messageId });
  };
  const decide = (approvalId: string, approved: boolean, reason: string | undefined) =>
    answer({ type: "approval", approvalId, approved, ...(reason === undefined ? {} : { reason }) });
  return {
    pending,
    answerTool: (toolCallId, output) => answer({ type: "tool-output", toolCallId, output: jsonOf(output) }),
    failTool: (toolCallId, errorText) => answer({ type: "tool-error", toolCallId, errorText }),
    approve: (approvalId, reason) => decide(approvalId, true, reason),
    deny: (approvalId, reason) => decide(approvalId, false, reason),
  };
}

/** For pages that render a snapshot they hold. */
export function pendingCalls({ turns, pending }: ToolSnapshot): readonly PendingCall[] {
  const answered = new Set(
    pending.flatMap(({ input, refused }) => (refused === undefined ? answersIn(input).map(callIdOf) : [])),
  );
  return chainsOf(turns).flatMap((chain) => {
    const { open = [], openUntil } = chain.at(-1) ?? {};
    const waiting = open.filter((call) => !answered.has(call.approvalId ?? call.toolCallId));
    if (waiting.length === 0 || (openUntil !== undefined && openUntil < Date.now())) return [];
    const messageId = messageIdOf(chain[0] as TurnView);
    const parts = foldMessage(chainParts(chain)).parts.filter(isToolUiPart);
    return waiting.map((call) => ({
      ...call,
      messageId,
      input: parts.findLast(({ toolCallId }) => toolCallId === call.toolCallId)?.input,
      openUntil,
    }));
  });
}

/** As it crosses the wire: `undefined` is null there, and what JSON can't hold is left out. */
function jsonOf(output: unknown): Extract<CallAnswer, { type: "tool-output" }>["output"] {
  return output === undefined ? null : JSON.parse(JSON.stringify(output) ?? "null");
}
