/** The device's date may be wrong and may jump while the client runs: no wait and no token depends on it. */
import { describe, expect, test, vi } from "vitest";
import { welcome } from "../../../support/client/fake-socket.ts";
import {
  client,
  connect,
  eachWithItsOwnNetwork,
  goOnline,
  net,
  state,
  tick,
} from "../../../support/client/socket-client.ts";
import { sync } from "../../../support/client/sync-frames.ts";

eachWithItsOwnNetwork();

const lifeMs = 300_000;

/** Lets five minutes pass in a room that accepts each refresh with another five. @returns how many tokens were requested */
async function passFiveMinutes(expiry: () => object, options: { readonly aheadMs: number }): Promise<number> {
  vi.setSystemTime(Date.now() + options.aheadMs);
  let requested = 0;
  const socket = await connect({ token: async () => `t${requested++}` });
  socket.queue({ ...welcome, ...expiry() }, sync()).deliver();
  const before = requested;
  let answered = 0;
  for (let second = 0; second < 300; second += 1) {
    await tick(1_000);
    const refreshes = socket.saidOf("token-refresh").length;
    if (refreshes > answered) socket.queue({ type: "token-accepted", expiresAt: 0, ...expiry() }).deliver();
    answered = refreshes;
    socket.queue("pong").deliver();
  }
  return requested - before;
}

describe.each([
  ["ten minutes ahead", 600_000],
  ["an hour behind", -3_600_000],
  ["right", 0],
])("[S6] A device whose clock is %s", (_, aheadMs) => {
  test("refreshes its token once in five minutes, by the life that the room reports", async () => {
    expect(await passFiveMinutes(() => ({ expiresInMs: lifeMs }), { aheadMs })).toBe(1);
  });
});

describe("[S6] A client", () => {
  test("requests fewer and fewer tokens where each has expired already, by an older room's date", async () => {
    const past = () => ({ expiresAt: Date.now() - 600_000 });
    expect(await passFiveMinutes(past, { aheadMs: 0 })).toBeLessThan(10);
  });

  test("tries again after a token that could not be obtained, later and later", async () => {
    let fails = false;
    const requestedAt: number[] = [];
    const socket = await connect({
      token: () => {
        if (!fails) return "t";
        requestedAt.push(Math.round((Date.now() - start) / 1_000));
        throw new Error("sign-in is down");
      },
    });
    socket.queue({ ...welcome, expiresInMs: 200_000 }, sync()).deliver();
    fails = true;
    const start = Date.now();
    for (let second = 0; second < 190; second += 5) {
      await tick(5_000);
      socket.queue("pong").deliver();
    }
    expect(requestedAt).toEqual([125, 127, 131, 139, 155, 187]);
    expect(state()).toBe("online");
  });
});

describe("A clock that is set back by an hour", () => {
  test("doesn't lengthen the wait that a room asked for", async () => {
    const socket = await goOnline();
    socket.queue({ type: "goaway", reason: "draining", reconnectInMs: 1_000 }).deliver();
    vi.setSystemTime(Date.now() - 3_600_000);
    socket.end(1012);
    await tick(1_000 + 501);
    expect(net.sockets).toHaveLength(2);
  });

  test("doesn't keep the client from leaving a socket that is never welcomed", async () => {
    const socket = await connect();
    vi.setSystemTime(Date.now() - 3_600_000);
    await tick(8_000);
    expect(socket.closedWith).toMatchObject({ reason: "no welcome" });
  });
});

test("A refused clear doesn't cost the connection, and submits no longer wait for a new epoch", async () => {
  const socket = await goOnline();
  client.clear();
  const id = client.submit("after the clear");
  expect(socket.saidOf("room-clear")).toHaveLength(1);
  socket.queue({ type: "error", code: "forbidden", message: "no", retryable: false }).deliver();
  expect(socket.saidOf("turn-submit")).toMatchObject([{ turnId: id, epoch: "e1" }]);
  for (let second = 0; second < 60; second += 5) {
    await tick(5_000);
    socket.queue("pong").deliver();
  }
  expect([socket.closedWith, state()]).toEqual([undefined, "online"]);
  expect(client.getSnapshot().error).toMatchObject({ code: "forbidden" });
});

test("A clear that is neither answered nor refused costs the connection after 30 s", async () => {
  const socket = await goOnline();
  client.clear();
  for (let second = 0; second < 30; second += 5) {
    await tick(5_000);
    socket.queue("pong").deliver();
  }
  expect(socket.closedWith).toMatchObject({ reason: "no sync" });
});
