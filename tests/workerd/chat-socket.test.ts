/** `wss://…/api/chat`, the AI SDK's own WebSocket, in the real runtime. The SDK's transport on it: tests/e2e/ai-sdk/. */
import { env, runInDurableObject } from "cloudflare:test";
import { uiMessageChunkSchema } from "ai";
import { describe, expect, test } from "vitest";
import { maxChats, maxFrames, maxRequests, maxSocketFrameBytes } from "../../party/http/chat-socket/chat-socket.ts";
import { ChatSocketClient } from "./chat-socket.ts";
import { fresh, SocketTab, upstream } from "./room/tab.ts";

const open = () => new ChatSocketClient().open();
const started = (prompt: string, requests = 1) => upstream("until", prompt, { requests });

describe("[C8] The socket of the AI SDK", () => {
  test("answers a question in chunks that count from 0 and have an end", async () => {
    const [socket, prompt] = [await open(), fresh("why")];
    const id = socket.send(fresh("chat"), prompt);
    await upstream("text", prompt, { text: "because" });
    await upstream("done", prompt);
    await socket.untilEnd(id);
    const answers = socket.of(id);
    expect([answers[0]?.type, answers.at(-1)?.type]).toEqual(["start", "end"]);
    const chunks = answers.filter(({ type }) => type === "chunk");
    expect(chunks.map(({ sequence }) => sequence)).toEqual(chunks.map((_, index) => index));
    expect(socket.textOf(id)).toBe("because");
    const checked = await Promise.all(chunks.map(({ chunk }) => uiMessageChunkSchema().validate?.(chunk)));
    expect(checked.filter((result) => result?.success !== true)).toEqual([]);
  });

  test("serves several chats at once, each with its own answer", async () => {
    const [socket, one, two] = [await open(), fresh("one"), fresh("two")];
    const [first, second] = [socket.send(fresh("chat"), one), socket.send(fresh("chat"), two)];
    await Promise.all([started(one), started(two)]);
    await upstream("text", two, { text: "2" });
    await socket.until(() => socket.textOf(second) === "2");
    await upstream("text", one, { text: "1" });
    await upstream("done", one);
    await upstream("done", two);
    await Promise.all([socket.untilEnd(first), socket.untilEnd(second)]);
    expect([socket.textOf(first), socket.textOf(second)]).toEqual(["1", "2"]);
  });

  test("resumes the open answer from its start, also on a second socket", async () => {
    const [asker, other, room, prompt] = [await open(), await open(), fresh("chat"), fresh("long")];
    const id = asker.send(room, prompt);
    await upstream("text", prompt, { text: "half" });
    await asker.until(() => asker.textOf(id) === "half");
    asker.close();
    const resumed = other.resume(room);
    await other.until(() => other.textOf(resumed) === "half");
    await upstream("text", prompt, { text: " whole" });
    await upstream("done", prompt);
    await other.untilEnd(resumed);
    expect([other.textOf(resumed), other.of(resumed)[0]?.type]).toEqual(["half whole", "start"]);
    expect((await started(prompt)).requests).toHaveLength(1);
  });

  test("replays an answer that ended a moment ago, and says that nothing is active where nothing was asked", async () => {
    const [socket, room, prompt] = [await open(), fresh("chat"), fresh("done")];
    const id = socket.send(room, prompt);
    await upstream("text", prompt, { text: "all" });
    await upstream("done", prompt);
    await socket.untilEnd(id);
    const [again, nothing] = [socket.resume(room), socket.resume(fresh("chat"))];
    await Promise.all([socket.untilEnd(again), socket.untilEnd(nothing)]);
    expect(socket.textOf(again)).toBe("all");
    expect(socket.of(nothing).map(({ type }) => type)).toEqual(["no-active"]);
  });

  test("stops the turn of a request that is aborted, for everyone", async () => {
    const [socket, room, prompt] = [await open(), fresh("chat"), fresh("stop")];
    const tab = await new SocketTab().join(room);
    const id = socket.send(room, prompt);
    await upstream("text", prompt, { text: "half" });
    await socket.until(() => socket.textOf(id) === "half");
    socket.abort(id);
    await tab.until(() => tab.view.turns.some(({ state }) => state === "settled"));
    expect(tab.view.turns[0]).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    expect(socket.closed).toBeUndefined();
  });

  test("stops a turn whose request is aborted before the room has answered", async () => {
    const [socket, room, prompt] = [await open(), fresh("chat"), fresh("early")];
    const tab = await new SocketTab().join(room);
    socket.abort(socket.send(room, prompt));
    await tab.until(() => tab.view.turns.some(({ state }) => state === "settled"));
    expect(tab.view.turns[0]).toMatchObject({ outcome: "cancelled" });
  });

  test("leaves when it closes: another reader's answer goes on", async () => {
    const [socket, room, prompt] = [await open(), fresh("chat"), fresh("leave")];
    const tab = await new SocketTab().join(room);
    const id = socket.send(room, prompt);
    await upstream("text", prompt, { text: "a" });
    await socket.until(() => socket.textOf(id) === "a");
    socket.close();
    await upstream("text", prompt, { text: "b" });
    await upstream("done", prompt);
    await tab.until(() => tab.view.turns.some(({ state }) => state === "settled"));
    expect(tab.view.turns[0]).toMatchObject({ outcome: "completed", length: 2 });
  });

  test("goes on with the answer, to the letter, when the room's object starts over", async () => {
    const [socket, room, prompt] = [await open(), fresh("chat"), fresh("restart")];
    const id = socket.send(room, prompt);
    await upstream("text", prompt, { text: "before" });
    await socket.until(() => socket.textOf(id) === "before");
    const stub = env.Chat.get(env.Chat.idFromName(room));
    await runInDurableObject(stub, (_, state) => state.abort("restart")).catch(() => undefined);
    await upstream("done", prompt);
    await socket.untilEnd(id);
    const end = socket.of(id).findLast(({ chunk }) => chunk?.type === "data-gateway");
    expect(socket.textOf(id)).toBe("before");
    expect(end?.chunk?.data).toMatchObject({ kind: "end", outcome: "completed" });
    expect(socket.of(id).at(-1)?.type).toBe("end");
  });

  test("tells of a refused question in a sentence, and serves the next one", async () => {
    const socket = await open();
    const [empty, bad] = [socket.send(fresh("chat"), " "), socket.send("no such room!", "hi")];
    await Promise.all([socket.untilEnd(empty), socket.untilEnd(bad)]);
    expect(socket.of(empty)).toMatchObject([{ type: "error", errorText: "The question is empty." }]);
    expect(socket.of(bad)[0]?.errorText).toContain("room name");
    expect(socket.closed).toBeUndefined();
  });

  test("takes provider, model, params and metadata from the frame", async () => {
    const [socket, room, prompt] = [await open(), fresh("chat"), fresh("fields")];
    const tab = await new SocketTab().join(room);
    const id = socket.send(room, prompt, { body: { model: "large", params: { t: 1 } }, metadata: { source: "page" } });
    await upstream("done", prompt);
    await socket.untilEnd(id);
    const { requests } = await started(prompt);
    expect(requests[0]?.body).toMatchObject({ model: "large", params: { t: 1 } });
    expect(tab.view.turns[0]?.metadata).toEqual({ source: "page" });
  });
});

