/** Which tokens a revocation names, and how fast it is known (revocation by `jti` and `sub`). */
import { describe, expect, test } from "vitest";
import { RevocationCache, RevocationCopies, revocationsMaxAgeMs } from "../../../party/auth/revocation-cache.ts";
import { isOver, isRevoked, type Revocation, revocationKey } from "../../../party/auth/revocation-list.ts";
import { FakeClock } from "../../support/core/fake-clock.ts";

describe("a revocation", () => {
  test("of a token names that token alone", () => {
    const list = [{ tokenId: "t1", at: 100 }];
    expect(isRevoked(list, { sub: "alice", tokenId: "t1", issuedAt: 500 })).toBe(true);
    expect(isRevoked(list, { sub: "alice", tokenId: "t2" })).toBe(false);
    expect(isRevoked(list, { sub: "t1" })).toBe(false);
  });

  test("of a sub names what it got until then, and what does not say when", () => {
    const list = [{ sub: "alice", at: 100 }];
    expect(isRevoked(list, { sub: "alice", issuedAt: 100 })).toBe(true);
    expect(isRevoked(list, { sub: "alice" })).toBe(true);
    expect(isRevoked(list, { sub: "alice", issuedAt: 101 })).toBe(false);
    expect(isRevoked(list, { sub: "bob", issuedAt: 1 })).toBe(false);
  });

  test("is kept until every token it names has run out", () => {
    const entry = { sub: "alice", at: 0 };
    expect(isOver(entry, 3_600_000)).toBe(false);
    expect(isOver(entry, 3_700_000)).toBe(true);
  });

  test("of a token is none of a sub of the same name", () => {
    expect(revocationKey({ sub: "x", at: 0 })).not.toBe(revocationKey({ tokenId: "x", at: 0 }));
  });
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
