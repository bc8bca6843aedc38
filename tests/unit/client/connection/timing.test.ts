import { expect, test } from "vitest";
import * as timing from "../../../../client/time/timing.ts";
import { DEFAULT_POLICY } from "../../../../party/core/policy.ts";
import { heartbeatMs, helloTimeoutMs, viewerTimeoutMs } from "../../../../shared/protocol/limits.ts";

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

/** The room's own, of a stream: the first heartbeat, and those after it (HEARTBEAT_MS). */
const { streamBeatMs } = DEFAULT_POLICY;

test("[F7] a hanging try is given up in favour of another before it is given up for good", () => {
  expect(timing.progressTimeoutMs).toBeLessThan(timing.welcomeTimeoutMs);
});

test("[F7] a stream is held back when it is late, and dead when it is silent: in that order", () => {
  expect(timing.firstHeartbeatMs + timing.maxLagMs).toBeLessThan(streamBeatMs);
  expect(timing.streamSilenceMs).toBeGreaterThan(streamBeatMs + timing.maxLagMs);
});

test("[R6] who rests, or is told by another tab, shows signs of life in time", () => {
  const longest = Math.max(timing.maxRestMs, timing.followPauseMs);
  expect(longest + timing.requestTimeoutMs).toBeLessThanOrEqual(viewerTimeoutMs);
});

test("[T3] a stop over HTTP is waited for longer than a backend may take to confirm it", () => {
  expect(timing.requestTimeoutMs).toBeGreaterThan(2 * DEFAULT_POLICY.stopConfirmMs);
});
