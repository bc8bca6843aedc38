import { expect, test } from "vitest";
import * as timing from "../../client/timing.ts";
import { heartbeatMs, helloTimeoutMs, viewerTimeoutMs } from "../../shared/protocol/limits.ts";

/** The default of ORPHAN_GRACE_MS (T4). */
const orphanGraceMs = 30_000;

test("[R6] the first reconnects and their hellos fit in half of the grace a room gives an answer", () => {
  expect(timing.reconnectPolicy.baseMs + helloTimeoutMs).toBeLessThanOrEqual(orphanGraceMs / 2);
});

test("[R6] three signs of life fit in the time after which a room forgets a viewer, with their pongs", () => {
  expect(3 * heartbeatMs + timing.pongTimeoutMs).toBeLessThan(viewerTimeoutMs);
  expect(heartbeatMs).toBeGreaterThan(timing.pongTimeoutMs);
});

test("the room's heartbeat is within what a client agrees to", () => {
  expect(heartbeatMs).toBeGreaterThanOrEqual(timing.minHeartbeatMs);
  expect(heartbeatMs).toBeLessThanOrEqual(timing.maxHeartbeatMs);
});

test("[R1] a client waits longer for its welcome than the room waits for a hello, so the room's reason is heard", () => {
  expect(timing.welcomeTimeoutMs).toBeGreaterThan(helloTimeoutMs);
  expect(timing.syncTimeoutMs).toBeGreaterThan(timing.welcomeTimeoutMs);
});

test("the longest delay a room can ask for is one a timer can count", () => {
  expect(timing.maxAskedDelayMs).toBeLessThan(2 ** 31);
});
