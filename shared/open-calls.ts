/**
 * What an answer leaves open when it ends, and what answers to that make of it. A chain of turns is one message: the answer of
 * the first turn, then for each turn that continues it what was answered, and its own answer. Pure; it knows no frames.
 */
import type { ChunkPart, Part } from "./content.ts";
import { fingerprint } from "./fingerprint.ts";
import { foldMessage } from "./message-fold.ts";
import type { CallAnswer, OpenCall } from "./protocol/answers.ts";
import type { TurnInput } from "./protocol/client-frames.ts";
import { maxOpenCalls } from "./protocol/limits.ts";
import { isToolUiPart, type ToolUiPart, toolNameOf, type UiPart } from "./ui-parts.ts";

/** The calls of an answer that ended without their outputs: of tools that a client runs, and those that need an approval. */
export function openCallsIn(parts: readonly Part[]): OpenCall[] {
  if (!parts.some(({ type }) => type.startsWith("tool-"))) return [];
  return foldMessage(parts)
    .parts.flatMap((part) => (isToolUiPart(part) ? (openCallOf(part) ?? []) : []))
    .slice(0, maxOpenCalls);
}

function openCallOf(part: ToolUiPart): OpenCall | undefined {
  const { toolCallId, state, providerExecuted } = part;
  const call = { toolCallId, toolName: toolNameOf(part) };
  if (state === "input-available" && providerExecuted !== true) return { kind: "tool", ...call };
  const approval = part["approval"] as { readonly id?: unknown; readonly isAutomatic?: unknown } | undefined;
  if (state !== "approval-requested" || typeof approval?.id !== "string" || approval.isAutomatic === true) {
    return undefined;
  }
  return { kind: "approval", ...call, approvalId: approval.id };
}

/** What an answer names: an approval by its own id, a tool's call by its call's. */
export function callIdOf(answer: CallAnswer): string {
  return answer.type === "approval" ? answer.approvalId : answer.toolCallId;
}

/** Whether it is the kind of answer that the call waits for. */
export function isAnswerTo(answer: CallAnswer, call: OpenCall): boolean {
  if (answer.type === "approval") return call.kind === "approval" && answer.approvalId === call.approvalId;
  return call.kind === "tool" && answer.toolCallId === call.toolCallId;
}

/** The answers of an input; none of a question. */
export function answersIn(input: TurnInput | undefined): readonly CallAnswer[] {
  return input !== undefined && "answers" in input ? input.answers : [];
}

/** Answers as the chunks that have the same effect on a message. */
export function answerChunks(answers: readonly CallAnswer[]): ChunkPart[] {
  return answers.map(({ type, ...answer }) => ({ ...answer, type: chunkTypes[type] }));
}

const chunkTypes: Readonly<Record<CallAnswer["type"], string>> = {
  "tool-output": "tool-output-available",
  "tool-error": "tool-output-error",
  approval: "tool-approval-response",
};

/** As much of a turn as a chain needs. */
export interface ChainLink {
  readonly id: string;
  /** The first turn of the chain. */
  readonly continues?: string | undefined;
}

/** The first turn of the chain that a turn belongs to: the id of its message. */
export function messageIdOf({ id, continues = id }: ChainLink): string {
  return continues;
}

/** Turns by chain, in the order of the first turn of each. */
export function chainsOf<T extends ChainLink>(turns: readonly T[]): T[][] {
  const chains = new Map<string, T[]>();
  for (const turn of turns) {
    const messageId = messageIdOf(turn);
    const chain = chains.get(messageId);
    if (chain === undefined) chains.set(messageId, [turn]);
    else chain.push(turn);
  }
  return [...chains.values()];
}

/** The parts of a chain as one answer: of each turn what it answered, and then its own. */
export function chainParts(
  links: readonly { readonly input?: TurnInput | undefined; readonly parts: readonly Part[] }[],
): Part[] {
  return links.flatMap(({ input, parts }) => [...answerChunks(answersIn(input)), ...parts]);
}

/**
 * The answers that a message of the AI SDK holds, as its hooks set them. Tools that the upstream ran have the same states, so
 * only those count that a turn waits for, or waited for: `isAsked` says which.
 */
export function answersOf(parts: readonly unknown[], isAsked: (answer: CallAnswer) => boolean): CallAnswer[] {
  return parts.flatMap((part) => answersInPart(part as ToolUiPart)).filter(isAsked);
}

function answersInPart(part: ToolUiPart): CallAnswer[] {
  if (!isToolUiPart(part) || typeof part.toolCallId !== "string") return [];
  const { toolCallId, state, output = null, errorText = "" } = part;
  const answers: CallAnswer[] = [];
  const approval = part["approval"] as {
    readonly id?: unknown;
    readonly approved?: unknown;
    readonly reason?: unknown;
  };
  const { id, approved, reason } = approval ?? {};
  if (typeof id === "string" && typeof approved === "boolean") {
    answers.push({ type: "approval", approvalId: id, approved, ...(typeof reason === "string" ? { reason } : {}) });
  }
  if (state === "output-available") answers.push({ type: "tool-output", toolCallId, output: output as JsonValue });
  if (state === "output-error") answers.push({ type: "tool-error", toolCallId, errorText });
  return answers;
}

type JsonValue = Extract<CallAnswer, { type: "tool-output" }>["output"];

/** Whether a chain waits for an answer, or was given one to the same call. */
export function isAskedIn(
  links: readonly { readonly open?: readonly OpenCall[] | undefined; readonly answered: readonly string[] }[],
): (answer: CallAnswer) => boolean {
  const open = links.at(-1)?.open ?? [];
  const answered = new Set(links.flatMap((link) => link.answered));
  return (answer) => open.some((call) => isAnswerTo(answer, call)) || answered.has(callIdOf(answer));
}

/** The id of the turn that brings these answers: the same answers from two devices are one turn (T1). */
export function answerTurnId(messageId: string, answers: readonly CallAnswer[]): string {
  const sorted = [...answers].sort((a, b) => (callIdOf(a) < callIdOf(b) ? -1 : 1));
  return `a-${fingerprint([messageId, sorted])}`;
}

/** A message of the past, in which calls that nobody answered are over: no model takes a call without its result. */
export function withoutOpenCalls(parts: readonly UiPart[]): UiPart[] {
  return parts.map((part) => {
    if (!isToolUiPart(part) || openCallOf(part) === undefined) return part;
    return { ...part, state: "output-error", errorText: "The call was not answered." };
  });
}
