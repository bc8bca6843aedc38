/**
 * What an answer of 10,000 tokens takes in the log and in a resume, as a table that `against.ts` reads. It uses only what every
 * version of the room has: bytes of the upstream go in, rows and JSON come out.
 */
import { Answer } from "../../party/core/turn/answer.ts";
import { AnswerReader } from "../../party/upstream/event-stream.ts";
import { stamp } from "../lib/stamp.ts";

const tokens = 10_000;
const maxLength = 1_048_576;
/** Tokens between two writes of an answer that comes at 200 a second. */
const tokensPerWrite = 100;

async function answerOf(onToken: (answer: Answer, count: number) => void): Promise<Answer> {
  const encoder = new TextEncoder();
  const events = Array.from({ length: tokens }, (_, index) =>
    encoder.encode(`event: token\nid: ${index + 2}\ndata: {"text":"${stamp(index)}"}\n\n`),
  );
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const event = events.shift();
      if (event !== undefined) controller.enqueue(event);
      else controller.close();
    },
  });
  const answer = new Answer();
  let count = 0;
  for await (const batch of new AnswerReader("auto").batches(body, new AbortController().signal, "text/event-stream")) {
    answer.take(batch, maxLength);
    count += 1;
    onToken(answer, count);
  }
  return answer;
}

let paced = 0;
const answer = await answerOf((growing, count) => {
  if (count % tokensPerWrite === 0) paced += growing.takeUnlogged().rows.length;
});
const burst = (await answerOf(() => undefined)).takeUnlogged();
const figures: readonly (readonly [string, number])[] = [
  ["rows per 1,000 tokens: burst", (burst.rows.length * 1_000) / tokens],
  ["rows per 1,000 tokens: 200 a second", (paced * 1_000) / tokens],
  ["bytes of a row's JSON: burst", JSON.stringify(burst.rows).length / burst.rows.length],
  ...[0.1, 0.5, 0.99].map((share) => {
    const missing = answer.slice(Math.floor(answer.length * share));
    return [`bytes of a resume at ${share * 100} %`, JSON.stringify(missing).length] as const;
  }),
];
for (const [name, figure] of figures) console.log(`${name.padEnd(36)}${figure.toFixed(1).padStart(10)}`);
