/**
 * Presents one turn of a room as a stream of UI message chunks, from its beginning and in whatever state the turn is: being
 * sent, refused, queued, streaming or settled. The stream closes when the turn settles. It never errors: a failure is an
 * error chunk.
 */
import {
  type UiMessageChunk,
  type UiMessageStep,
  UiMessageWriter,
  wholeMessage,
} from "../../shared/ui-message-stream.ts";
import type { ChatRoomClient } from "../api/api.ts";

export interface TurnStreamOptions {
  readonly signal?: AbortSignal | undefined;
  /** `whole`: of a turn that continues a message, also what comes before it. Default: the turn's own answer. */
  readonly content?: "turn" | "whole";
  /** The reader's signal was aborted while the turn was still going. */
  readonly onAbort: () => void;
  /** Nothing follows: the turn is over, or nobody reads. Once. */
  readonly onEnd: () => void;
}

interface News {
  readonly chunks: readonly UiMessageChunk[];
  /** Present on the last: what is left to do when it has been told. */
  readonly finally?: () => void;
}

/** The turn must be shown by the client or be on its way. Cancelling the stream is leaving: the turn goes on. */
export function turnStream(
  client: ChatRoomClient,
  turnId: string,
  { signal, content = "turn", onAbort, onEnd }: TurnStreamOptions,
): ReadableStream<UiMessageChunk> {
  const news = newsOf(client, turnId, content);
  let isOver = false;
  let leave = () => {};
  const end = () => {
    if (isOver) return;
    isOver = true;
    leave();
    onEnd();
  };
  return new ReadableStream<UiMessageChunk>({
    start(controller) {
      const look = () => {
        if (isOver) return;
        const { chunks, finally: last } = news();
        for (const chunk of chunks) controller.enqueue(chunk);
        if (last === undefined) return;
        controller.close();
        end();
        last();
      };
      const abort = () => {
        if (isOver) return;
        controller.close();
        end();
        onAbort();
      };
      const unsubscribe = client.subscribe(look);
      signal?.addEventListener("abort", abort);
      leave = () => {
        unsubscribe();
        signal?.removeEventListener("abort", abort);
      };
      if (signal?.aborted) abort();
      else look();
    },
    cancel: end,
  });
}

/** Returns what there is to say at each moment. */
function newsOf(client: ChatRoomClient, turnId: string, content: "turn" | "whole"): () => News {
  const writer = new UiMessageWriter(turnId);
  const nothing = () => {};
  return () => {
    const { turns, pending, connection } = client.getSnapshot();
    const turn = turns.findLast(({ id }) => id === turnId);
    const waiting = pending.find(({ id }) => id === turnId);
    const shown = turn === undefined || content === "turn" ? turn : wholeMessage(turns, turn);
    const chunks = shown === undefined ? [] : chunksOf(writer.advance(shown));
    if (writer.isDone) return { chunks, finally: nothing };
    if (waiting?.refused !== undefined) {
      return { chunks: [failed(waiting.refused.message)], finally: () => client.dismiss(turnId) };
    }
    if (connection.state === "closed") {
      const { code, message = code } = connection;
      return {
        chunks: message === undefined ? chunksOf(writer.removed()) : [...chunks, failed(message)],
        // Not kept for a later sign-in: the page has been told that it failed, and asks again.
        finally: waiting === undefined ? nothing : () => client.cancel(turnId),
      };
    }
    if (turn !== undefined || waiting !== undefined) return { chunks };
    // Removed from the room, or withdrawn before it left.
    return { chunks: chunksOf(writer.removed()), finally: nothing };
  };
}

function chunksOf(steps: readonly UiMessageStep[]): UiMessageChunk[] {
  return steps.map(({ chunk }) => chunk);
}

function failed(errorText: string): UiMessageChunk {
  return { type: "error", errorText };
}
