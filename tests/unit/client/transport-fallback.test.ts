import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type NetworkFault, TRANSPORTS, type TransportName } from "../../../client/api/connection-types.ts";
import {
  arrive,
  climbed,
  climbFailed,
  climbingAt,
  climbPolicy,
  fail,
  hasNext,
  type Ladder,
  lookUp,
  maxBreaks,
  provenFailures,
  refuse,
  soundAfterMs,
  standingOf,
  startLadder,
  tryingOf,
} from "../../../client/connection/transport-fallback.ts";
import { stableAfterMs } from "../../../client/time/timing.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const half = () => 0.5;
const fresh = () => startLadder(TRANSPORTS, undefined);
const failed = (ladder: Ladder, fault: NetworkFault = "blocked", lastedMs?: number) => fail(ladder, fault, lastedMs)[0];
/** One that has come to stand on `rung`, from the top, at `now`. */
function standingAt(rung: number, now = 0): Ladder {
  let ladder = fresh();
  for (let step = 0; step < rung; step += 1) ladder = failed(ladder);
  return arrive(ladder, now, half);
}
const faults: readonly NetworkFault[] = ["unavailable", "blocked", "stalled", "buffered", "lost"];

describe("going down", () => {
  test("the first try that does not get through is followed by the next transport, at once", () => {
    const [sse, first] = fail(fresh(), "blocked", undefined);
    expect([tryingOf(sse), first]).toEqual(["sse", "next"]);
    const [poll, second] = fail(sse, "stalled", undefined);
    expect([tryingOf(poll), second, hasNext(poll)]).toEqual(["poll", "next", false]);
  });

  test("[F7] where none gets through, none is left: the next round begins where one stood", () => {
    const [ladder, advice] = fail(failed(failed(fresh())), "blocked", undefined);
    expect([tryingOf(ladder), advice, standingOf(ladder)]).toEqual(["websocket", "wait", undefined]);
  });

  test("one is stood on once it has synced, with the reason why not higher", () => {
    expect(standingOf(failed(fresh(), "stalled"))).toBeUndefined();
    expect(standingOf(arrive(failed(fresh(), "stalled"), 0, half))).toMatchObject({
      transport: "sse",
      because: "stalled",
    });
    expect(standingOf(standingAt(2))).toMatchObject({ transport: "poll", because: "blocked" });
  });

  test("a transport that has worked is left after as many failures in a row, not after one", () => {
    let ladder = standingAt(0);
    for (let count = 1; count < provenFailures; count += 1) {
      const [next, advice] = fail(ladder, "blocked", undefined);
      expect([tryingOf(next), advice]).toEqual(["websocket", "wait"]);
      ladder = next;
    }
    expect(fail(ladder, "blocked", undefined)[1]).toBe("next");
    expect(fail(arrive(ladder, 0, half), "blocked", undefined)[1]).toBe("wait");
  });

  test("a stream that is held back is left at once, even one that has worked", () => {
    const [ladder, advice] = fail(standingAt(1), "buffered", 1_000);
    expect([tryingOf(ladder), advice]).toEqual(["poll", "next"]);
    expect(standingOf(arrive(ladder, 0, half))).toMatchObject({ because: "buffered" });
  });

  test("connections that break off early are left after a few in a row; a late loss is the network's", () => {
    let ladder = standingAt(0);
    for (let count = 1; count < maxBreaks; count += 1) ladder = failed(ladder, "lost", stableAfterMs - 1);
    expect(fail(ladder, "lost", stableAfterMs)[1]).toBe("wait");
    const [down, advice] = fail(ladder, "lost", stableAfterMs - 1);
    expect([tryingOf(down), advice]).toEqual(["sse", "next"]);
    expect(standingOf(arrive(down, 0, half))).toMatchObject({ because: "unstable" });
  });

  test("[F7] a refusal of the room's own ends the round and teaches nothing", () => {
    expect(refuse(failed(fresh()))).toEqual(fresh());
    const below = standingAt(1, 7);
    expect(refuse(failed(failed(failed(below))))).toEqual(below);
  });

  test("the last transport is never left", () => {
    for (const fault of faults) {
      for (const lastedMs of [undefined, 0, soundAfterMs]) {
        expect(fail(standingAt(2), fault, lastedMs)[1], fault).toBe("wait");
      }
    }
  });
});

