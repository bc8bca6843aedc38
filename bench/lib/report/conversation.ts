/** What a conversation uses, by how its one tab reads; docs/scale.md shows the table and says where each number is from. */
import { costOf, type Use } from "./cost.ts";
import { table } from "./table.ts";

export interface Conversation {
  readonly turns: number;
  readonly tokensPerAnswer: number;
  readonly tokensPerSecond: number;
  /** From one question to the next. */
  readonly secondsBetween: number;
}

/** The conversation that the pages' tables assume. */
export const conversation: Conversation = {
  turns: 8,
  tokensPerAnswer: 500,
  tokensPerSecond: 50,
  secondsBetween: 75,
};

/**
 * The end of a turn is stored and reported within that time. It is an estimate. Afterwards the object is idle and eligible to
 * hibernate, which isn't billed. https://developers.cloudflare.com/durable-objects/platform/pricing/
 */
const settlingSeconds = 1;
/** A stream stays for a minute after the last turn (docs/spec.md, "idle streams"). */
const streamIdleSeconds = 60;
/** What a turn writes beside its text: its record four times, the room's, the agenda's, the alarm's (docs/measurements.md, "Rows of the log"). */
const rowsOfTurn = 15;
/** `LOG_LAG_MS`: one row of text for each two seconds of an answer at this pace. */
const secondsPerTextRow = 2;
/** Lease given and given back, and the record that says so, each time. */
const limiterRowsOfTurn = 4;
const limiterCallsOfTurn = 2;
/** A room reports to its metrics object when a turn ends, and at most once more while it runs (docs/observability.md). */
const metricsCallsOfTurn = 2;

export type Reading = "WebSocket" | "SSE" | "long-poll";

export function useOf(reading: Reading, shape: Conversation = conversation): Use {
  const { turns, secondsBetween } = shape;
  const answerSeconds = shape.tokensPerAnswer / shape.tokensPerSecond;
  const own = reading === "SSE" ? Math.min(secondsBetween, answerSeconds + streamIdleSeconds) : answerSeconds;
  // A poll returns at most twice a second, and each is a request to the Worker and one to the room.
  const polls = reading === "long-poll" ? answerSeconds * 2 : 0;
  const posts = reading === "WebSocket" ? 0 : 1;
  const opens = reading === "WebSocket" ? 1 / turns : 1;
  const requests = turns * (opens + posts + polls);
  return {
    workerRequests: requests,
    // A request of ours takes some two milliseconds of the Worker's time, and a poll no more.
    workerCpuMs: 2 * requests,
    objectRequests: requests + turns * (limiterCallsOfTurn + metricsCallsOfTurn),
    incomingMessages: reading === "WebSocket" ? turns + 1 : 0,
    awakeSeconds: turns * Math.min(secondsBetween, own + settlingSeconds),
    rowsWritten: turns * (rowsOfTurn + answerSeconds / secondsPerTextRow + limiterRowsOfTurn),
  };
}

export function conversationTable(): string[] {
  const readings: readonly Reading[] = ["WebSocket", "SSE", "long-poll"];
  const dollars = (use: Use) => `$${(1_000 * costOf(use)).toFixed(2)}`;
  return table(
    ["1,000 conversations", "all", "awake", "rows written", "requests and CPU"],
    readings.map((reading) => {
      const { awakeSeconds = 0, rowsWritten = 0, ...requests } = useOf(reading);
      return [
        reading,
        dollars({ ...requests, awakeSeconds, rowsWritten }),
        dollars({ awakeSeconds }),
        dollars({ rowsWritten }),
        dollars(requests),
      ];
    }),
  );
}
