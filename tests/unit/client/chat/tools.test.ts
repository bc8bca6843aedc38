/** `roomTools`: what waits for an answer, and what is sent. */
import { describe, expect, test } from "vitest";
import { pendingCalls, roomTools } from "../../../../client/tools.ts";
import type { SyncTurn } from "../../../../shared/protocol/server-frames.ts";
import { memoryStorage } from "../../../support/client/fake-socket.ts";
import { client, eachWithItsOwnNetwork, goOnline, net } from "../../../support/client/socket-client.ts";
import { sync } from "../../../support/client/sync-frames.ts";

eachWithItsOwnNetwork();

const call = { kind: "tool" as const, toolCallId: "c1", toolName: "findPlace" };
const approval = { kind: "approval" as const, toolCallId: "c2", toolName: "send", approvalId: "p1" };

const root = (more: Partial<SyncTurn> = {}): SyncTurn => ({
  id: "root",
  state: "settled",
  outcome: "completed",
  finishReason: "tool-calls",
  open: [call, approval],
  from: 0,
  parts: [
    { type: "start" },
    { type: "tool-input-available", toolCallId: "c1", toolName: "findPlace", input: { exact: true } },
    { type: "tool-input-available", toolCallId: "c2", toolName: "send", input: { to: "anna" } },
    { type: "tool-approval-request", approvalId: "p1", toolCallId: "c2" },
  ],
  length: 4,
  input: { prompt: "where am I?" },
  ...more,
});

const enter = (...turns: SyncTurn[]) => goOnline(sync({ seq: 9, turns }), { storage: memoryStorage() });
const said = () => net.last.saidOf("turn-submit").map(({ turnId: _, epoch: __, type: ___, ...rest }) => rest);

describe("[T8] the calls of a room", () => {
  test("wait with their inputs until they are answered, each at once gone", async () => {
    await enter(root());
    const tools = roomTools(client);
    expect(tools.pending()).toEqual([
      { ...call, messageId: "root", input: { exact: true }, openUntil: undefined },
      { ...approval, messageId: "root", input: { to: "anna" }, openUntil: undefined },
    ]);
    tools.answerTool("c1", { city: "Bern" });
    expect(tools.pending().map(({ toolCallId }) => toolCallId)).toEqual(["c2"]);
    tools.deny("p1", "not now");
    expect(tools.pending()).toEqual([]);
    expect(said()).toEqual([
      { continues: "root", input: { answers: [{ type: "tool-output", toolCallId: "c1", output: { city: "Bern" } }] } },
      {
        continues: "root",
        input: { answers: [{ type: "approval", approvalId: "p1", approved: false, reason: "not now" }] },
      },
    ]);
  });

  test("the same answer is the same turn, whoever gives it, and another is another", async () => {
    await enter(root());
    const ids = [roomTools(client).approve("p1")];
    client.dismiss(ids[0] ?? "");
    await enter(root());
    ids.push(roomTools(client).approve("p1"));
    await enter(root());
    ids.push(roomTools(client).deny("p1"));
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  test("are those of the newest turn of a message, and wait again where an answer was refused", async () => {
    const answered = { answers: [{ type: "tool-output" as const, toolCallId: "c1", output: 1 }] };
    await enter(root(), root({ id: "a", continues: "root", parts: [], length: 0, input: answered, open: [approval] }));
    const tools = roomTools(client);
    expect(tools.pending().map(({ toolCallId, input }) => [toolCallId, input])).toEqual([["c2", { to: "anna" }]]);
    const turnId = tools.approve("p1");
    net.last.queue({ type: "error", code: "turn-conflict", message: "No.", turnId, retryable: false }).deliver();
    expect(tools.pending()).toHaveLength(1);
    expect(client.getSnapshot().pending).toMatchObject([{ id: turnId, refused: { code: "turn-conflict" } }]);
  });

  test("an answer that another device gave in the same way is forgotten without a word", async () => {
    await enter(root());
    const turnId = roomTools(client).approve("p1");
    net.last.queue({ type: "error", code: "already-answered", message: "", turnId, retryable: false }).deliver();
    expect(client.getSnapshot().pending).toEqual([]);
  });

  test("don't wait after their time, and can't be answered then", async () => {
    await enter(root({ openUntil: Date.now() - 1 }));
    expect(pendingCalls(client.getSnapshot())).toEqual([]);
    expect(() => roomTools(client).failTool("c1", "no camera")).toThrow(/no call c1 waits/);
  });
});
