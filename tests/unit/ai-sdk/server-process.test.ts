/** `RoomChatTransport` in a server process, which serves many people. */
import { expect, test, vi } from "vitest";
import { RoomChatTransport } from "../../../client/ai-sdk.ts";
import { fakeNetwork, over, welcome } from "../../support/client/fake-socket.ts";
import { sync } from "../../support/client/sync-frames.ts";

test("[S1] Two people's transports in one server process never share a socket", async () => {
  vi.useFakeTimers();
  const net = fakeNetwork();
  const transports = ["anna", "ben"].map(
    (user) => new RoomChatTransport({ url: "https://chat.example.com", ...over(net), token: () => user }),
  );
  for (const transport of transports) transport.client("demo");
  await vi.advanceTimersByTimeAsync(1);
  for (const socket of net.sockets) {
    socket.open();
    socket.queue(welcome, sync()).deliver();
  }
  expect(net.sockets.map((socket) => socket.saidOf("hello")[0]?.token)).toEqual(["anna", "ben"]);
  for (const transport of transports) transport.close();
  await vi.advanceTimersByTimeAsync(10);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
