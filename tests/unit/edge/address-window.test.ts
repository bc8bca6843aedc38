/** The count by address of an edge that counts nothing itself. */
import { expect, test } from "vitest";
import { AddressWindow } from "../../../edge/address-window.ts";

test("[E1] refuses who asks too often, says when to come back, and does not notice others", async () => {
  const addresses = new AddressWindow();
  const ask = (address: string | undefined, at = 0) => addresses.refusalOf(address, 3, at);
  expect([ask("203.0.113.7"), ask("203.0.113.7"), ask("203.0.113.7")]).toEqual([undefined, undefined, undefined]);
  const refusal = ask("203.0.113.7");
  expect(refusal?.status).toBe(429);
  expect(refusal?.headers.get("retry-after")).toBe("20");
  expect(refusal?.headers.get("ratelimit-policy")).toBe('"ip";q=3;w=60');
  expect(await refusal?.json()).toMatchObject({ code: "rate-limited", retryable: true });
  expect(ask("203.0.113.8")).toBeUndefined();
  expect(ask("203.0.113.7", 20_000)).toBeUndefined();
});

test("counts a household of IPv6 as one, and neither this machine nor who is not known", () => {
  const addresses = new AddressWindow();
  expect(addresses.refusalOf("2001:db8::1", 1, 0)).toBeUndefined();
  expect(addresses.refusalOf("2001:db8::2", 1, 0)?.status).toBe(429);
  for (const address of ["127.0.0.1", "::1", undefined]) {
    for (let count = 0; count < 5; count += 1) expect(addresses.refusalOf(address, 1, 0)).toBeUndefined();
  }
});

test("keeps a bounded number of addresses, and forgets the one that was idle longest", () => {
  const addresses = new AddressWindow();
  addresses.refusalOf("198.51.100.1", 1, 0);
  addresses.refusalOf("198.51.100.2", 1, 0);
  expect(addresses.refusalOf("198.51.100.1", 1, 0)?.status).toBe(429);
  for (let n = 0; n < 9_999; n += 1) addresses.refusalOf(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 1, 0);
  expect(addresses.refusalOf("198.51.100.1", 1, 0)?.status).toBe(429);
  expect(addresses.refusalOf("198.51.100.2", 1, 0)).toBeUndefined();
});
