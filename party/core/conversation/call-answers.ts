/**
 * Judges answers to open calls (T8): which are new, which were given before, and what stays open. The first answer to a call
 * counts. Pure; `submit.ts` acts on the judgement.
 */
import { fingerprint } from "../../../shared/fingerprint.ts";
import { callIdOf, isAnswerTo, isAskedIn, messageIdOf } from "../../../shared/open-calls.ts";
import type { CallAnswer, OpenCall } from "../../../shared/protocol/answers.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";
import type { TurnSpec } from "../log/turn-record.ts";
import type { Turn } from "../turn/turn.ts";

export type Judgement =
  | {
      readonly kind: "new";
      /** The newest turn of the chain, whose calls are answered. */
      readonly head: Turn;
      /** The first turn of the chain. */
      readonly messageId: string;
      readonly answered: NonNullable<TurnSpec["answered"]>;
      /** Calls that stay open: the upstream is called when none is left. */
      readonly left: OpenCall[];
    }
  /** Nothing is new: the turn that brought the same answers. */
  | { readonly kind: "known"; readonly turnId: string };

/** @param turns without those that are to be removed. @param now ms since 1970 */
export function judgeAnswers(
  continues: string,
  answers: readonly CallAnswer[],
  turns: readonly Turn[],
  now: number,
): Result<Judgement, ErrorCode> {
  const chain = chainOf(continues, turns);
  const head = chain.at(-1);
  if (head === undefined) return fail("turn-unknown");
  const { open = [], openUntil = 0 } = head.record.end ?? {};
  const given = chain.flatMap(({ id, record }) =>
    (record.spec.answered ?? []).map(([call, print]) => ({ id, call, print })),
  );
  const answered = new Map<string, string>();
  let turnId = head.id;
  for (const answer of answers) {
    const [call, print] = [callIdOf(answer), fingerprint(answer)];
    if (answered.has(call)) return fail("turn-conflict");
    if (open.some((waiting) => isAnswerTo(answer, waiting))) {
      answered.set(call, print);
      continue;
    }
    const before = given.findLast((other) => other.call === call);
    if (before === undefined) return fail("call-unknown");
    if (before.print !== print) return fail("turn-conflict");
    turnId = before.id;
  }
  if (answered.size === 0) return ok({ kind: "known", turnId });
  if (now > openUntil) return fail("answer-expired");
  const left = open.filter((call) => !answered.has(call.approvalId ?? call.toolCallId));
  return ok({ kind: "new", head, messageId: messageIdOf(head.record.spec), answered: [...answered], left });
}

/** The turns of a chain in order, whichever of them is named; none where it isn't among the turns. */
export function chainOf(turnId: string, turns: readonly Turn[]): Turn[] {
  const named = turns.find(({ record }) => record.spec.id === turnId);
  if (named === undefined) return [];
  const messageId = messageIdOf(named.record.spec);
  return turns.filter(({ record }) => messageIdOf(record.spec) === messageId);
}

/** The answers of a message that its chain waits for, or has (`answersOf`). */
export function askedAnswers(turnId: string, answers: readonly CallAnswer[], turns: readonly Turn[]): CallAnswer[] {
  const links = chainOf(turnId, turns).map(({ record }) => ({
    open: record.end?.open,
    answered: (record.spec.answered ?? []).map(([call]) => call),
  }));
  return answers.filter(isAskedIn(links));
}
