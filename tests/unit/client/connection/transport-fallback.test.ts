/** The rules of the fallback: when a transport is left, when a better one is tried, and what is remembered. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type NetworkFault, TRANSPORTS, type TransportName } from "../../../../client/api/connection-types.ts";
import {
  afterFailure,
  afterNetworkChange,
  afterRefusal,
  afterSync,
  afterUpgrade,
  afterUpgradeFailure,
  type Fallback,
  hasNext,
  maxBreaks,
  provenFailures,
  recordOf,
  soundAfterMs,
  startFallback,
  tryingOf,
  upgradeDue,
  upgradePolicy,
} from "../../../../client/connection/transport-fallback.ts";
import { stableAfterMs } from "../../../../client/time/timing.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const half = () => 0.5;
const fresh = () => startFallback(TRANSPORTS, undefined);
const failed = (fallback: Fallback, fault: NetworkFault = "blocked", lastedMs?: number) =>
  afterFailure(fallback, fault, lastedMs)[0];
/** A fallback whose current transport is the one at `index`, reached from the best at `now`. */
function currentAt(index: number, now = 0): Fallback {
  let fallback = fresh();
  for (let step = 0; step < index; step += 1) fallback = failed(fallback);
  return afterSync(fallback, now, half);
}
const faults: readonly NetworkFault[] = ["unavailable", "blocked", "stalled", "buffered", "lost"];

describe("The fallback, going down,", () => {
  test("tries the next transport at once after a first attempt that does not get through", () => {
    const [sse, first] = afterFailure(fresh(), "blocked", undefined);
    expect([tryingOf(sse), first]).toEqual(["sse", "next"]);
    const [poll, second] = afterFailure(sse, "stalled", undefined);
    expect([tryingOf(poll), second, hasNext(poll)]).toEqual(["poll", "next", false]);
  });

  test("[F7] leaves no transport while none gets through: the next round begins with the current one", () => {
    const [fallback, advice] = afterFailure(failed(failed(fresh())), "blocked", undefined);
    expect([tryingOf(fallback), advice, recordOf(fallback)]).toEqual(["websocket", "wait", undefined]);
  });

  test("makes a transport the current one once it has synced, with the reason why it is not a better one", () => {
    expect(recordOf(failed(fresh(), "stalled"))).toBeUndefined();
    expect(recordOf(afterSync(failed(fresh(), "stalled"), 0, half))).toMatchObject({
      transport: "sse",
      because: "stalled",
    });
    expect(recordOf(currentAt(2))).toMatchObject({ transport: "poll", because: "blocked" });
  });

  test("leaves a transport that has worked after three failures in a row, not after one", () => {
    let fallback = currentAt(0);
    for (let count = 1; count < provenFailures; count += 1) {
      const [next, advice] = afterFailure(fallback, "blocked", undefined);
      expect([tryingOf(next), advice]).toEqual(["websocket", "wait"]);
      fallback = next;
    }
    expect(afterFailure(fallback, "blocked", undefined)[1]).toBe("next");
    expect(afterFailure(afterSync(fallback, 0, half), "blocked", undefined)[1]).toBe("wait");
  });

  test("leaves a stream that is held back at once, even one that has worked", () => {
    const [fallback, advice] = afterFailure(currentAt(1), "buffered", 1_000);
    expect([tryingOf(fallback), advice]).toEqual(["poll", "next"]);
    expect(recordOf(afterSync(fallback, 0, half))).toMatchObject({ because: "buffered" });
  });

  test("leaves a transport whose connections break off early after three in a row, and blames the network for a late loss", () => {
    let fallback = currentAt(0);
    for (let count = 1; count < maxBreaks; count += 1) fallback = failed(fallback, "lost", stableAfterMs - 1);
    expect(afterFailure(fallback, "lost", stableAfterMs)[1]).toBe("wait");
    const [down, advice] = afterFailure(fallback, "lost", stableAfterMs - 1);
    expect([tryingOf(down), advice]).toEqual(["sse", "next"]);
    expect(recordOf(afterSync(down, 0, half))).toMatchObject({ because: "unstable" });
  });

  test("[F7] ends the round after the room's own refusal and learns nothing from it", () => {
    expect(afterRefusal(failed(fresh()))).toEqual(fresh());
    const below = currentAt(1, 7);
    expect(afterRefusal(failed(failed(failed(below))))).toEqual(below);
  });

  test("never leaves the last transport", () => {
    for (const fault of faults) {
      for (const lastedMs of [undefined, 0, soundAfterMs]) {
        expect(afterFailure(currentAt(2), fault, lastedMs)[1], fault).toBe("wait");
      }
    }
  });
});

