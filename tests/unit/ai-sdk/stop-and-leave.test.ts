// @vitest-environment happy-dom
/** A stop that a person presses and a component that goes in the same event, with the hooks of `ai` 5, 6 and 7: the stop counts. */
import { useChat as useChat7 } from "@ai-sdk/react";
import { useChat as useChat5 } from "ai-sdk-react5";
import { useChat as useChat6 } from "ai-sdk-react6";
import { createElement, type ReactNode, useEffect, useState } from "react";
import { flushSync } from "react-dom";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RoomChatTransport } from "../../../client/ai-sdk.ts";
import { useRoomChat } from "../../../client/ai-sdk-react.tsx";
import { FakeRoom } from "../../support/client/fake-room.ts";
import { type FakeNetwork, fakeNetwork } from "../../support/client/fake-socket.ts";

interface Hook {
  readonly sendMessage: (message: { text: string }) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const url = "https://chat.example.com";
let net: FakeNetwork;
let room: FakeRoom;
let root: Root;
let host: HTMLElement;
let press: () => void = () => {};
let leave: (() => void) | undefined;
let hook: Hook | undefined;
let transport: RoomChatTransport | undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  net = fakeNetwork();
  room = new FakeRoom(net);
  host = document.createElement("div");
  document.body.append(host);
  root = createRoot(host);
});
afterEach(async () => {
  flushSync(() => root.unmount());
  host.remove();
  transport?.close();
  transport = undefined;
  await tick();
  vi.useRealTimers();
});

async function tick(ms = 1): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function Holder({ children }: { readonly children: ReactNode }) {
  const [isOpen, setOpen] = useState(true);
  leave = () => setOpen(false);
  return createElement(
    "div",
    null,
    createElement("button", { type: "button", onClick: () => press() }),
    isOpen ? children : null,
  );
}

/** A person's click, which React handles as it does in a page. */
async function click(handle: () => void): Promise<void> {
  press = handle;
  host.querySelector("button")?.click();
  await tick();
}

type UseChat = (options: object) => Hook & { setMessages(messages: unknown): void; resumeStream(): Promise<void> };

/** The effect of docs/ai-sdk.md. */
function usePlain(useChat: unknown): null {
  const [own] = useState(() => {
    transport = new RoomChatTransport({ url, WebSocket: net.WebSocket });
    return transport;
  });
  const chat = (useChat as UseChat)({ id: "demo", transport: own });
  hook = chat;
  const { setMessages, resumeStream } = chat;
  useEffect(
    () =>
      own.follow("demo", ({ messages, isAnswering }) => {
        setMessages(messages);
        if (isAnswering) void resumeStream();
      }),
    [own, setMessages, resumeStream],
  );
  return null;
}

const Plain5 = () => usePlain(useChat5);
const Plain6 = () => usePlain(useChat6);
const Plain7 = () => usePlain(useChat7);

function OneLine() {
  hook = useRoomChat({ id: "demo", url, WebSocket: net.WebSocket });
  return null;
}

async function answering(Component: () => null): Promise<string> {
  flushSync(() => root.render(createElement(Holder, null, createElement(Component))));
  await tick();
  if (net.last.readyState === 0) room.enter();
  await tick();
  void hook?.sendMessage({ text: "why?" });
  await tick();
  const { turnId } = room.accept();
  room.write("because");
  await tick();
  return turnId;
}

const stops = () => net.last.saidOf("turn-cancel").map((frame) => frame.turnId);

describe.each<[string, () => null]>([
  ["ai 5", Plain5],
  ["ai 6", Plain6],
  ["ai 7", Plain7],
  ["useRoomChat", OneLine],
])("With %s,", (_, Component) => {
  test("a component that goes alone stops nothing", async () => {
    await answering(Component);
    await click(() => leave?.());
    expect(stops()).toEqual([]);
  });

  test("a stop right before the component goes is a stop", async () => {
    const turnId = await answering(Component);
    await click(() => {
      void hook?.stop();
      leave?.();
    });
    expect(stops()).toEqual([turnId]);
  });
});

describe("With useRoomChat,", () => {
  test("a stop right after the component was told to go is a stop", async () => {
    const turnId = await answering(OneLine);
    await click(() => {
      leave?.();
      void hook?.stop();
    });
    expect(stops()).toEqual([turnId]);
  });

  test("a stop right before the component goes at once is a stop", async () => {
    const turnId = await answering(OneLine);
    await click(() => {
      void hook?.stop();
      flushSync(() => leave?.());
    });
    expect(stops()).toEqual([turnId]);
  });
});
