/** Which tokens a revocation names, and how fast it is known (revocation by `jti` and `sub`). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseClaims } from "../../../party/auth/claims.ts";
import { RevocationCache, RevocationCopies, revocationsMaxAgeMs } from "../../../party/auth/revocation-cache.ts";
import { isOver, isRevoked, type Revocation, revocationKey } from "../../../party/auth/revocation-list.ts";
import { clockSkewMs } from "../../../party/auth/token-life.ts";
import { FakeClock } from "../../support/core/fake-clock.ts";

describe("a revocation", () => {
  test("of a token names that token alone", () => {
    const list = [{ tokenId: "t1", at: 100 }];
    expect(isRevoked(list, { sub: "alice", tokenId: "t1", issuedAt: 500 })).toBe(true);
    expect(isRevoked(list, { sub: "alice", tokenId: "t2" })).toBe(false);
    expect(isRevoked(list, { sub: "t1" })).toBe(false);
  });

  test("of a sub names the tokens issued until then, also by a signer whose clock is ahead", () => {
    const list = [{ sub: "alice", at: 100 }];
    expect(isRevoked(list, { sub: "alice", issuedAt: 100 })).toBe(true);
    expect(isRevoked(list, { sub: "alice", issuedAt: 100 + clockSkewMs })).toBe(true);
    expect(isRevoked(list, { sub: "alice" })).toBe(true);
    expect(isRevoked(list, { sub: "alice", issuedAt: 101 + clockSkewMs })).toBe(false);
    expect(isRevoked(list, { sub: "bob", issuedAt: 1 })).toBe(false);
  });

  test("[S6] outlives every token that it names, whatever their claims say within the allowed skew", () => {
    const [at, second] = [1_795_000_000_000, 1_000];
    const claims = { sub: "alice", room: "*", scope: "read" };
    fc.assert(
      fc.property(
        fc.integer({ min: -3_700, max: 60 }),
        fc.integer({ min: 1, max: 3_700 }),
        fc.integer({ min: 0, max: 4_000_000 }),
        (issuedAfterS, lifeS, laterMs) => {
          const iat = at / second + issuedAfterS;
          // The token exists when the revocation is made, by a clock that is at most the skew ahead.
          fc.pre(iat * second <= at + clockSkewMs);
          const now = at + laterMs;
          const isAccepted = parseClaims({ ...claims, iat, exp: iat + lifeS }, now).ok;
          const entry = { sub: "alice", at };
          const isHeld = !isOver(entry, now) && isRevoked([entry], { sub: "alice", issuedAt: iat * second });
          expect(isAccepted && !isHeld).toBe(false);
        },
      ),
    );
    expect(isOver({ sub: "alice", at: 0 }, 3_700_000)).toBe(true);
  });

  test("of a token is none of a sub of the same name", () => {
    expect(revocationKey({ sub: "x", at: 0 })).not.toBe(revocationKey({ tokenId: "x", at: 0 }));
  });
});

test("[S2] three hundred requests of a cold isolate read a tenant's list once", async () => {
  const clock = new FakeClock();
  const copies = new RevocationCopies();
  const { promise, resolve } = Promise.withResolvers<readonly Revocation[]>();
  let reads = 0;
  const read = () => {
    reads += 1;
    return promise;
  };
  const asked = Array.from({ length: 300 }, () =>
    new RevocationCache({ copies, read, clock, onFault: () => {} }).isRevoked("acme", { sub: "mallory" }),
  );
  resolve([{ sub: "mallory", at: clock.now() }]);
  await clock.advance(20);
  expect(new Set(await Promise.all(asked))).toEqual(new Set([true]));
  expect(reads).toBe(1);
});

test("[S2] a read whose request was cancelled holds up nobody else for long", async () => {
  const clock = new FakeClock();
  const copies = new RevocationCopies();
  const reads: (() => Promise<readonly Revocation[]>)[] = [() => new Promise(() => {}), async () => []];
  const cache = () => {
    const read = () => reads.shift()?.() ?? Promise.reject(new Error("read too often"));
    return new RevocationCache({ copies, read, clock, onFault: () => {} });
  };
  void cache().isRevoked("acme", { sub: "alice" });
  const other = cache().isRevoked("acme", { sub: "alice" });
  await clock.advance(300);
  expect(await other).toBe(false);
});

describe("the copy of an isolate", () => {
  function cached(list: Revocation[] | undefined) {
    const clock = new FakeClock();
    const copies = new RevocationCopies();
    const state = { list, reads: 0, faults: 0 };
    const make = () =>
      new RevocationCache({
        copies,
        read: async () => {
          state.reads += 1;
          if (state.list === undefined) throw new Error("away");
          return state.list;
        },
        clock,
        onFault: () => {
          state.faults += 1;
        },
      });
    return { clock, state, make, cache: make() };
  }
  const alice = { sub: "alice", tokenId: "t1" };

  test("is read once for many questions, then answers without waiting", async () => {
    const { cache, state } = cached([]);
    expect(await Promise.all([cache.isRevoked("acme", alice), cache.isRevoked("acme", alice)])).toEqual([false, false]);
    expect(cache.isRevoked("acme", alice)).toBe(false);
    expect(state.reads).toBe(1);
  });

  test("is read again by the first who asks when it has aged, and knows then", async () => {
    const { cache, state, clock } = cached([]);
    await cache.isRevoked("acme", alice);
    state.list = [{ tokenId: "t1", at: 0 }];
    await clock.advance(revocationsMaxAgeMs - 1);
    expect(cache.isRevoked("acme", alice)).toBe(false);
    await clock.advance(1);
    expect(await cache.isRevoked("acme", alice)).toBe(true);
    expect(cache.isRevoked("acme", alice)).toBe(true);
  });

  test("is shared between rooms, and kept by tenant", async () => {
    const { cache, make, state } = cached([{ sub: "alice", at: 9e12 }]);
    expect(await cache.isRevoked("acme", alice)).toBe(true);
    expect(make().isRevoked("acme", alice)).toBe(true);
    expect(state.reads).toBe(1);
    await make().isRevoked("other", alice);
    expect(state.reads).toBe(2);
  });

  test("that cannot be read says so once in that time, holds what was known, and locks nobody out", async () => {
    const { cache, state, clock } = cached([{ tokenId: "t1", at: 0 }]);
    await cache.isRevoked("acme", alice);
    state.list = undefined;
    await clock.advance(revocationsMaxAgeMs);
    expect(await cache.isRevoked("acme", { sub: "bob" })).toBe(false);
    expect(cache.isRevoked("acme", { sub: "bob" })).toBe(false);
    expect(cache.isRevoked("acme", alice)).toBe(true);
    expect(state).toMatchObject({ reads: 2, faults: 1 });
  });
});