describe("[S2] The socket of the AI SDK", () => {
  test.each([
    ["text that isn't JSON", "{"],
    ["an unknown type", '{"type":"hello","requestId":"r"}'],
    ["a request without an id", '{"type":"send","requestId":"r","trigger":"submit-message","messages":[]}'],
    ["an empty request id", '{"type":"abort","requestId":""}'],
    ["headers that aren't texts", '{"type":"resume","requestId":"r","id":"c","headers":{"a":1}}'],
    ["JSON that is too deep", `{"type":"abort","requestId":"r","a":${"[".repeat(100)}${"]".repeat(100)}}`],
    ["a binary message", new ArrayBuffer(4)],
  ])("closes with bad-frame after %s", async (_, raw) => {
    const socket = await open();
    socket.sayRaw(raw);
    expect((await socket.untilClosed()).code).toBe(4400);
  });

  test("closes after a frame that is too large, and after a request id that is in use", async () => {
    const [large, twice, prompt] = [await open(), await open(), fresh("twice")];
    large.sayRaw(JSON.stringify({ type: "abort", requestId: "r", more: "x".repeat(maxSocketFrameBytes) }));
    expect((await large.untilClosed()).code).toBe(4413);
    const requestId = twice.send(fresh("chat"), prompt);
    await started(prompt);
    twice.resume(fresh("chat"), { requestId });
    expect((await twice.untilClosed()).code).toBe(4400);
    await upstream("done", prompt);
  });

  test("refuses the answer that is one too many, and keeps the others", async () => {
    const [socket, prompt, room] = [await open(), fresh("many"), fresh("chat")];
    socket.send(room, prompt);
    await started(prompt);
    const resumed = Array.from({ length: maxRequests }, () => socket.resume(room));
    const last = resumed.at(-1) ?? "";
    await socket.untilEnd(last);
    expect(socket.of(last)).toMatchObject([{ type: "error", errorText: expect.stringContaining("too many answers") }]);
    await upstream("done", prompt);
    await socket.untilEnd(resumed[0] ?? "");
    expect(socket.closed).toBeUndefined();
  });

  test("refuses the chat that is one too many, and closes when frames come too fast", async () => {
    const socket = await open();
    for (let chat = 0; chat < maxChats; chat += 1) await socket.untilEnd(socket.resume(fresh("chat")));
    const refused = socket.resume(fresh("chat"));
    await socket.untilEnd(refused);
    expect(socket.of(refused)[0]?.errorText).toContain(`${maxChats} chats`);
    for (let frame = 0; frame < 2 * maxFrames; frame += 1) socket.abort("unknown");
    expect((await socket.untilClosed()).code).toBe(4479);
  });

  test("refuses a resume by a sequence, because an answer is replayed from its start", async () => {
    const socket = await open();
    const id = socket.resume(fresh("chat"), { lastSequence: 3 });
    await socket.untilEnd(id);
    expect(socket.of(id)[0]?.errorText).toContain("lastSequence");
  });
});
