/**
 * Random streams that a version of `ai` reads without an error: texts and reasoning that alternate, tools at the same time,
 * several steps, steps that start over, data that is replaced. fast-check draws a list of wishes; `StreamComposer` fulfils
 * each in a way that is valid at that point, so that any shorter list of wishes is a valid stream as well.
 */
import fc from "fast-check";
import type { Version } from "../../unit/ai-sdk/stories.ts";
import type { StreamChunk } from "./stream-chunk.ts";
import { StreamComposer, type Wish } from "./stream-composer.ts";

/** Pieces that are easily broken on the way, among ordinary text. Two of them are halves of one character. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 6 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      "\ud83d",
      "\ude00",
      "e\u0301",
      "\u200d",
      "\u2028",
      "\r\n\r\n",
      "data: [DONE]",
      "\u0000",
      "</s>",
    ),
  },
);

/**
 * The reader of the SDK refuses keys by which an object's prototype could be changed, and misreads an input that is cut after a
 * key with a quote in it.
 */
const key = fc
  .string({ unit: "grapheme-ascii", minLength: 1, maxLength: 6 })
  .filter((name) => !(name in {}) && !name.includes('"'));
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.oneof(piece, fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom(0.5, 1e21, -1e-7)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3 }),
  ),
}));
const providerMetadata = fc.option(
  fc.dictionary(key, fc.dictionary(key, json, { maxKeys: 2 }), { minKeys: 1, maxKeys: 2 }),
  {
    nil: undefined,
    freq: 4,
  },
);
const which = fc.nat({ max: 3 });

const wish: fc.Arbitrary<Wish> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom("text", "reasoning"),
      which,
      delta: piece,
      metadata: providerMetadata,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("end-text"), which, metadata: providerMetadata }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("tool"),
      which,
      move: fc.nat({ max: 11 }),
      value: json,
      metadata: providerMetadata,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("data"), which, value: json, isTransient: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("content"), which: fc.nat({ max: 6 }), metadata: providerMetadata }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("metadata"), value: fc.dictionary(key, json, { maxKeys: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("step", "reset") }) },
);

const shape = fc.record({
  wishes: fc.array(wish, { maxLength: 40, size: "max" }),
  hasSteps: fc.boolean(),
  startMetadata: fc.option(fc.dictionary(key, json, { maxKeys: 2 }), { nil: undefined }),
  end: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("stop", "length", "tool-calls", "other", undefined) },
    { weight: 1, arbitrary: fc.constantFrom("abort" as const, "error" as const) },
  ),
});

export function randomStream(version: Version): fc.Arbitrary<StreamChunk[]> {
  return shape.map(({ wishes, hasSteps, startMetadata, end }) => {
    const composer = new StreamComposer(version, hasSteps);
    composer.start(startMetadata);
    for (const each of wishes) composer.fulfil(each);
    composer.end(end);
    return composer.chunks;
  });
}
