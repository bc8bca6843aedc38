/**
 * What the client learns where no attempt gets through: by a plain request after failures that explain nothing, or from what
 * answers its event streams and polls. The refusals in a real browser are `tests/e2e/browser/refusals.test.ts`.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatClientOptions } from "../../../../client/api/api.ts";
import { type FakeRequest, last } from "../../../support/client/fake-http.ts";
import { type FakeNetwork, fakeNetwork, welcome } from "../../../support/client/fake-socket.ts";
import { client, connection, eachWithItsOwnHttp, enter, http, tick } from "../../../support/client/http-client.ts";
import { sync } from "../../../support/client/sync-frames.ts";

eachWithItsOwnHttp();

let net: FakeNetwork;
let logged: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  net = fakeNetwork();
  logged = vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => logged.mockRestore());

const onlySocket = () => ({ WebSocket: net.WebSocket, transports: ["websocket"] }) as const;
const searches = () => http.requests.filter(({ what }) => what === "GET /turns");

/** Opens `count` sockets one after the other, each of which is refused at its handshake. */
async function refuse(count: number): Promise<void> {
  for (let attempt = 0; attempt < count; attempt += 1) {
    await tick(1);
    net.last.end(1006);
    await tick(1);
  }
}

/** Of one attempt: a token that no host has answered yet is offered in a first, and left out in a second. */
const handshakes = ({ token }: Partial<ChatClientOptions>) => (token === undefined ? 1 : 2);

async function searched(options: Partial<ChatClientOptions> = {}): Promise<FakeRequest> {
  enter({ ...onlySocket(), ...options });
  await refuse(2 * handshakes(options));
  return last(searches());
}

describe("[F7] A client over WebSocket alone", () => {
  test.each([
    ["origin-forbidden", 403],
    ["room-forbidden", 403],
    ["forbidden", 403],
    ["unauthenticated", 401],
    ["bad-room-name", 400],
  ])("is told at an upgrade's refusal that it is %s, and makes no more attempts", async (code, status) => {
    (await searched()).refuse(code, status);
    await tick();
    expect(connection()).toEqual({ state: "closed", code, message: "Said so." });
    const { length } = net.sockets;
    await tick(600_000);
    expect([net.sockets.length, searches().length]).toEqual([length, 1]);
  });

  test.each([
    ["rate-limited", 429],
    ["not-configured", 503],
    ["draining", 503],
  ])("waits as long as a gateway that is %s asks", async (code, status) => {
    (await searched()).refuse(code, status, { "retry-after": "90" });
    await tick();
    const { length } = net.sockets;
    await tick(89_000);
    expect([connection().state, net.sockets.length]).toEqual(["reconnecting", length]);
    await tick(2_000);
    expect(net.sockets.length).toBe(length + 1);
  });

  test("asks the application once for another token where the one it has is refused", async () => {
    const tokens: string[] = [];
    const token = () => {
      tokens.push(`t${tokens.length}`);
      return tokens.at(-1);
    };
    (await searched({ token })).refuse("unauthenticated", 401);
    await tick(1);
    expect(connection().state).toBe("reconnecting");
    for (let attempt = 0; attempt < 3 && searches().length < 2; attempt += 1) await refuse(handshakes({ token }));
    last(searches()).refuse("unauthenticated", 401);
    await tick(1);
    expect(connection()).toMatchObject({ state: "closed", code: "unauthenticated" });
    expect(last(searches()).headers["authorization"]).toMatch(/^Bearer t\d/);
  });

  test("says that WebSockets are blocked where the room answers requests, and tries more rarely", async () => {
    (await searched()).json({ turns: [] });
    await tick(1);
    await refuse(1);
    expect(connection()).toMatchObject({ state: "reconnecting", code: "websocket-blocked" });
    expect(logged.mock.calls.flat().join()).toContain("WebSockets are blocked");
    vi.mocked(Math.random).mockReturnValue(0.999);
    const { length } = net.sockets;
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await tick(60_000);
      net.last.end(1006);
    }
    expect(net.sockets.length - length).toBeLessThanOrEqual(11);
    // A person who has changed the network doesn't wait.
    const before = net.sockets.length;
    client.reconnect();
    await tick(1);
    expect(net.sockets.length).toBe(before + 1);
    net.last.open();
    net.last.queue(welcome, sync()).deliver();
    expect(connection()).toEqual({ state: "online", transport: "websocket", sessionId: "s-1" });
    // What was in the way is forgotten.
    net.last.end(1006);
    expect(connection()).not.toHaveProperty("code");
  });

  test.each<[string, (request: FakeRequest) => void]>([
    ["a page with 404, as for a wrong path", (request) => request.page(404)],
    ["a sign-in page with 200", (request) => request.page(200)],
    ["401 from a proxy", (request) => request.page(401)],
    ["the gateway's own not-found, as for a wrong prefix", (request) => request.refuse("not-found", 404)],
  ])("says that something else answers, for %s", async (_, answer) => {
    answer(await searched());
    await tick(1);
    await refuse(1);
    expect(connection()).toMatchObject({ state: "reconnecting", code: "gateway-unrecognized" });
  });

  test.each<[string, (request: FakeRequest) => void]>([
    ["nothing answers", (request) => request.fail()],
    ["a proxy answers 502 for a gateway that restarts", (request) => request.page(502)],
  ])("claims nothing where %s", async (_, answer) => {
    answer(await searched());
    await tick(1);
    expect(connection()).not.toHaveProperty("code");
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await refuse(1);
      for (const request of searches().filter(({ isOver }) => !isOver)) answer(request);
      await tick();
    }
    expect(connection()).not.toHaveProperty("code");
    expect(logged).not.toHaveBeenCalled();
    // Ever more rarely: after the second, fourth and eighth failure.
    expect(searches()).toHaveLength(3);
  });

  test("closed while the request is out, leaves nothing", async () => {
    const request = await searched();
    client.close();
    expect([request.signal.aborted, connection()]).toEqual([true, { state: "closed" }]);
  });
});

test.each<[string, (request: FakeRequest) => void]>([
  ["a page with 403", (request) => request.page(403)],
  ["the page of a captive portal", (request) => request.page(200)],
  ["the gateway's own not-found", (request) => request.refuse("not-found", 404)],
])("[F7] A client whose event streams and polls get %s says that something else answers", async (_, answer) => {
  enter();
  for (let round = 0; round < 2; round += 1) {
    await tick(1);
    answer(last(http.streams));
    await tick(1);
    answer(last(http.polls));
    await tick(1);
  }
  expect(connection()).toMatchObject({ state: "reconnecting", code: "gateway-unrecognized" });
  expect(searches()).toHaveLength(0);
});
