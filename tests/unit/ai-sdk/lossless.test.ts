/**
 * A backend's UI message stream through the gateway, as its readers get it, beside the same stream read directly: from its bytes
 * by way of the dialect, the answer, its log and the writer, for `ai` 5, 6 and 7.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textRows } from "../../../party/core/log/changes.ts";
import { Answer } from "../../../party/core/turn/answer.ts";
import { readerOf } from "../../../party/upstream/event-stream.ts";
import { joinParts, lengthOf, type Part, sliceParts } from "../../../shared/content.ts";
import { foldMessage } from "../../../shared/message-fold.ts";
import { ReopenedRuns } from "../../../shared/reopened-runs.ts";
import { wellFormed } from "../../../shared/text.ts";
import type { TurnView } from "../../../shared/transcript.ts";
import { type UiMessageStep, UiMessageWriter } from "../../../shared/ui-message-stream.ts";
import { uiMessagesOf } from "../../../shared/ui-messages.ts";
import { hasHalfAcrossSteps, hasInputAcrossSteps } from "../../support/ai-sdk-streams/across-steps.ts";
import {
  readDirectly,
  type ShownMessage,
  shownOf,
  withoutPartialInput,
} from "../../support/ai-sdk-streams/direct-reading.ts";
import { listedStreams } from "../../support/ai-sdk-streams/listed-streams.ts";
import { randomStream } from "../../support/ai-sdk-streams/random-stream.ts";
import { eventsOf, type StreamChunk } from "../../support/ai-sdk-streams/stream-chunk.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { bodyOf as bytesOf, utf8 } from "../upstream/reading.ts";
import { bodyOf, type ReadMessage, read, textIn } from "./readers.ts";
import { type Version, versions } from "./stories.ts";

const limit = 1_048_576;

function at(parts: readonly Part[], more: Partial<TurnView> = {}): TurnView {
  return { id: "t1", state: "streaming", input: { prompt: "?" }, parts, length: lengthOf(parts), ...more };
}

/** The views of the turn that a room makes of these bytes, the last one settled. `cutBytes`: how the network cut them. */
async function viewsOf(chunks: readonly StreamChunk[], cutBytes = 200): Promise<TurnView[]> {
  const bytes = utf8(eventsOf(chunks).join(""));
  const pieces = Array.from({ length: Math.ceil(bytes.length / cutBytes) }, (_, index) =>
    bytes.slice(index * cutBytes, (index + 1) * cutBytes),
  );
  const answer = new Answer();
  const views: TurnView[] = [];
  let isDone = false;
  for await (const batch of readerOf("auto")(
    bytesOf(pieces),
    new AbortController().signal,
    "text/event-stream",
    false,
  )) {
    answer.take(batch, limit);
    if (answer.arrived > (views.at(-1)?.length ?? 0)) views.push(at(answer.parts()));
    isDone = batch.end?.kind === "done";
  }
  answer.endText(limit);
  return [...views, at(answer.parts(), { state: "settled", outcome: isDone ? "completed" : "failed" })];
}

function stepsOf(views: readonly TurnView[], from = 0): UiMessageStep[] {
  const writer = new UiMessageWriter("t1", from, (held) => new ReopenedRuns(held));
  return views.flatMap((view) => writer.advance(view));
}

async function shownBy(version: Version, steps: readonly UiMessageStep[], message?: ReadMessage) {
  const { message: read_, errors } = await read(version, bodyOf(steps.map(({ chunk }) => chunk)), message);
  return { shown: shownOf(read_), errors, message: read_ };
}

/**
 * Halves of characters that never met their other half are U+FFFD in an answer. A last step that shows nothing is left out: the
 * SDK tells it only with what comes after it.
 */
function mended(shown: ShownMessage): ShownMessage {
  const { parts, metadata } = wellFormed(shown) as { parts: { type: string }[]; metadata?: unknown };
  const last = parts.findLastIndex(({ type }) => type !== "step-start");
  return { parts: parts.slice(0, last + 1), ...(metadata === undefined ? {} : { metadata }) };
}

/** The characters of all texts: those of two texts that alternate may come in another order to a reader that came back. */
const charactersIn = (shown: ShownMessage, type: string) =>
  [...wellFormed(textIn(shown as unknown as ReadMessage, type))].sort().join("");

const isError = (chunks: readonly StreamChunk[]) => chunks.some(({ type }) => type === "error" || type === "abort");

async function compare(version: Version, chunks: readonly StreamChunk[], cutBytes?: number): Promise<void> {
  const direct = mended((await readDirectly(version, chunks)).shown);
  const views = await viewsOf(chunks, cutBytes);
  const last = views.slice(-1);
  // An answer that failed before its first content leaves no message.
  if (last[0]?.length === 0) return;
  for (const steps of [stepsOf(views), stepsOf(last)]) {
    const { shown, errors } = await shownBy(version, steps);
    expect(errors).toHaveLength(isError(chunks) ? 1 : 0);
    expect(mended(shown)).toEqual(direct);
  }
  // What the history holds is the message of the newest version.
  const told = mended(shownOf(uiMessagesOf(last)[1] as ReadMessage | undefined));
  if (version === "ai7") expect(withoutPartialInput(told)).toEqual(withoutPartialInput(direct));
}