describe("The fallback, going up,", () => {
  test("tries the best transport first, then those between, with growing pauses", () => {
    let fallback = currentAt(2, 1_000);
    const names: (TransportName | undefined)[] = [];
    const waits: number[] = [];
    let now = 1_000;
    for (let count = 0; count < 9; count += 1) {
      const at = fallback.upgradeAt ?? 0;
      expect(upgradeDue(fallback, at - 1)).toBeUndefined();
      names.push(upgradeDue(fallback, at));
      waits.push(at - now);
      now = at;
      fallback = afterUpgradeFailure(fallback, now, half);
    }
    expect(names.slice(0, 4)).toEqual(["websocket", "sse", "websocket", "sse"]);
    expect(waits).toEqual([7_500, 7_500, 15_000, 30_000, 60_000, 120_000, 240_000, 450_000, 450_000]);
  });

  test("makes the upgraded transport the current one, and remembers nothing once it is the best", () => {
    expect(recordOf(afterUpgrade(currentAt(2), "websocket", 5, half))).toBeUndefined();
    expect(recordOf(afterUpgrade(currentAt(2), "sse", 5, half))).toMatchObject({
      transport: "sse",
      because: "blocked",
    });
  });

  test("goes down again after one early break or failure of the upgraded transport, and the pauses keep growing", () => {
    for (const lastedMs of [undefined, 100]) {
      const up = afterUpgrade(currentAt(1), "websocket", 0, half);
      const there = lastedMs === undefined ? up : afterSync(up, 0, half);
      const [down, advice] = afterFailure(there, "lost", lastedMs);
      expect([tryingOf(down), advice]).toEqual(["sse", "next"]);
      expect(afterSync(down, 0, half).upgradeAt).toBe(15_000);
    }
  });

  test("forgets the attempts before a connection that lasted", () => {
    let fallback = currentAt(1);
    for (let count = 0; count < 5; count += 1) fallback = afterUpgradeFailure(fallback, 0, half);
    expect(failed(fallback, "lost", soundAfterMs).upgrades).toBe(0);
    expect(failed(fallback, "lost", soundAfterMs - 1).upgrades).toBe(5);
  });

  test("tries the best transport at once after a change of network", () => {
    const fallback = afterNetworkChange(afterUpgradeFailure(currentAt(2), 0, half), 10);
    expect(upgradeDue(fallback, 10)).toBe("websocket");
    expect(afterNetworkChange(fresh(), 10)).toEqual(fresh());
  });
});

describe("The fallback, after a reload,", () => {
  test("begins with the remembered transport", () => {
    const record = recordOf(currentAt(1, 50));
    const fallback = startFallback(TRANSPORTS, record);
    expect([tryingOf(fallback), recordOf(fallback)]).toEqual(["sse", record]);
    expect(afterFailure(fallback, "blocked", undefined)[1]).toBe("next");
  });

  test("ignores a remembered transport that is not allowed here", () => {
    const record = recordOf(currentAt(1));
    expect(startFallback(["websocket", "poll"], record)).toEqual(startFallback(["websocket", "poll"], undefined));
    expect(tryingOf(startFallback(["sse", "poll"], record))).toBe("sse");
  });
});

type Step =
  | { do: "fail"; fault: NetworkFault; lastedMs: number | undefined }
  | { do: "sync" | "refuse" | "upgrade" | "upgrade-failed" | "network-change" | "reload" };
const step: fc.Arbitrary<Step> = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({
    do: fc.constant("fail" as const),
    fault: fc.constantFrom(...faults),
    lastedMs: fc.oneof(fc.constant(undefined), fc.nat(100_000)),
  }),
  fc.constantFrom(
    ...(["sync", "refuse", "upgrade", "upgrade-failed", "network-change", "reload"] as const).map((name) => ({
      do: name,
    })),
  ),
);

test("[F7] the current transport is one that has worked, and a better one is always tried again, whatever happens in whatever order", () => {
  fc.assert(
    fc.property(
      fc.subarray([...TRANSPORTS], { minLength: 1 }),
      fc.array(fc.tuple(step, fc.nat(60_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))),
      (transports, steps) => {
        let fallback = startFallback(transports, undefined);
        let now = 0;
        for (const [action, laterMs, chance] of steps) {
          now += laterMs;
          const random = () => chance;
          const before = fallback;
          let advice: string | undefined;
          switch (action.do) {
            case "fail":
              [fallback, advice] = afterFailure(fallback, action.fault, action.lastedMs);
              break;
            case "sync":
              fallback = afterSync(fallback, now, random);
              break;
            case "refuse":
              fallback = afterRefusal(fallback);
              break;
            case "upgrade": {
              const to = upgradeDue(fallback, now);
              if (to !== undefined) fallback = afterUpgrade(fallback, to, now, random);
              break;
            }
            case "upgrade-failed":
              if (upgradeDue(fallback, now) !== undefined) fallback = afterUpgradeFailure(fallback, now, random);
              break;
            case "network-change":
              fallback = afterNetworkChange(fallback, now);
              break;
            case "reload":
              fallback = startFallback(transports, recordOf(fallback));
          }
          expect(transports).toContain(tryingOf(fallback));
          expect(fallback.trying).toBeGreaterThanOrEqual(fallback.current);
          // It goes down only to a transport that synced, and up only to one that was welcomed.
          if (fallback.current > before.current) expect(action.do).toBe("sync");
          if (fallback.current < before.current) expect(action.do).toBe("upgrade");
          if (advice === "next") expect(fallback.trying).toBe(before.trying + 1);
          if (advice === "wait")
            expect(fallback.trying === fallback.current || fallback.trying === before.trying).toBe(true);
          expect(fallback.because === undefined).toBe(fallback.current === 0);
          expect(fallback.upgradeAt === undefined).toBe(fallback.current === 0);
          expect((fallback.upgradeAt ?? now) - now).toBeLessThanOrEqual(upgradePolicy.maxMs);
        }
      },
    ),
    { numRuns: propertyRuns(500) },
  );
});
