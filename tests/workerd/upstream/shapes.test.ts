/** The streams of public backends through a room in the real runtime: what a tab is shown, and that each is paid for once. */
import { describe, expect, inject, test } from "vitest";
import { UpstreamFailure } from "../../../party/core/ports.ts";
import { readerOf } from "../../../party/upstream/event-stream.ts";
import { textOf } from "../../../shared/content.ts";
import { type ServedShape, servedShapes } from "../../support/upstream/served-shapes.ts";
import { fresh, SocketTab } from "../room/tab.ts";

async function callsOf(prompt: string): Promise<number> {
  const response = await fetch(`${inject("faultyUrl")}/control/seen?prompt=${encodeURIComponent(prompt)}`);
  const { calls } = await response.json<{ calls: number }>();
  return calls;
}

async function ask(prompt: string) {
  const tab = await new SocketTab().join(fresh("shape"));
  const id = tab.submit(prompt);
  await tab.untilTurn(id, ({ state }) => state === "settled");
  const turn = tab.turn(id);
  tab.close();
  const reasoning = (turn?.parts ?? [])
    .map((part) => (part.type === "reasoning-delta" ? String(part.delta) : ""))
    .join("");
  return { outcome: turn?.outcome, text: textOf(turn?.parts ?? []), reasoning };
}

/** How many events show the text that comes before the failure. */
async function eventsBefore({ events, contentType, textBefore }: ServedShape): Promise<number> {
  for (let count = 1; count <= events.length; count += 1) {
    const { body } = new Response(events.slice(0, count).join(""));
    if (body !== null && (await textShown(body, contentType)) === textBefore) return count;
  }
  throw new Error("never shows the text before the failure");
}

async function textShown(body: ReadableStream<Uint8Array>, contentType: string): Promise<string> {
  let text = "";
  try {
    const batches = readerOf("auto")(body, new AbortController().signal, contentType);
    for await (const { parts } of batches) text += textOf(parts);
  } catch (error) {
    // The first events alone may be nothing that can be understood.
    if (!(error instanceof UpstreamFailure)) throw error;
  }
  return text;
}

const numbered = servedShapes.map((shape, index) => ({ ...shape, index }));

describe.concurrent("[U5] a public backend's stream", () => {
  test.each(numbered)("$name is shown whole, after one call", async ({ index, text, reasoning }) => {
    const prompt = `shape:${index}`;
    expect(await ask(prompt)).toEqual({ outcome: "completed", text, reasoning });
    expect(await callsOf(prompt)).toBe(1);
  });

  test.each(numbered.filter(({ failure }) => failure !== undefined))(
    "$name keeps its text when it fails in the middle, after one call",
    async (shape) => {
      const prompt = `shape:${shape.index}:${await eventsBefore(shape)}`;
      expect(await ask(prompt)).toMatchObject({ outcome: "failed", text: shape.textBefore });
      expect(await callsOf(prompt)).toBe(1);
    },
  );
});
