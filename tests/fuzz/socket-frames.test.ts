/** Bad frames of the AI SDK's chat socket by the thousand (S2, S3): each is answered, ignored, or ends its socket with a code. */
import { expect, test } from "vitest";
import { ChatSocket, type ChatSocketPorts, maxFrames } from "../../party/http/chat-socket/chat-socket.ts";
import { leakIn, mutateText, pick, randomOf } from "./mutate.ts";

const count = Number(process.env["FUZZ_FRAMES"] ?? 5_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 1e9));
const message = { id: "m", role: "user", parts: [{ type: "text", text: "hi" }] };
const frames = [
  { type: "send", requestId: "r", id: "chat", trigger: "submit-message", messages: [message], headers: {}, body: {} },
  { type: "send", requestId: "r", id: "chat", trigger: "regenerate-message", messageId: "m", messages: [message] },
  { type: "resume", requestId: "r", id: "chat", headers: { authorization: "Bearer secret" }, body: { a: 1 } },
  { type: "resume", requestId: "r", id: "chat", lastSequence: 4 },
  { type: "abort", requestId: "r" },
].map((frame) => JSON.stringify(frame));

test(`[S3][C8] ${count} bad frames of the chat socket throw nothing and tell nothing`, async () => {
  const random = randomOf(seed);
  const told: string[] = [];
  const closes = new Map<number, number>();
  const ports: ChatSocketPorts = {
    send: (text) => void told.push(text),
    close: (code, reason) => {
      told.push(reason);
      closes.set(code, (closes.get(code) ?? 0) + 1);
    },
    unsentBytes: 0,
    now: () => 0,
    sleep: () => Promise.resolve(),
    ask: async () => ({ kind: "refused", text: "No.", code: "forbidden" }),
    resume: async () => ({ kind: "no-active" }),
    stop: async () => undefined,
    isVerified: true,
  };
  for (let sent = 0; sent < count; ) {
    const socket = new ChatSocket(ports);
    for (let frame = 0; frame <= maxFrames; frame += 1, sent += 1) {
      const text = pick(random, frames);
      socket.handleMessage(random() < 0.02 ? undefined : random() < 0.5 ? mutateText(text, random) : text);
      await Promise.resolve();
    }
    socket.handleClose();
  }
  expect(leakIn(told.join("\n")), `seed ${seed}`).toBeUndefined();
  expect([...closes.keys()]).toContain(4400);
  expect(told.some((text) => text.includes("no-active"))).toBe(true);
});
