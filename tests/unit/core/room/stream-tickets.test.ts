/** Tickets: how many a room keeps, whom they displace, and how long a session lasts (S1). */
import { describe, expect, test } from "vitest";
import { Tickets, ticketLifeMs } from "../../../../party/core/room/plain-http/stream-tickets.ts";
import { FakeClock } from "../../../support/core/fake-clock.ts";
import { MemoryStorage } from "../../../support/core/memory-storage.ts";
import { ANYONE } from "../../../support/core/room-harness.ts";

function build() {
  const clock = new FakeClock();
  const storage = new MemoryStorage();
  let ids = 0;
  const tickets = new Tickets({ clock, storage, newId: () => `id${ids++}`, isRevoked: () => false });
  return { clock, storage, tickets };
}

describe("[S1] tickets", () => {
  test("of a room are at most 64, and the oldest one is removed", async () => {
    const { tickets } = build();
    const issued: string[] = [];
    for (let count = 0; count < 65; count += 1) issued.push((await tickets.issue(ANYONE)).ticket);
    expect(await tickets.redeem(issued[0] ?? "", undefined)).toMatchObject({ ok: false });
    expect(await tickets.redeem(issued[1] ?? "", undefined)).toMatchObject({ ok: true });
  });

  test("of one user never take those of another: the user with the most loses the oldest", async () => {
    const { tickets } = build();
    const alice = await tickets.issue({ ...ANYONE, sub: "alice" });
    const mallory: string[] = [];
    for (let count = 0; count < 200; count += 1) {
      mallory.push((await tickets.issue({ ...ANYONE, sub: "mallory" })).ticket);
    }
    expect(await tickets.redeem(alice.ticket, undefined)).toMatchObject({ ok: true });
    expect(await tickets.redeem(mallory.at(-1) ?? "", undefined)).toMatchObject({ ok: true });
    expect(await tickets.redeem(mallory[0] ?? "", undefined)).toMatchObject({ ok: false });
  });

  test("open one session when they are used twice at once", async () => {
    const { tickets } = build();
    const { ticket } = await tickets.issue(ANYONE);
    const both = await Promise.all([tickets.redeem(ticket, undefined), tickets.redeem(ticket, undefined)]);
    expect(both.map(({ ok }) => ok).sort()).toEqual([false, true]);
  });

  test("expire no later than the token that requested them", async () => {
    const { tickets, clock } = build();
    const { expiresAt } = await tickets.issue({ ...ANYONE, expiresAt: clock.now() + 5_000 });
    expect(expiresAt).toBe(clock.now() + 5_000);
  });

  test("open a session of an hour where tokens don't expire", async () => {
    const { tickets, clock } = build();
    const { ticket } = await tickets.issue(ANYONE);
    const session = await tickets.redeem(ticket, undefined);
    const proof = session.ok ? session.value.proof : "";
    await clock.advance(3_599_000);
    expect(await tickets.redeem(ticket, proof)).toMatchObject({ ok: true });
    await clock.advance(1_000);
    expect(await tickets.redeem(ticket, proof)).toMatchObject({ ok: false });
  });

  test("that expired are removed from storage", async () => {
    const { tickets, clock, storage } = build();
    await tickets.issue(ANYONE);
    expect(tickets.lastUntil).toBe(clock.now() + ticketLifeMs);
    await clock.advance(ticketLifeMs);
    await tickets.prune();
    expect(tickets.lastUntil).toBeUndefined();
    expect(storage.keys).toEqual([]);
  });
});
