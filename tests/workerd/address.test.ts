/** Requests of one address are counted before anything wakes for them (S2). */
import { SELF } from "cloudflare:test";
import { expect, test } from "vitest";

function ask(address: string): Promise<Response> {
  return SELF.fetch("http://localhost/parties/chat/bad%20name", { headers: { "cf-connecting-ip": address } });
}

test("[S2] an address over its limit gets 429 with when to come back; another one does not notice", async () => {
  let refused: Response | undefined;
  for (let count = 0; count < 700 && refused === undefined; count += 1) {
    const response = await ask("203.0.113.7");
    if (response.status === 429) refused = response;
    else {
      expect(response.status).toBe(400);
      await response.body?.cancel();
    }
  }
  expect(refused?.status).toBe(429);
  expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(refused?.headers.get("ratelimit-policy")).toBe('"ip";q=600;w=60');
  expect(refused?.headers.get("ratelimit")).toContain("r=0");
  expect(await refused?.json()).toMatchObject({ code: "rate-limited", retryable: true });
  expect((await ask("203.0.113.8")).status).toBe(400);
}, 20_000);
