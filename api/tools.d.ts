/**
 * Tools that run in the page, and calls that need a person's approval. A turn that ended with such calls waits for answers,
 * which any client of the room may give, after a reload and on another device. The first answer to a call counts: a different
 * one is refused with `turn-conflict`, on `pending` of the snapshot. Used by pages, beside any client of a room.
 */
import { CallAnswer, OpenCall } from "./client/transcript.js";
import { ChatRoomClient, ChatSnapshot } from "./client/api.js";
/** As much of a turn as a chain needs. */
interface ChainLink {
  readonly id: string;
  /** The first turn of the chain. */
  readonly continues?: string | undefined;
}
/** The first turn of the chain that a turn belongs to: the id of its message. */
export declare function messageIdOf({ id, continues }: ChainLink): string;
/** Turns by chain, in the order of the first turn of each. */
export declare function chainsOf<T extends ChainLink>(turns: readonly T[]): T[][];
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
export declare function roomTools(room: ToolRoom): RoomTools;
/** For pages that render a snapshot they hold. */
export declare function pendingCalls({ turns, pending }: ToolSnapshot): readonly PendingCall[];
export type { CallAnswer, OpenCall };