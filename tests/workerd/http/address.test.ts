/** Requests of one address are counted before anything wakes for them (S2), by the platform or by an object. */
import { createExecutionContext, env, SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import worker from "../../../party/worker.ts";
import { fresh } from "../room/tab.ts";

/** A request that the Worker refuses by itself: no room wakes for a name like this. */
const nowhere = "http://localhost/parties/chat/bad%20name";

async function statusOf(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}

describe("[S2] an address over its limit", () => {
  test("by the platform's count gets 429 with when to come back; another one does not notice", async () => {
    const ask = (address: string) => SELF.fetch(nowhere, { headers: { "cf-connecting-ip": address } });
    let refused: Response | undefined;
    for (let count = 0; count < 700 && refused === undefined; count += 1) {
      const response = await ask("203.0.113.7");
      if (response.status === 429) refused = response;
      else expect(await statusOf(response)).toBe(400);
    }
    expect(refused?.status).toBe(429);
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused?.headers.get("ratelimit-policy")).toBe('"ip";q=600;w=60');
    expect(refused?.headers.get("ratelimit")).toContain("r=0");
    expect(await refused?.json()).toMatchObject({ code: "rate-limited", retryable: true });
    expect(await statusOf(await ask("203.0.113.8"))).toBe(400);
  });

  test("is counted exactly where no rate limit is bound, told what is left, and opens no socket", async () => {
    const { RATE_LIMIT: _, ...unbound } = env;
    const bindings = { ...unbound, IP_REQUESTS_PER_MINUTE: "2" };
    const ask = (address: string, url = nowhere, headers = {}) => {
      const request = new Request(url, { headers: { "cf-connecting-ip": address, ...headers } });
      return worker.fetch(request, bindings, createExecutionContext());
    };
    const answers = [await ask("2001:db8::1"), await ask("2001:db8::2")];
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(answers.map(({ headers }) => headers.get("ratelimit"))).toEqual([
      expect.stringMatching(/^"ip";r=1;t=\d+$/),
      expect.stringMatching(/^"ip";r=0;t=(29|30)$/),
    ]);
    // Of the same /64.
    const refused = await ask("2001:db8::3", `http://localhost/parties/chat/${fresh("room")}`, {
      upgrade: "websocket",
    });
    expect(refused.status).toBe(429);
    expect(refused.webSocket).toBeNull();
    expect(refused.headers.get("retry-after")).toMatch(/^(29|30)$/);
    expect(refused.headers.get("ratelimit-policy")).toBe('"ip";q=2;w=60');
    expect(await refused.json()).toMatchObject({ code: "rate-limited", retryable: true });
    expect(await statusOf(await ask("2001:db8:0:1::1"))).toBe(400);
    for (const response of answers) await response.body?.cancel();
  });

  test("of an allowed page: it may read what is left, on an answer and on a refusal", async () => {
    const { RATE_LIMIT: _, ...unbound } = env;
    const bindings = { ...unbound, IP_REQUESTS_PER_MINUTE: "1" };
    const headers = { "cf-connecting-ip": "198.51.100.9", origin: "http://localhost:5173" };
    const ask = () => worker.fetch(new Request(nowhere, { headers }), bindings, createExecutionContext());
    for (const status of [400, 429]) {
      const response = await ask();
      expect(response.status).toBe(status);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "access-control-allow-origin": headers.origin,
        "access-control-expose-headers": expect.stringContaining("ratelimit"),
        "content-security-policy": expect.stringContaining("default-src"),
        ratelimit: expect.stringMatching(/^"ip";r=0;t=/),
        vary: "origin",
      });
      await response.body?.cancel();
    }
  });
});
