/** The streams of public backends, given and written down: each in answer and in failure, cut anywhere. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMapping } from "../../../party/upstream/dialects/mapping-settings.ts";
import { type ChunkPart, isText, type Part } from "../../../shared/content.ts";
import { writtenShapes } from "../../support/upstream/served-shapes.ts";
import { type Read, type ReadOptions, readStream, utf8 } from "./reading.ts";

interface GivenShape {
  readonly id: string;
  readonly contentType: string;
  readonly events: readonly string[];
  readonly errorForm?: readonly string[];
  readonly errorExpectedText?: string;
  readonly expectedText: string;
  readonly expectedReasoning?: string;
  readonly expectedTools?: readonly { readonly name: string; readonly args?: unknown }[];
}

interface Shape {
  readonly name: string;
  readonly options: ReadOptions;
  readonly events: readonly string[];
  readonly text: string;
  readonly reasoning: string;
  /** Undefined where nothing is said of tools. */
  readonly tools: readonly { readonly name: string; readonly args?: unknown }[] | undefined;
  readonly failure: readonly string[] | undefined;
  /** Text of the events before the failure. */
  readonly textBefore: string;
  readonly needsEnd: boolean;
}

const given = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../support/upstream/backend-shapes.json"), "utf8"),
) as readonly GivenShape[];

/** Its failure is a line of text: nothing in the bytes tells it from an answer, so a setting does. */
const failsAsText = "s20-error-as-plain-text";
const failureMark = parseMapping((name) => (name === "UPSTREAM_FAILURE_MARKS" ? "Erreur:" : undefined));

const shapes: readonly Shape[] = [
  ...given.map((shape) => ({
    name: shape.id,
    options: {
      contentType: shape.contentType,
      ...(shape.id === failsAsText && failureMark.ok && failureMark.value ? { mapping: failureMark.value } : {}),
    },
    events: shape.events,
    text: shape.expectedText,
    reasoning: shape.expectedReasoning ?? "",
    tools: shape.expectedTools,
    failure: shape.errorForm,
    textBefore: shape.errorExpectedText ?? "",
    needsEnd: false,
  })),
  ...writtenShapes.map((shape) => ({
    name: shape.name,
    options: { contentType: shape.contentType ?? "text/event-stream" },
    events: shape.events,
    text: shape.text,
    reasoning: shape.reasoning ?? "",
    tools: shape.tools ?? [],
    failure: shape.failure,
    textBefore: "Hello",
    needsEnd: shape.needsEnd ?? false,
  })),
];

const textIn = (parts: readonly Part[], kind: "text" | "reasoning") =>
  parts.map((part) => (isText(part) && part.type === `${kind}-delta` ? part.delta : "")).join("");
const callsIn = (parts: readonly Part[]) =>
  parts.flatMap((part) =>
    part.type === "tool-input-available"
      ? [{ name: (part as ChunkPart)["toolName"], args: (part as ChunkPart)["input"] }]
      : [],
  );

/** The events up to the first that completes this text. */
async function eventsUntil(shape: Shape, text: string): Promise<readonly string[]> {
  for (let count = 1; count <= shape.events.length; count += 1) {
    const events = shape.events.slice(0, count);
    if (textIn((await readStream(events, shape.options)).parts, "text") === text) return events;
  }
  throw new Error(`${shape.name} never shows "${text}"`);
}

function cutAt(events: readonly string[], cuts: readonly number[]): Uint8Array[] {
  const bytes = utf8(events.join(""));
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const someCuts = fc.array(fc.nat(), { maxLength: 12 });

describe("[U5] a public backend's stream", () => {
  test("is given in 50 shapes, and written down in at least 250 more", () => {
    expect(given.length).toBe(50);
    expect(writtenShapes.length).toBeGreaterThanOrEqual(250);
  });

  describe.each(shapes)("$name", (shape) => {
    test("shows its text, its reasoning and its tools, each once, and completes", async () => {
      const read = await readStream(shape.events, shape.options);
      expect(read.failed).toBeUndefined();
      expect(read.end?.kind).toBe("done");
      expect(textIn(read.parts, "text")).toBe(shape.text);
      expect(textIn(read.parts, "reasoning")).toBe(shape.reasoning);
      if (shape.tools === undefined) return;
      expect(callsIn(read.parts)).toEqual(shape.tools.map(({ name, args }) => ({ name, args: args ?? {} })));
    });

    test("gives the same parts however its bytes are cut", async () => {
      const whole = await readStream([shape.events.join("")], shape.options);
      const bytewise = await readStream(
        Array.from(utf8(shape.events.join("")), (byte) => Uint8Array.of(byte)),
        shape.options,
      );
      expect(bytewise).toEqual(whole);
      await fc.assert(
        fc.asyncProperty(someCuts, async (cuts) => {
          expect(await readStream(cutAt(shape.events, cuts), shape.options)).toEqual(whole);
        }),
        { numRuns: 10 },
      );
    });

    test("shows nothing that isn't the beginning of its text, wherever it breaks off", async () => {
      const bytes = utf8(shape.events.join(""));
      await fc.assert(
        // A body of a few characters may be text as well as the beginning of a field, and "connected" may be an answer.
        fc.asyncProperty(fc.integer({ min: Math.min(32, bytes.length), max: bytes.length }), async (length) => {
          const read = await readStream([bytes.subarray(0, length)], shape.options);
          expect(shape.text.startsWith(textIn(read.parts, "text").replace(/\uFFFD+$/, ""))).toBe(true);
        }),
        { numRuns: 20 },
      );
    });

    const { failure } = shape;
    if (failure !== undefined) {
      test("keeps the text so far when it fails, and nothing of what the failure says", async () => {
        const before = await eventsUntil(shape, shape.textBefore);
        const check = (read: Read) => {
          expect(textIn(read.parts, "text")).toBe(shape.textBefore);
          expect(read.end?.kind).toBe("error");
          expect(JSON.stringify(read)).not.toMatch(/secret|Model call/);
        };
        const all = [...before, ...failure];
        check(await readStream(all, shape.options));
        await fc.assert(
          fc.asyncProperty(someCuts, async (cuts) => check(await readStream(cutAt(all, cuts), shape.options))),
          { numRuns: 5 },
        );
      });

      test("fails before the first text as well", async () => {
        const read = await readStream(failure, shape.options);
        expect(textIn(read.parts, "text")).toBe("");
        expect(read.end?.kind).toBe("error");
      });
    }

    if (shape.needsEnd) {
      test("is cut off where it closes before its end", async () => {
        const read = await readStream(shape.events.slice(0, -1), shape.options);
        expect(read.end).toBeUndefined();
        expect(read.failed).toBeUndefined();
        expect(read.parts.length).toBeGreaterThan(0);
      });
    }
  });
});
