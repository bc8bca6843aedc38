/** `ask`: an answer as text that arrives, and as a promise of the whole turn. */
import { describe, expect, test } from "vitest";
import type { Answer } from "../../../../client/api/api.ts";
import { ChatError } from "../../../../client/api/chat-error.ts";
import { client, eachWithItsOwnNetwork, goOnline, net } from "../../../support/client/socket-client.ts";
import { sync } from "../../../support/client/sync-frames.ts";
import { delta, end, queued, refusal, start } from "../../../support/client/turn-frames.ts";

eachWithItsOwnNetwork();

/** Lets promises settle; the suite's timers are fake. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

/** What is read so far, and how it ended. */
function reading(answer: Answer) {
  const read: { texts: string[]; end: unknown } = { texts: [], end: "open" };
  void (async () => {
    for await (const text of answer) read.texts.push(text);
  })().then(
    () => {
      read.end = "done";
    },
    (error: unknown) => {
      read.end = error;
    },
  );
  return read;
}

async function asked(options: Parameters<typeof client.ask>[1] = {}) {
  const socket = await goOnline();
  const answer = client.ask("hi", { turnId: "a", ...options });
  return { socket, answer };
}

describe("[K1] ask", () => {
  test("gives the text as it arrives, and the whole turn with its metadata at the end", async () => {
    const { socket, answer } = await asked();
    const read = reading(answer);
    socket.queue(queued(1, "a"), start(2, "a"), delta("a", 0, "one ")).deliver();
    await settled();
    expect(read).toEqual({ texts: ["one "], end: "open" });
    socket.queue(delta("a", 4, "two"), end(3, "a", 7)).deliver();
    await settled();
    expect([read.texts.join(""), read.end]).toEqual(["one two", "done"]);
    expect(await answer.done).toMatchObject({ id: "a", outcome: "completed", length: 7 });
    // A second reading begins at the start.
    const again = reading(answer);
    await settled();
    expect(again).toEqual({ texts: ["one two"], end: "done" });
  });

  test("stops the turn when its signal is aborted, and rejects with the signal's reason", async () => {
    const stop = new AbortController();
    const { socket, answer } = await asked({ signal: stop.signal });
    const read = reading(answer);
    socket.queue(queued(1, "a"), start(2, "a"), delta("a", 0, "half")).deliver();
    await settled();
    const reason = new Error("enough");
    stop.abort(reason);
    await settled();
    expect([read.texts, read.end]).toEqual([["half"], reason]);
    await expect(answer.done).rejects.toBe(reason);
    expect(net.last.said).toContainEqual({ type: "turn-cancel", turnId: "a" });
    expect(() => client.ask("more", { signal: stop.signal })).toThrow(reason);
  });

  test("ends in order when somebody else stops the turn, and keeps it when the reader leaves", async () => {
    const { socket, answer } = await asked();
    socket.queue(queued(1, "a"), start(2, "a"), delta("a", 0, "half")).deliver();
    for await (const text of answer) {
      expect(text).toBe("half");
      break;
    }
    expect(client.getSnapshot().stopping.size).toBe(0);
    socket.queue(end(3, "a", 4, "cancelled")).deliver();
    expect(await answer.done).toMatchObject({ outcome: "cancelled" });
  });

  test("rejects with a typed error for a refused, a failed, a removed and an unfinished question", async () => {
    const { socket, answer } = await asked();
    const refused = client.ask("b", { turnId: "b" });
    const failed = client.ask("c", { turnId: "c" });
    const left = client.ask("d", { turnId: "d" });
    socket.queue(queued(1, "a"), refusal("b"), queued(2, "c"), start(3, "c"), delta("c", 0, "so far")).deliver();
    const error = { code: "upstream-unavailable", message: "Busy.", retryable: true };
    socket.queue({ ...end(4, "c", 6, "failed"), error } as never).deliver();
    socket.queue({ type: "turn-removed", seq: 5, turnIds: ["a"] }).deliver();
    const errorOf = (one: Answer) => one.done.catch((caught: unknown) => caught as ChatError);
    expect(await errorOf(refused)).toBeInstanceOf(ChatError);
    expect(await errorOf(refused)).toMatchObject({ code: "queue-full", retryable: true, turn: undefined });
    expect(await errorOf(failed)).toMatchObject({ ...error, turn: { id: "c", length: 6 } });
    expect(await errorOf(answer)).toMatchObject({ code: "turn-unknown", retryable: false });
    client.close();
    expect(await errorOf(left)).toMatchObject({ code: "closed" });
    const read = reading(failed);
    await settled();
    expect([read.texts, read.end]).toEqual([["so far"], await errorOf(failed)]);
  });

  test("goes on over a lost connection, without a repeated word", async () => {
    const { socket, answer } = await asked();
    const read = reading(answer);
    socket.queue(queued(1, "a"), start(2, "a"), delta("a", 0, "one ")).deliver();
    await settled();
    socket
      .queue(
        sync({
          mode: "snapshot",
          seq: 3,
          turns: [
            {
              id: "a",
              state: "settled",
              outcome: "completed",
              from: 0,
              length: 7,
              parts: [{ type: "text-delta", delta: "one two" }],
            } as never,
          ],
        }),
      )
      .deliver();
    await settled();
    expect([read.texts.join(""), read.end]).toEqual(["one two", "done"]);
  });
});
