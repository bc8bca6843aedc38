/** Tests the seal of stream tickets: the Worker opens what it sealed for the same room, and nothing else. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SecretSettings } from "../../../party/auth/sealing-keys.ts";
import { TicketSeal, ticketSealOf } from "../../../party/auth/ticket-seal.ts";

const secret = new Uint8Array(32).fill(7);
const now = Date.UTC(2026, 10, 30);
const id = "ticket-id-0123456789";

describe("[S1] a sealed ticket", () => {
  test("opens for its room, with the id that the room keeps", async () => {
    const seal = await TicketSeal.from([secret]);
    const ticket = await seal.seal("acme.lobby", id, now);
    expect(await seal.open("acme.lobby", ticket, now)).toBe(id);
    expect(await seal.open("acme.lobby2", ticket, now)).toBeUndefined();
  });

  test("opens an hour later for a session that goes on, and not after every token has expired", async () => {
    const seal = await TicketSeal.from([secret]);
    const ticket = await seal.seal("acme.lobby", id, now);
    expect(await seal.open("acme.lobby", ticket, now + 3_600_000)).toBe(id);
    expect(await seal.open("acme.lobby", ticket, now + 3_700_000)).toBeUndefined();
  });

  test("survives a rotation of the secret, and ends with the old one", async () => {
    const next = new Uint8Array(32).fill(8);
    const ticket = await (await TicketSeal.from([secret])).seal("acme.lobby", id, now);
    expect(await (await TicketSeal.from([next, secret])).open("acme.lobby", ticket, now)).toBe(id);
    expect(await (await TicketSeal.from([next])).open("acme.lobby", ticket, now)).toBeUndefined();
  });

  test("is void once any character of it is changed", async () => {
    const seal = await TicketSeal.from([secret]);
    const ticket = await seal.seal("acme.lobby", id, now);
    await fc.assert(
      fc.asyncProperty(fc.nat(ticket.length - 2), fc.constantFrom("A", "b", "9", "-", ".", ""), async (at, by) => {
        const forged = ticket.slice(0, at) + by + ticket.slice(at + 1);
        expect(await seal.open("acme.lobby", forged, now)).toBe(forged === ticket ? id : undefined);
      }),
    );
  });
});

describe("the secret of the seal", () => {
  const none: SecretSettings = {
    auth: { mode: "jwt", keys: { kind: "jwks", url: "https://id.example.com" }, issuer: "i", audience: "a" },
    upstreamAuth: { mode: "none" },
    operatorToken: undefined,
  };

  test("is a secret that the deployment has already", async () => {
    const keys = { kind: "secrets", secrets: new Map([["k", secret]]) } as const;
    expect(await ticketSealOf({ ...none, auth: { mode: "jwt", keys, issuer: "i", audience: "a" } })).toBeDefined();
    const signing = { mode: "sign", seeds: new Map([["k", secret]]), audience: "b" } as const;
    expect(await ticketSealOf({ ...none, upstreamAuth: signing })).toBeDefined();
    expect(await ticketSealOf({ ...none, operatorToken: "x".repeat(32) })).toBeDefined();
  });

  test("is never one that a ticket would help to guess", async () => {
    expect(await ticketSealOf({ ...none, operatorToken: "short" })).toBeUndefined();
    expect(await ticketSealOf(none)).toBeUndefined();
  });
});
