/** Holds the streams of tests/support/ai-sdk-streams to the installed versions of `ai`: they are what these versions read. */
import * as ai7 from "ai";
import * as ai5 from "ai5";
import * as ai6 from "ai6";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDirectly } from "../../support/ai-sdk-streams/direct-reading.ts";
import { listedStreams } from "../../support/ai-sdk-streams/listed-streams.ts";
import { randomStream } from "../../support/ai-sdk-streams/random-stream.ts";
import { acceptedBy, type StreamChunk, versionsAccepting } from "../../support/ai-sdk-streams/stream-chunk.ts";
import { type Version, versions } from "./stories.ts";

const schemas = { ai5: ai5.uiMessageChunkSchema, ai6: ai6.uiMessageChunkSchema, ai7: ai7.uiMessageChunkSchema };

async function isAccepted(version: Version, chunk: StreamChunk): Promise<boolean> {
  const validated = await schemas[version]().validate?.(chunk);
  return validated?.success === true;
}

const errorTextsIn = (chunks: readonly StreamChunk[]) =>
  chunks.flatMap(({ type, errorText }) => (type === "error" ? [errorText] : []));

test("The listed streams hold each chunk type, data parts included", () => {
  const types = new Set(listedStreams.flatMap(({ chunks }) => chunks.map(({ type }) => type)));
  expect(Object.keys(acceptedBy).filter((type) => !types.has(type))).toEqual([]);
  expect([...types].some((type) => type.startsWith("data-"))).toBe(true);
});

test("The table of chunk types agrees with the schema of each version, for every listed chunk", async () => {
  for (const { name, chunks } of listedStreams) {
    for (const chunk of chunks) {
      const accepting: Version[] = [];
      for (const version of versions) if (await isAccepted(version, chunk)) accepting.push(version);
      expect([name, chunk.type, accepting]).toEqual([name, chunk.type, versionsAccepting([chunk])]);
    }
  }
});

describe.each(versions)("Read by %s,", (version) => {
  test.each(listedStreams)(
    "$name gives a message if the list says so, and an error of the reader if not",
    async (listed) => {
      const { shown, errors } = await readDirectly(version, listed.chunks);
      if (listed.versions.includes(version)) expect(errors).toEqual(errorTextsIn(listed.chunks));
      else expect(errors.length).toBeGreaterThan(errorTextsIn(listed.chunks).length);
      expect(shown.parts).toBeInstanceOf(Array);
    },
  );

  test("every random stream of this version gives a message without an error of the reader", async () => {
    await fc.assert(
      fc.asyncProperty(randomStream(version), async (chunks) => {
        const { errors } = await readDirectly(version, chunks);
        expect(errors).toEqual(errorTextsIn(chunks));
      }),
    );
  });
});

test("Random streams of the newest version hold each chunk type, alternating parts and several steps", () => {
  const drawn = fc.sample(randomStream("ai7"), { numRuns: 500, seed: 1 });
  const types = new Set(drawn.flat().map(({ type }) => type));
  expect(Object.keys(acceptedBy).filter((type) => !types.has(type))).toEqual([]);
  expect(drawn.some((chunks) => chunks.filter(({ type }) => type === "start-step").length > 2)).toBe(true);
  expect(drawn.some(alternates)).toBe(true);
});

/** Whether a text goes on after another text began. */
function alternates(chunks: readonly StreamChunk[]): boolean {
  const begun: unknown[] = [];
  return chunks.some(({ type, id }) => {
    if (type === "text-start") begun.push(id);
    return type === "text-delta" && begun.length > 1 && begun.at(-1) !== id;
  });
}
