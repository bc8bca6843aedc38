/** Requests that were refused: told once a second at the most, whatever comes. */
import { expect, test } from "vitest";
import { collectMs, Refusals, type RefusedCounts } from "../../../party/telemetry/refusals.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { FakeClock, settled } from "../../support/core/fake-clock.ts";

function build() {
  const clock = new FakeClock();
  const told: RefusedCounts[] = [];
  const sent: RefusedCounts[] = [];
  const state = { isReachable: true, isCut: false };
  const refusals = new Refusals();
  /** Whether it was given work to do after its answer. */
  const refuse = (code: ErrorCode): boolean => {
    const work = refusals.count(code, {
      now: clock.now(),
      collected: () => new Promise((resolve) => (state.isCut ? undefined : clock.after(collectMs, resolve))),
      tell: async (counts) => void told.push(counts),
      send: async (counts) => {
        if (!state.isReachable) throw new Error("gone");
        sent.push(counts);
      },
    });
    return work !== undefined;
  };
  return { clock, told, sent, state, refuse };
}

test("[O2] a flood of refusals is one call a second, with the number of each code", async () => {
  const { clock, told, sent, refuse } = build();
  const withWork = Array.from({ length: 10_000 }, (_, index) => refuse(index % 4 === 0 ? "rate-limited" : "not-found"));
  expect(withWork.filter((hasWork) => hasWork)).toHaveLength(1);
  await clock.advance(collectMs - 1);
  expect(sent).toEqual([]);
  await clock.advance(1);
  await settled();
  expect(sent).toEqual([
    new Map([
      ["rate-limited", 2_500],
      ["not-found", 7_500],
    ]),
  ]);
  expect(told).toEqual(sent);
  refuse("not-found");
  await clock.advance(collectMs);
  await settled();
  expect(sent.at(-1)).toEqual(new Map([["not-found", 1]]));
});

test("[O2] what nobody took goes with the next, and is told only once", async () => {
  const { clock, told, sent, state, refuse } = build();
  state.isReachable = false;
  refuse("unauthenticated");
  await clock.advance(collectMs);
  await settled();
  state.isReachable = true;
  refuse("unauthenticated");
  refuse("bad-room-name");
  await clock.advance(collectMs);
  await settled();
  expect(sent).toEqual([
    new Map([
      ["unauthenticated", 2],
      ["bad-room-name", 1],
    ]),
  ]);
  expect(told.map((counts) => counts.get("unauthenticated"))).toEqual([1, 1]);
});

test("a word that was lost with its request is said by a later one", async () => {
  const { clock, sent, state, refuse } = build();
  state.isCut = true;
  expect(refuse("not-found")).toBe(true);
  state.isCut = false;
  expect(refuse("not-found")).toBe(false);
  await clock.advance(10_000);
  expect(refuse("not-found")).toBe(true);
  await clock.advance(collectMs);
  await settled();
  expect(sent).toEqual([new Map([["not-found", 3]])]);
});
