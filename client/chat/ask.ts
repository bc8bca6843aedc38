/** `ask`: one question and its answer, as text that arrives and as a promise of the whole turn. Built on the public client alone. */
import { textOf } from "../../shared/content.ts";
import type { TurnInput } from "../../shared/protocol/client-frames.ts";
import type { TurnView } from "../../shared/transcript.ts";
import type { Answer, AskOptions, ChatRoomClient } from "../api/api.ts";
import { ChatError } from "../api/chat-error.ts";

export function ask(
  client: Pick<ChatRoomClient, "submit" | "subscribe" | "getSnapshot" | "cancel">,
  input: string | TurnInput,
  { signal, ...options }: AskOptions = {},
): Answer {
  signal?.throwIfAborted();
  const turnId = client.submit(input, options);
  let last: TurnView | undefined;
  const done = new Promise<TurnView>((resolve, reject) => {
    const look = () => {
      const { turns, pending, connection } = client.getSnapshot();
      const turn = turns.findLast(({ id }) => id === turnId);
      const { refused } = pending.find(({ id }) => id === turnId) ?? {};
      last = turn ?? last;
      if (turn?.state === "settled") {
        const { outcome, error } = turn;
        if (outcome === "completed" || outcome === "cancelled") end(() => resolve(turn));
        else fail(error?.code ?? "interrupted", error?.message, error?.retryable);
      } else if (refused) fail(refused.code, refused.message, refused.retryable);
      else if (connection.state === "closed") fail(connection.code ?? "closed", connection.message);
      // Shown before, or sent, and gone: somebody removed it.
      else if (!turn && !pending.some(({ id }) => id === turnId)) fail("turn-unknown");
    };
    const onAbort = () => {
      client.cancel(turnId);
      end(() => reject(signal?.reason));
    };
    const unsubscribe = client.subscribe(look);
    const end = (settle: () => void) => {
      unsubscribe();
      signal?.removeEventListener("abort", onAbort);
      settle();
    };
    const fail = (code: string, message = code, retryable = false) =>
      end(() => reject(new ChatError(code, message, retryable, last)));
    signal?.addEventListener("abort", onAbort);
    look();
  });
  // Whoever reads the text alone learns of a failure there.
  done.catch(() => {});
  return {
    turnId,
    done,
    async *[Symbol.asyncIterator]() {
      let isOver = false;
      const over = done.then(
        () => {
          isOver = true;
        },
        () => {
          isOver = true;
        },
      );
      for (let given = 0; ; ) {
        const text = last ? textOf(last.parts) : "";
        if (text.length > given) {
          yield text.slice(given);
          given = text.length;
        } else if (isOver) break;
        else {
          let leave = () => {};
          await Promise.race([
            over,
            new Promise<void>((resolve) => {
              leave = client.subscribe(resolve);
            }),
          ]);
          leave();
        }
      }
      await done;
    },
  };
}
