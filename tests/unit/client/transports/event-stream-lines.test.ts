/** Our reader of event streams agrees with `eventsource-parser`, however the stream is cut. */
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EventStreamLines } from "../../../../client/transports/http/event-stream-lines.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

type Heard = (string | number)[];

function ours(chunks: readonly string[]): Heard {
  const heard: Heard = [];
  const lines = new EventStreamLines(
    (data) => heard.push(data),
    (ms) => heard.push(ms),
  );
  for (const chunk of chunks) lines.feed(chunk);
  return heard;
}

function theirs(stream: string): Heard {
  const heard: Heard = [];
  const parser = createParser({ onEvent: ({ data }) => heard.push(data), onRetry: (ms) => heard.push(ms) });
  parser.feed(stream);
  return heard;
}

const line = fc.oneof(
  fc.constantFrom("", ": comment", "data", "data:", "data: ", "data:  two", "retry: 1500", "retry: soon", "id: 7"),
  fc.constantFrom("event: x", "dataset: no", "nonsense", "data:世界 🌍", 'data: {"type":"heartbeat"}'),
);
const stream = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n")), { maxLength: 30 });

test("The reader of event streams reads what the library reads, cut anywhere", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(400), { maxLength: 20 }), (pieces, cuts) => {
      const text = `${pieces.map((piece) => piece.join("")).join("")}\n\n`;
      const bounds = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
      const chunks = bounds.slice(1).map((to, at) => text.slice(bounds[at], to));
      expect(ours(chunks)).toEqual(theirs(text));
    }),
    { numRuns: propertyRuns(300) },
  );
});
