/**
 * Frozen frames: editing one is a wire change. The client's are parsed by the room's codec; the room's are numbered, because
 * they are one session, folded in order.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { textOf } from "../../shared/content.ts";
import { clientFrame } from "../../shared/protocol/client-frames.ts";
import { parseClientFrame } from "../../shared/protocol/codec.ts";
import { type ServerFrame, serverFrame } from "../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView } from "../../shared/transcript.ts";

const folder = new URL("./golden/", import.meta.url);
const names = readdirSync(folder).sort();
const clientNames = names.filter((name) => name.startsWith("client."));
const serverNames = names.filter((name) => name.startsWith("server."));
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");
const typesIn = (files: string[]) => new Set(files.map((name) => (JSON.parse(read(name)) as { type: string }).type));
const typesOf = (union: { def: { options: readonly { def: unknown }[] } }) =>
  new Set(
    union.def.options.map(
      (option) => (option.def as { shape: { type: { def: { values: string[] } } } }).shape.type.def.values[0],
    ),
  );

test("there is a golden frame for every type of both directions", () => {
  expect(typesIn(clientNames)).toEqual(typesOf(clientFrame));
  expect(typesIn(serverNames)).toEqual(typesOf(serverFrame));
});

describe("client frames", () => {
  test.each(clientNames)("%s is taken as it stands", (name) => {
    expect(parseClientFrame(read(name))).toEqual({ ok: true, value: JSON.parse(read(name)) });
  });
});

describe("server frames", () => {
  test.each(serverNames)("%s is what the schema says, and passes the guard as it stands", (name) => {
    const frame: unknown = JSON.parse(read(name));
    expect(serverFrame.parse(frame)).toEqual(frame);
    expect(parseServerFrame(read(name))).toEqual(frame);
  });

  test("[R3] folded in order they tell one session, without a gap", () => {
    const view = foldAll(EMPTY_VIEW);
    expect(view).toEqual({
      epoch: "k3v9",
      seq: 13,
      floor: 2,
      viewers: 2,
      more: true,
      notices: [],
      turns: [
        {
          id: "turn-2",
          state: "settled",
          parts: [{ type: "text-delta", delta: "Hello, 世界!" }],
          length: 10,
          input: { prompt: "Second" },
          author: "anna",
          createdAt: 1790000001000,
          metadata: { page: "/guide" },
          outcome: "interrupted",
          error: { code: "upstream-truncated", message: "The answer broke off before its end.", retryable: true },
        },
        {
          id: "turn-7",
          state: "settled",
          parts: [],
          length: 0,
          input: (JSON.parse(read("client.turn-submit-parts.json")) as { input: unknown }).input,
          author: "anna",
          createdAt: 1790000007000,
          outcome: "completed",
          finishReason: "tool-calls",
          open: [
            { kind: "tool", toolCallId: "call-1", toolName: "findPlace" },
            { kind: "tool", toolCallId: "call-2", toolName: "takePhoto" },
            { kind: "approval", toolCallId: "call-3", toolName: "send", approvalId: "approval-1" },
          ],
          openUntil: 1790086407000,
        },
        {
          id: "turn-8",
          state: "queued",
          parts: [],
          length: 0,
          input: (JSON.parse(read("client.turn-submit-answers.json")) as { input: unknown }).input,
          continues: "turn-7",
          author: "anna",
          createdAt: 1790000009000,
          position: 0,
        },
      ],
    });
    expect(haveOf(view)).toEqual({ epoch: "k3v9", seq: 13, offsets: {} });
    expect(view.turns.map((turn) => textOf(turn.parts))).toEqual(["Hello, 世界!", "", ""]);
  });

  test("[R3] each of them twice in a row tells the same session", () => {
    expect(foldAll(EMPTY_VIEW, 2)).toEqual(foldAll(EMPTY_VIEW));
  });
});

function foldAll(start: RoomView, times = 1): RoomView {
  return serverNames.reduce((view, name) => {
    let current = view;
    for (let time = 0; time < times; time += 1) {
      const folded = foldFrame(current, parseServerFrame(read(name)) as ServerFrame);
      expect(folded.needsSync).toBe(false);
      current = folded.view;
    }
    return current;
  }, start);
}
