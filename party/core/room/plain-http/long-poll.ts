/**
 * A long-poll: a sync that waits until there is something in it. Changes wake it, not a timer; text that continues is collected
 * until it is worth an answer of its own (F6).
 */
import type { Have } from "../../../../shared/protocol/client-frames.ts";
import type { SyncFrame } from "../../../../shared/protocol/server-frames.ts";
import type { Conversation } from "../../conversation/conversation.ts";
import type { RoomPolicy } from "../../policy.ts";
import type { MonotonicClock } from "../../ports.ts";
import type { SyncBuilder } from "../../sync/sync-builder.ts";

export interface PollAnswer {
  /** As JSON, in order. */
  readonly frames: readonly string[];
  /** What the reader holds once it has applied them. */
  readonly holds: Have;
  /** When to poll again: at once while a turn is open. */
  readonly retryAfterMs: number;
}

/** Without an open turn: when to poll again, plus a random share of the spread, so that polls don't come in waves. */
const idlePollMs = 4_000;
const idleSpreadMs = 2_000;

export interface PollPorts {
  readonly conversation: Conversation;
  readonly syncs: SyncBuilder;
  readonly clock: MonotonicClock;
  readonly policy: RoomPolicy;
  readonly random: () => number;
}

export interface PollOptions {
  readonly have: Have | undefined;
  readonly waitMs: number;
  /** Aborts when the poll must give up its place: it is answered with what there is. */
  readonly place: AbortSignal;
}

/** Resolves within `waitMs` or a little later; undefined where storage has failed and nothing can be read. */
export async function poll(
  { conversation, syncs, clock, policy, random }: PollPorts,
  { have, waitMs, place }: PollOptions,
): Promise<PollAnswer | undefined> {
  const { delivery } = conversation;
  const startedAt = clock.elapsed();
  const heard = delivery.newestNotice;
  for (;;) {
    const seen = delivery.seq;
    const made = await syncs.once({ have });
    if (made === undefined) return undefined;
    const { frame, holds } = made;
    const news = newsOf(frame, have);
    const isIdle = conversation.turns.idleSince !== undefined;
    const answerAt = startedAt + (news === "text" ? Math.min(waitMs, policy.pollMergeMs) : waitMs);
    const isWorthIt = news === "change" || delivery.newestNotice > heard || isIdle || clock.elapsed() >= answerAt;
    if (isWorthIt || place.aborted || conversation.isClosed) {
      const frames = news === "none" ? [] : [JSON.stringify(frame)];
      const retryAfterMs = isIdle ? idlePollMs + Math.floor(random() * idleSpreadMs) : 0;
      return { frames: [...frames, ...delivery.states()], holds, retryAfterMs };
    }
    await new Promise<void>((resolve) => {
      const done = () => {
        stop();
        timer.cancel();
        place.removeEventListener("abort", done);
        resolve();
      };
      const timer = clock.after(answerAt - clock.elapsed(), done);
      place.addEventListener("abort", done);
      // More of the text that is collected anyway doesn't matter; any other change does.
      const stop = delivery.watch(() => {
        if (news === "none" || delivery.seq !== seen || delivery.newestNotice > heard || conversation.isClosed) done();
      });
    });
  }
}

/** `text`: the sync only continues an answer that the reader has begun to read. */
function newsOf(frame: SyncFrame, have: Have | undefined): "none" | "text" | "change" {
  if (have === undefined || frame.mode === "snapshot" || frame.seq !== have.seq) return "change";
  const grown = frame.turns.filter(({ parts }) => parts.length > 0);
  if (grown.length === 0) return "none";
  // Users wait for the first words of an answer.
  return grown.some(({ from }) => from === 0) ? "change" : "text";
}
