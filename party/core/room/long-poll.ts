/**
 * Long-polls: a sync that waits until there is something in it. It is woken by what happens, not by a timer; text that
 * continues waits until it is worth an answer of its own.
 */
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { SyncFrame } from "../../../shared/protocol/server-frames.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { RoomPolicy } from "../policy.ts";
import type { Clock } from "../ports.ts";
import type { Syncs } from "../sync/sync-builder.ts";

export interface PollAnswer {
  /** As JSON, in order. */
  readonly frames: readonly string[];
  /** What the reader holds once it has applied them. */
  readonly holds: Have;
  /** When to ask again: at once while an answer is on its way. */
  readonly retryAfterMs: number;
}

/** With no turn open, about this long until the next question; each its own, so that they do not come in waves. */
const idlePollMs = 4_000;
const idleSpreadMs = 2_000;

export interface PollPorts {
  readonly conversation: Conversation;
  readonly syncs: Syncs;
  readonly clock: Clock;
  readonly policy: RoomPolicy;
  readonly random: () => number;
}

/** Resolves within `waitMs` or a little later; undefined where storage has failed and nothing can be told. */
export async function poll(
  { conversation, syncs, clock, policy, random }: PollPorts,
  have: Have | undefined,
  waitMs: number,
): Promise<PollAnswer | undefined> {
  const { delivery } = conversation;
  const startedAt = clock.now();
  const heard = delivery.newestNotice;
  for (;;) {
    const seen = delivery.seq;
    const made = await syncs.once({ have });
    if (made === undefined) return undefined;
    const { frame, holds } = made;
    const news = newsOf(frame, have);
    const isIdle = conversation.turns.idleSince !== undefined;
    const answerAt = startedAt + (news === "text" ? Math.min(waitMs, policy.pollMergeMs) : waitMs);
    const isWorthIt = news === "change" || delivery.newestNotice > heard || isIdle || clock.now() >= answerAt;
    if (isWorthIt || conversation.isClosed) {
      const frames = news === "none" ? [] : [JSON.stringify(frame)];
      const retryAfterMs = isIdle ? idlePollMs + Math.floor(random() * idleSpreadMs) : 0;
      return { frames: [...frames, ...delivery.words()], holds, retryAfterMs };
    }
    await new Promise<void>((resolve) => {
      const done = () => {
        stop();
        timer.cancel();
        resolve();
      };
      const timer = clock.after(answerAt - clock.now(), done);
      // Of text that is waited for anyway more does not matter; of anything else it does.
      const stop = delivery.watch(() => {
        if (news === "none" || delivery.seq !== seen || delivery.newestNotice > heard || conversation.isClosed) done();
      });
    });
  }
}

/** `text`: nothing but more of an answer that the reader has begun to read. */
function newsOf(frame: SyncFrame, have: Have | undefined): "none" | "text" | "change" {
  if (have === undefined || frame.mode === "snapshot" || frame.seq !== have.seq) return "change";
  const grown = frame.turns.filter(({ parts }) => parts.length > 0);
  if (grown.length === 0) return "none";
  // The first words of an answer are what people wait for.
  return grown.some(({ from }) => from === 0) ? "change" : "text";
}
