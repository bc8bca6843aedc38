/** The numbers hold together: tuning one must not break another. */
import { expect, test } from "vitest";
import { watchdogMs } from "../../../party/core/conversation/commit.ts";
import { maxPartRowBytes, rowUnits } from "../../../party/core/log/storage-schema.ts";
import { DEFAULT_POLICY as policy } from "../../../party/core/policy.ts";
import { maxEventUnits } from "../../../party/upstream/framing-contract.ts";
import { heartbeatMs, helloTimeoutMs, syncMaxBytes, viewerTimeoutMs } from "../../../shared/protocol/limits.ts";

test("[R6] three heartbeats fit into what a viewer may be silent for", () => {
  expect(3 * heartbeatMs).toBeLessThan(viewerTimeoutMs);
});

test("[A1] the watchdog looks before a silent viewer's grace could be missed by more than a minute", () => {
  expect(watchdogMs).toBeLessThanOrEqual(60_000);
});

test("[F1] what is coalesced is far from what counts as silence, and the log trails by more than one coalesced frame", () => {
  expect(policy.coalesceMs).toBeLessThan(policy.logLagMs);
  expect(policy.coalesceMs * 100).toBeLessThan(policy.silenceTimeoutMs);
});

test("[F3] a log row of text and a part in one row both fit a stored value of 64 KiB", () => {
  expect(policy.logLagUnits).toBeLessThanOrEqual(rowUnits);
  expect(2 * rowUnits).toBeLessThanOrEqual(65_536 / 2);
  expect(maxPartRowBytes).toBeLessThanOrEqual(65_536 - 1_024);
});

test("[T6] the largest part fits an answer, a sync and an event of the upstream", () => {
  expect(policy.maxPartBytes).toBeLessThanOrEqual(policy.maxTurnLength);
  expect(policy.maxPartBytes).toBeLessThanOrEqual(syncMaxBytes);
  expect(policy.maxPartBytes).toBeLessThan(maxEventUnits);
});

test("[U1] each limit of an attempt is shorter than the turn's, and the turn's fits the platform's 15 minutes", () => {
  for (const ms of [policy.headersTimeoutMs, policy.firstTokenTimeoutMs, policy.silenceTimeoutMs]) {
    expect(ms).toBeLessThan(policy.turnTimeoutMs);
  }
  expect(policy.turnTimeoutMs).toBeLessThanOrEqual(14 * 60_000);
});

test("[F2] one reader may not take all of the room's buffer, and a sync fits it", () => {
  expect(policy.softBufferBytes).toBeLessThan(policy.roomBufferBytes);
  expect(syncMaxBytes).toBeLessThan(policy.roomBufferBytes);
});

test("[T4] a hello fits the grace: a reload keeps the answer", () => {
  expect(2 * helloTimeoutMs).toBeLessThan(policy.orphanGraceMs);
});

test("the stop is confirmed or given up before the client would believe the room dead", () => {
  expect(policy.stopConfirmMs).toBeLessThan(heartbeatMs);
});