describe("climbing", () => {
  test("the top is tried first, then what lies between; with growing pauses and no two alike", () => {
    let ladder = standingAt(2, 1_000);
    const names: (TransportName | undefined)[] = [];
    const waits: number[] = [];
    let now = 1_000;
    for (let count = 0; count < 9; count += 1) {
      const at = ladder.climbAt ?? 0;
      expect(climbingAt(ladder, at - 1)).toBeUndefined();
      names.push(climbingAt(ladder, at));
      waits.push(at - now);
      now = at;
      ladder = climbFailed(ladder, now, half);
    }
    expect(names.slice(0, 4)).toEqual(["websocket", "sse", "websocket", "sse"]);
    expect(waits).toEqual([7_500, 7_500, 15_000, 30_000, 60_000, 120_000, 240_000, 450_000, 450_000]);
  });

  test("one that was climbed to is where one stands; at the top there is nothing to remember", () => {
    expect(standingOf(climbed(standingAt(2), "websocket", 5, half))).toBeUndefined();
    expect(standingOf(climbed(standingAt(2), "sse", 5, half))).toMatchObject({ transport: "sse", because: "blocked" });
  });

  test("one early break or failure there is enough to go down again, and the pauses go on growing", () => {
    for (const lastedMs of [undefined, 100]) {
      const up = climbed(standingAt(1), "websocket", 0, half);
      const there = lastedMs === undefined ? up : arrive(up, 0, half);
      const [down, advice] = fail(there, "lost", lastedMs);
      expect([tryingOf(down), advice]).toEqual(["sse", "next"]);
      expect(arrive(down, 0, half).climbAt).toBe(15_000);
    }
  });

  test("a connection that lasted forgives the tries before it", () => {
    let ladder = standingAt(1);
    for (let count = 0; count < 5; count += 1) ladder = climbFailed(ladder, 0, half);
    expect(failed(ladder, "lost", soundAfterMs).climbs).toBe(0);
    expect(failed(ladder, "lost", soundAfterMs - 1).climbs).toBe(5);
  });

  test("another network is a reason to look up now", () => {
    const ladder = lookUp(climbFailed(standingAt(2), 0, half), 10);
    expect(climbingAt(ladder, 10)).toBe("websocket");
    expect(lookUp(fresh(), 10)).toEqual(fresh());
  });
});

describe("what is remembered", () => {
  test("begins where it was left", () => {
    const standing = standingOf(standingAt(1, 50));
    const ladder = startLadder(TRANSPORTS, standing);
    expect([tryingOf(ladder), standingOf(ladder)]).toEqual(["sse", standing]);
    expect(fail(ladder, "blocked", undefined)[1]).toBe("next");
  });

  test("one that may not be used here is not begun with", () => {
    const standing = standingOf(standingAt(1));
    expect(startLadder(["websocket", "poll"], standing)).toEqual(startLadder(["websocket", "poll"], undefined));
    expect(tryingOf(startLadder(["sse", "poll"], standing))).toBe("sse");
  });
});

type Step =
  | { do: "fail"; fault: NetworkFault; lastedMs: number | undefined }
  | { do: "arrive" | "refuse" | "climb" | "climb-failed" | "look-up" | "reload" };
const step: fc.Arbitrary<Step> = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({
    do: fc.constant("fail" as const),
    fault: fc.constantFrom(...faults),
    lastedMs: fc.oneof(fc.constant(undefined), fc.nat(100_000)),
  }),
  fc.constantFrom(
    ...(["arrive", "refuse", "climb", "climb-failed", "look-up", "reload"] as const).map((name) => ({ do: name })),
  ),
);

test("[F7] whatever happens, in whatever order: one stands on what has worked, and always looks up from below", () => {
  fc.assert(
    fc.property(
      fc.subarray([...TRANSPORTS], { minLength: 1 }),
      fc.array(fc.tuple(step, fc.nat(60_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))),
      (transports, steps) => {
        let ladder = startLadder(transports, undefined);
        let now = 0;
        for (const [action, laterMs, chance] of steps) {
          now += laterMs;
          const random = () => chance;
          const before = ladder;
          let advice: string | undefined;
          switch (action.do) {
            case "fail":
              [ladder, advice] = fail(ladder, action.fault, action.lastedMs);
              break;
            case "arrive":
              ladder = arrive(ladder, now, random);
              break;
            case "refuse":
              ladder = refuse(ladder);
              break;
            case "climb": {
              const to = climbingAt(ladder, now);
              if (to !== undefined) ladder = climbed(ladder, to, now, random);
              break;
            }
            case "climb-failed":
              if (climbingAt(ladder, now) !== undefined) ladder = climbFailed(ladder, now, random);
              break;
            case "look-up":
              ladder = lookUp(ladder, now);
              break;
            case "reload":
              ladder = startLadder(transports, standingOf(ladder));
          }
          expect(transports).toContain(tryingOf(ladder));
          expect(ladder.trying).toBeGreaterThanOrEqual(ladder.standing);
          // Down only by something that worked, up only by something that was welcomed.
          if (ladder.standing > before.standing) expect(action.do).toBe("arrive");
          if (ladder.standing < before.standing) expect(action.do).toBe("climb");
          if (advice === "next") expect(ladder.trying).toBe(before.trying + 1);
          if (advice === "wait")
            expect(ladder.trying === ladder.standing || ladder.trying === before.trying).toBe(true);
          expect(ladder.because === undefined).toBe(ladder.standing === 0);
          expect(ladder.climbAt === undefined).toBe(ladder.standing === 0);
          expect((ladder.climbAt ?? now) - now).toBeLessThanOrEqual(climbPolicy.maxMs);
        }
      },
    ),
    { numRuns: propertyRuns(500) },
  );
});
