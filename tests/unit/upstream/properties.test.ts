/** Random streams: nothing is shown that isn't in a text role, nothing is doubled, and cuts change nothing. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isText } from "../../../shared/content.ts";
import { dataEvents, namedEvent, type Read, readStream, utf8 } from "./reading.ts";

const textIn = ({ parts }: Read) =>
  parts.map((part) => (isText(part) && part.type === "text-delta" ? part.delta : "")).join("");

/** Text that no dialect takes for a mark or a tag. */
const words = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !/^\s*[[<]|^\s*$/.test(text));
const secret = "SECRET";

/** Ways to say a piece of text, all of one format each. */
const formats: readonly ((text: string) => string)[] = [
  (text) => dataEvents({ type: "delta", data: text }),
  (text) => dataEvents({ type: "token", text }),
  (text) => dataEvents({ content: text }),
  (text) => namedEvent("delta", { text }),
  (text) => dataEvents({ code: 200, data: { content: text, type: "normal" } }),
  (text) => dataEvents({ choices: [{ index: 0, delta: { content: text } }] }),
  (text) => dataEvents({ type: "response.output_text.delta", delta: text }),
  (text) => dataEvents({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
  (text) => dataEvents({ candidates: [{ content: { parts: [{ text }] } }] }),
  (text) => dataEvents({ type: "text-start", id: "1" }, { type: "text-delta", id: "1", delta: text }),
  (text) => dataEvents({ event: "message", answer: text, created_at: 1 }),
];

/** Events with text that isn't the answer. */
const others = fc.constantFrom(
  dataEvents({ type: "status", content: secret }),
  dataEvents({ type: "citation", text: secret, content: secret }),
  dataEvents({ type: "title", data: secret }),
  namedEvent("sources", [{ content: secret }]),
  namedEvent("metadata", { text: secret }),
  dataEvents({ type: "ping", ts: 1 }),
  namedEvent("heartbeat", "{}"),
  ": SECRET\n\n",
  "retry: 10\n\n",
);

describe("[U5] random streams", () => {
  test.each(formats.map((format, index) => [index, format] as const))(
    "of format %i show their text, once, and nothing of the events between",
    async (_, format) => {
      const piece = fc.oneof({ weight: 3, arbitrary: words }, { weight: 1, arbitrary: fc.constant(undefined) });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(piece, others), { minLength: 1, maxLength: 12 }),
          fc.array(fc.nat()),
          async (pieces, cuts) => {
            const events = pieces.map(([text, other]) => (text === undefined ? other : format(text)));
            const bytes = utf8(events.join(""));
            const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
            const read = await readStream(at.slice(1).map((end, index) => bytes.subarray(at[index], end)));
            expect(textIn(read)).toBe(pieces.map(([text]) => text ?? "").join(""));
            expect(JSON.stringify(read.parts)).not.toContain(secret);
            expect(read).toEqual(await readStream([bytes]));
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  test("of random JSON never throw anything but a failure with a code, and never show what isn't a string in them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.json(), { maxLength: 8 }), async (values) => {
        const read = await readStream(values.map((value) => `data: ${value}\n\n`).join(""));
        expect([undefined, "upstream-malformed", "upstream-unrecognized", "part-too-large"]).toContain(read.failed);
        if (read.failed !== undefined) expect(read.retryable).toBe(false);
      }),
    );
  });

  test("that end as completed have an answer or had nothing to say", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 }), async (values) => {
        const objects = values.map((value) => ({ zork: value }));
        const read = await readStream(dataEvents(...objects, { type: "done" }));
        if (read.end?.kind === "done") expect(read.parts.length).toBeGreaterThan(0);
      }),
    );
  });
});