describe.each(versions)("[C1] Read by %s through the gateway,", (version) => {
  const listed = listedStreams.filter((stream) => stream.versions.includes(version));

  test.each(listed)("$name is the message that is read directly", async ({ chunks }) => {
    for (const cutBytes of [20, 200, 1_000_000]) await compare(version, chunks, cutBytes);
  });

  test("every random stream is the message that is read directly", async () => {
    await fc.assert(
      fc.asyncProperty(randomStream(version), fc.integer({ min: 10, max: 2_000 }), async (chunks, cutBytes) => {
        fc.pre(!hasHalfAcrossSteps(chunks) && !hasInputAcrossSteps(chunks));
        await compare(version, chunks, cutBytes);
      }),
      { numRuns: propertyRuns(100) },
    );
  });

  test.each(listed)("$name goes on after each event for a reader that comes back", async ({ chunks }) => {
    const views = await viewsOf(chunks, 60);
    const { length } = stepsOf(views);
    for (let cut = 0; cut <= length; cut += 1) await compareResumed(version, chunks, views, cut);
  });

  test("every random stream goes on after any event for a reader that comes back", async () => {
    await fc.assert(
      fc.asyncProperty(
        randomStream(version),
        fc.integer({ min: 10, max: 400 }),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 6 }),
        async (chunks, cutBytes, cuts) => {
          fc.pre(!hasHalfAcrossSteps(chunks) && !hasInputAcrossSteps(chunks));
          const views = await viewsOf(chunks, cutBytes);
          // An answer that failed before its first content leaves no message.
          if (views.at(-1)?.length === 0) return;
          const { length } = stepsOf(views);
          for (const cut of new Set(cuts.map((at_) => at_ % (length + 1)))) {
            await compareResumed(version, chunks, views, cut);
          }
        },
      ),
      { numRuns: propertyRuns(100) },
    );
  });
});

/** Reads `cut` events of the stream, then the rest as a reader that comes back, and compares with the direct reading. */
async function compareResumed(
  version: Version,
  chunks: readonly StreamChunk[],
  views: readonly TurnView[],
  cut: number,
): Promise<void> {
  const direct = mended((await readDirectly(version, chunks)).shown);
  const heard = stepsOf(views).slice(0, cut);
  const body = bodyOf(
    heard.map(({ chunk }) => chunk),
    { isCut: true },
  );
  const before = await read(version, body);
  expect(before.errors.length).toBeLessThanOrEqual(isError(chunks) ? 1 : 0);
  const rest = stepsOf(views.slice(-1), heard.at(-1)?.at);
  const after = await shownBy(version, rest, before.message);
  expect(after.errors).toHaveLength(isError(chunks) ? 1 : 0);
  for (const type of ["text", "reasoning"]) {
    expect(charactersIn(after.shown, type)).toBe(charactersIn(direct, type));
  }
  expect(othersIn(mended(after.shown))).toEqual(othersIn(direct));
  expect(after.shown.metadata).toEqual(direct.metadata);
}

/** All but texts, which a reader that came back may have in two parts. */
function othersIn({ parts }: ShownMessage): readonly unknown[] {
  const others = (parts as { type: string }[]).filter(({ type }) => type !== "text" && type !== "reasoning");
  return mended({ parts: others }).parts;
}

const chunkLists = fc.constantFrom(...versions).chain((version) => randomStream(version));

describe("The parts of an answer", () => {
  test("fold into the same message however the stream was cut", async () => {
    await fc.assert(
      fc.asyncProperty(chunkLists, fc.integer({ min: 1, max: 400 }), async (chunks, cutBytes) => {
        const [one, other] = [await viewsOf(chunks, cutBytes), await viewsOf(chunks, 1_000_000)];
        expect(one.at(-1)?.parts).toEqual(other.at(-1)?.parts);
      }),
    );
  });

  test("are the same after any cuts, and after their rows were read back", async () => {
    await fc.assert(
      fc.asyncProperty(chunkLists, fc.array(fc.nat(200), { maxLength: 5 }), async (chunks, cuts) => {
        const { parts = [], length = 0 } = (await viewsOf(chunks)).at(-1) ?? {};
        const bounds = [0, ...cuts.filter((cut) => cut < length).sort((a, b) => a - b), length];
        let joined: Part[] = [];
        for (const [index, to] of bounds.entries()) {
          // A reader asks from where it stands, which a bound inside of a character moves down.
          if (index > 0) joined = joinParts(joined, sliceParts(parts, lengthOf(joined), to));
        }
        expect(joined).toEqual(parts);
        const rows = textRows(0, parts, undefined) as { parts: Part[] }[];
        expect(rows.reduce<Part[]>((read_, row) => joinParts(read_, row.parts), [])).toEqual(parts);
        expect(foldMessage(joined)).toEqual(foldMessage(parts));
      }),
    );
  });
});
