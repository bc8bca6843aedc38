/** Outputs of tools and decisions about approvals, as the chats of `ai` 5, 6 and 7 send them over a room. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RoomChatTransport } from "../../../client/ai-sdk.ts";
import { FakeRoom } from "../../support/client/fake-room.ts";
import { type FakeNetwork, fakeNetwork } from "../../support/client/fake-socket.ts";
import { chatOver, type TestChat } from "./chats.ts";
import { versions } from "./stories.ts";

let net: FakeNetwork;
let room: FakeRoom;
let transport: RoomChatTransport;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  net = fakeNetwork();
  room = new FakeRoom(net);
});
afterEach(async () => {
  transport.close();
  await tick();
  vi.useRealTimers();
});

async function tick(ms = 1): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const tool = { type: "tool-input-available", toolCallId: "c1", toolName: "findPlace", input: { exact: true } };
const approval = { type: "tool-approval-request", approvalId: "p1", toolCallId: "c1" };
const opening = [{ type: "start" }, { type: "start-step" }];
const closing = [{ type: "finish-step" }, { type: "finish", finishReason: "tool-calls" }];
const said = [
  { type: "start" },
  { type: "start-step" },
  { type: "text-start", id: "t" },
  { type: "text-end", id: "t" },
  { type: "finish-step" },
  { type: "finish", finishReason: "stop" },
];

async function open(version: (typeof versions)[number]): Promise<TestChat> {
  transport = new RoomChatTransport({ url: "https://chat.example.com", WebSocket: net.WebSocket });
  return chatOver(version, "demo", transport, () => {}, { sendsAnswers: true });
}

/** Asks, and is answered with calls that wait. */
async function asked(chat: TestChat, kind: "tool" | "approval"): Promise<string> {
  const done = chat.sendMessage({ text: "where am I?" });
  await tick();
  room.enter();
  await tick();
  const { turnId } = room.accept();
  room.emit(...opening, tool, ...(kind === "approval" ? [approval] : []), ...closing);
  const call = { kind, toolCallId: "c1", toolName: "findPlace", ...(kind === "approval" ? { approvalId: "p1" } : {}) };
  room.end("completed", { finishReason: "tool-calls", open: [call], openUntil: Date.now() + 60_000 });
  await done;
  await tick();
  return turnId;
}

const shown = (chat: TestChat) =>
  chat.messages.map(({ id, role, parts }) => ({ id, role, types: parts.map(({ type }) => type) }));

describe.each(versions)("[T8] [C2] %s", (version) => {
  test("an output of a tool of the page continues the message, which stays one", async () => {
    const chat = await open(version);
    const root = await asked(chat, "tool");
    void chat.addToolOutput({ tool: "findPlace", toolCallId: "c1", output: { city: "Bern" } });
    await tick();
    const frame = room.accept();
    expect(frame).toMatchObject({
      continues: root,
      input: { answers: [{ type: "tool-output", toolCallId: "c1", output: { city: "Bern" } }] },
    });
    expect(chat.status).toMatch(/submitted|streaming/);
    room.emit(...said.slice(0, 3));
    room.emit(...said.slice(3));
    room.end();
    await tick();
    expect([chat.status, chat.error]).toEqual(["ready", undefined]);
    expect(shown(chat)).toMatchObject([
      { role: "user" },
      { id: root, role: "assistant", types: ["step-start", "tool-findPlace", "step-start", "text"] },
    ]);
    const { messages } = await transport.messages("demo");
    expect(messages.at(-1)).toMatchObject({
      id: root,
      parts: [{}, { state: "output-available" }, {}, { type: "text" }],
    });
    expect(messages).toHaveLength(2);
  });

  test("a page that comes in the middle is shown all of the message", async () => {
    const first = await open(version);
    const root = await asked(first, "tool");
    void first.addToolOutput({ tool: "findPlace", toolCallId: "c1", output: "Bern" });
    await tick();
    room.accept();
    await tick();
    const late = chatOver(version, "demo", transport);
    const { messages } = await transport.messages("demo");
    late.messages = messages as TestChat["messages"];
    const resumed = late.resumeStream();
    await tick();
    room.emit(...said);
    room.end();
    await resumed;
    expect(shown(late)).toMatchObject([
      { role: "user" },
      { id: root, types: ["step-start", "tool-findPlace", "step-start", "text"] },
    ]);
    expect(late.messages.at(-1)?.parts[1]).toMatchObject({ state: "output-available", output: "Bern" });
  });

  test("an answer that came too late ends in the words of the room", async () => {
    const chat = await open(version);
    const root = await asked(chat, "tool");
    void chat.addToolOutput({ tool: "findPlace", toolCallId: "c1", output: "Bern" });
    await tick();
    const { turnId } = room.unanswered()[0] ?? { turnId: "" };
    room.say({ type: "error", code: "turn-conflict", message: "Somebody else was first.", turnId, retryable: false });
    await tick();
    expect([chat.status, chat.error?.message]).toEqual(["error", "Somebody else was first."]);
    expect(chat.messages.at(-1)?.id).toBe(root);
  });
});

describe.each(versions.filter((version) => version !== "ai5"))("[T8] [C2] %s", (version) => {
  test("a decision about an approval continues the message, which stays one", async () => {
    const chat = await open(version);
    const root = await asked(chat, "approval");
    void chat.addToolApprovalResponse?.({ id: "p1", approved: true });
    await tick();
    const frame = room.accept();
    expect(frame).toMatchObject({
      continues: root,
      input: { answers: [{ type: "approval", approvalId: "p1", approved: true }] },
    });
    room.emit(
      opening[0] as { type: string },
      { type: "tool-output-available", toolCallId: "c1", output: "done" },
      ...said.slice(1),
    );
    room.end();
    await tick();
    expect(chat.error).toBeUndefined();
    expect(chat.messages.at(-1)).toMatchObject({
      id: root,
      parts: [{}, { state: "output-available", output: "done" }, {}, {}],
    });
    const { messages } = await transport.messages("demo");
    expect(messages.at(-1)?.parts.at(1)).toEqual(chat.messages.at(-1)?.parts.at(1));
  });
});
