/** Asking about a turn that is there: regenerate, edit, continue. What goes over the wire, and when it may not. */
import { describe, expect, test } from "vitest";
import { CONTINUE_PROMPT, isContinuable, isContinuation, withPrompt } from "../../../../client/api/follow-ups.ts";
import type { SyncTurn } from "../../../../shared/protocol/server-frames.ts";
import type { TurnView } from "../../../../shared/transcript.ts";
import { memoryStorage } from "../../../support/client/fake-socket.ts";
import { client, eachWithItsOwnNetwork, goOnline, net } from "../../../support/client/socket-client.ts";
import { sync } from "../../../support/client/sync-frames.ts";

const settled = (id: string, more: Partial<SyncTurn> = {}): SyncTurn => ({
  id,
  state: "settled",
  outcome: "completed",
  from: 0,
  parts: [{ type: "text-delta", delta: "half" }],
  length: 4,
  input: { prompt: `ask ${id}` },
  ...more,
});

eachWithItsOwnNetwork();

const enter = (...turns: SyncTurn[]) => goOnline(sync({ seq: 9, turns }), { storage: memoryStorage() });
const said = () => net.last.saidOf("turn-submit");

describe("in place of a turn", () => {
  test("regenerate asks the same again, with the options it is given", async () => {
    const messages = [{ role: "user" as const, content: "own history" }];
    await enter(settled("a"), settled("b", { input: { messages } }));
    const id = client.regenerate("a", { model: "large", params: { seed: 1 } });
    const other = client.regenerate("b");
    expect(said()).toEqual([
      {
        type: "turn-submit",
        turnId: id,
        epoch: "e1",
        input: { prompt: "ask a" },
        model: "large",
        params: { seed: 1 },
        replaces: "a",
      },
      { type: "turn-submit", turnId: other, epoch: "e1", input: { messages }, replaces: "b" },
    ]);
    expect(client.getSnapshot().pending).toMatchObject([
      { id, replaces: "a" },
      { id: other, replaces: "b" },
    ]);
  });

  test("[T7] regenerate and edit keep the files and the data of a question", async () => {
    const [file, data] = [
      { type: "file" as const, mediaType: "image/png", url: "https://a.example/b.png" },
      { type: "data-page" as const, data: { path: "/7" } },
    ];
    const parts = [file, { type: "text" as const, text: "one " }, data, { type: "text" as const, text: "two" }];
    await enter(settled("a", { input: { parts } }), settled("b", { input: { parts: [file] } }));
    client.regenerate("a");
    client.edit("a", "three");
    client.edit("b", "four");
    expect(said().map(({ input }) => input)).toEqual([
      { parts },
      { parts: [file, { type: "text", text: "three" }, data] },
      { parts: [{ type: "text", text: "four" }, file] },
    ]);
  });

  test("edit asks something else; a turn that brought its history keeps it", async () => {
    const messages = [
      { role: "user" as const, content: "one" },
      { role: "assistant" as const, content: "reply" },
      { role: "user" as const, content: "two" },
    ];
    await enter(settled("a"), settled("b", { input: { messages } }));
    client.edit("a", "better");
    client.edit("b", "three");
    expect(said()).toMatchObject([
      { input: { prompt: "better" }, replaces: "a" },
      { input: { messages: [...messages.slice(0, 2), { role: "user", content: "three" }] }, replaces: "b" },
    ]);
  });

  test("what the room answers takes the place of the pending line", async () => {
    await enter(settled("a"), settled("b"));
    const id = client.edit("a", "better");
    const queued = { input: { prompt: "better" }, author: "anna", createdAt: 1, position: 0 };
    net.last
      .queue(
        { type: "turn-removed", seq: 10, turnIds: ["a", "b"] },
        { type: "turn-queued", seq: 11, turnId: id, ...queued },
      )
      .deliver();
    expect(client.getSnapshot()).toMatchObject({ pending: [], turns: [{ id, input: { prompt: "better" } }] });
  });

  test("of a turn that is not shown, or whose question is not known, is a mistake that is told where it was made", async () => {
    const { input: _, ...unknown } = settled("a");
    await enter(unknown);
    expect(() => client.regenerate("nobody")).toThrow("not shown");
    expect(() => client.edit("nobody", "x")).toThrow("not shown");
    expect(() => client.regenerate("a")).toThrow("not known");
    expect(() => client.edit("a", "  ")).toThrow(TypeError);
    expect(said()).toEqual([]);
  });
});

describe("continue", () => {
  test("is a turn of its own after the newest, and says what it continues", async () => {
    await enter(settled("a"), settled("b", { outcome: "cancelled", stop: "confirmed" }));
    const id = client.continueTurn("b", { model: "large" });
    expect(said()).toEqual([
      {
        type: "turn-submit",
        turnId: id,
        epoch: "e1",
        input: { prompt: CONTINUE_PROMPT },
        model: "large",
        metadata: { continues: "b" },
      },
    ]);
    expect(isContinuation(said()[0]?.input)).toBe(true);
  });

  test.each<[string, Partial<SyncTurn>, boolean]>([
    ["stopped", { outcome: "cancelled" }, true],
    ["interrupted", { outcome: "interrupted" }, true],
    ["failed half way", { outcome: "failed" }, true],
    ["cut at its length", { finishReason: "length" }, true],
    ["done", { finishReason: "stop" }, false],
    ["stopped before a word", { outcome: "cancelled", parts: [], length: 0 }, false],
    ["stopped while it reasoned", { outcome: "cancelled", parts: [{ type: "reasoning-delta", delta: "half" }] }, false],
    ["still streaming", { state: "streaming" }, false],
  ])("%s: %o → %s", async (_, more, can) => {
    await enter(settled("a", more));
    expect(isContinuable(client.getSnapshot().turns[0] as TurnView)).toBe(can);
    if (can) client.continueTurn("a");
    else expect(() => client.continueTurn("a")).toThrow("cannot be continued");
    expect(said()).toHaveLength(can ? 1 : 0);
  });

  test("is about the newest turn alone: what the model goes on from is the answer before", async () => {
    await enter(settled("a", { outcome: "cancelled" }), settled("b"));
    expect(() => client.continueTurn("a")).toThrow("cannot be continued");
  });

  test("is recognised by its words, whoever said them", () => {
    expect(isContinuation({ prompt: CONTINUE_PROMPT })).toBe(true);
    expect(isContinuation({ prompt: `${CONTINUE_PROMPT} ` })).toBe(false);
    expect(isContinuation({ messages: [{ role: "user", content: CONTINUE_PROMPT }] })).toBe(false);
    expect(isContinuation(undefined)).toBe(false);
  });
});

test("an edit of messages without a question is a plain prompt", () => {
  expect(withPrompt({ messages: [{ role: "system", content: "be brief" }] }, "x")).toEqual({ prompt: "x" });
  expect(withPrompt(undefined, "x")).toEqual({ prompt: "x" });
});
