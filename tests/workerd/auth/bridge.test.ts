/** The bridge obeys the rules of a room: leases of the tenant, the rooms of the token, the audit log (Q4, S6). */
import { env, SELF } from "cloudflare:test";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import { logged } from "../http/operator.ts";
import { fresh, upstream } from "../room/tab.ts";
import { signToken } from "./tokens.ts";

afterEach(() => void vi.restoreAllMocks());

async function ask(prompt: string, claims: Record<string, unknown>, headers: Record<string, string> = {}) {
  const tenant = String(claims["tenant"] ?? "acme");
  const token = await signToken({ room: `${tenant}.*`, scope: "write", ...claims });
  return SELF.fetch(`http://localhost/chat?q=${encodeURIComponent(prompt)}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
}

describe("[Q4] a tenant's turns per minute", () => {
  test("hold for the bridge: five of twelve questions are answered, the others are told when to come back", async () => {
    const tenant = fresh("t").slice(0, 40);
    await env.CONFIG.put(`tenant/${tenant}`, JSON.stringify({ turnsPerMinute: 5 }));
    const prompt = fresh("limited");
    await upstream("text", prompt, { text: "hi" });
    await upstream("done", prompt);
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const response = await ask(prompt, { tenant });
        const retryAfter = Number(response.headers.get("retry-after"));
        await response.body?.cancel();
        return { status: response.status, retryAfter };
      }),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(7);
    for (const { retryAfter } of refused) expect(retryAfter).toBeGreaterThan(0);
    expect((await upstream("until", prompt)).requests).toHaveLength(5);
  });

  test("are told to a reader of events as an event, after which it comes back", async () => {
    const tenant = fresh("t").slice(0, 40);
    await env.CONFIG.put(`tenant/${tenant}`, JSON.stringify({ turnsPerMinute: 1 }));
    const prompt = fresh("limited");
    await upstream("done", prompt);
    const events = { accept: "text/event-stream" };
    await (await ask(prompt, { tenant }, events)).text();
    const text = await (await ask(prompt, { tenant }, events)).text();
    expect(text).toMatch(/retry: \d+/);
    expect(text).toContain("rate-limited");
  });
});

test("[Q4] a lease of the bridge is released when its answer ends, or its reader leaves", async () => {
  const tenant = fresh("t").slice(0, 40);
  await env.CONFIG.put(`tenant/${tenant}`, JSON.stringify({ activeTurns: 1 }));
  const prompt = fresh("one-at-a-time");
  await upstream("done", prompt);
  for (let round = 0; round < 3; round += 1) {
    const response = await ask(prompt, { tenant });
    expect(response.status).toBe(200);
    await response.text();
  }
  const open = fresh("left");
  const left = await ask(open, { tenant });
  await upstream("until", open, { requests: 1 });
  await left.body?.cancel();
  // The lease is free again, so a reader of events is answered: it would wait for it otherwise.
  const text = await (await ask(prompt, { tenant }, { accept: "text/event-stream" })).text();
  expect(text).toContain('"type":"complete"');
});

test("[S6] the token of a call to the backend names its tenant, room, generation and request, of a bridge and of a room", async () => {
  const [bridged, asked] = [fresh("bridged"), fresh("asked")];
  for (const prompt of [bridged, asked]) await upstream("done", prompt);
  await (await ask(bridged, {})).text();
  const authorization = `Bearer ${await signToken({ room: "acme.*", scope: "read write" })}`;
  const room = fresh("acme.token");
  const turn = await SELF.fetch(`http://localhost/parties/chat/${room}/turns`, {
    method: "POST",
    headers: { authorization, accept: "text/event-stream", "content-type": "application/json" },
    body: JSON.stringify({ turnId: "t1", input: { prompt: asked } }),
  });
  await turn.text();
  for (const [prompt, name] of [
    [bridged, "bridge"],
    [asked, room],
  ] as const) {
    const [{ body, headers } = expect.fail("no request")] = (await upstream("until", prompt, { requests: 1 })).requests;
    const claims = decodeJwt(headers["authorization"]?.replace("Bearer ", "") ?? "");
    // The backend refuses a token of another room or generation than the body's.
    expect(body).toMatchObject({ room: name, generationId: claims["generation"] });
    expect(claims).toMatchObject({ tenant: "acme", room: name, method: "POST", path: "/model/chat" });
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("base64url");
    expect(claims["bodySha256"]).toBe(hash);
  }
});

describe("[S6] the rooms of a token", () => {
  test.each([
    ["acme.lobby", "acme", 403],
    [["acme.lobby", "acme.team-*"], "acme", 403],
    ["*", "evil.corp", 401],
    ["acme.*", "acme", 200],
    ["*", "acme", 200],
    ["acme.bridge", "acme", 200],
    ["other.bridge", "acme", 403],
  ])("%j of tenant %s: a question outside of any room gets %i", async (rooms, tenant, status) => {
    const prompt = fresh("rooms");
    await upstream("done", prompt);
    const response = await ask(prompt, { room: rooms, tenant });
    expect(response.status).toBe(status);
    await response.body?.cancel();
  });
});

test("[S6] a generation of the bridge is in the audit log once, with its subject and token", async () => {
  const lines = logged("info");
  const [prompt, jti, sub] = [fresh("audit"), fresh("jti"), fresh("alice")];
  await upstream("done", prompt);
  await (await ask(prompt, { jti, sub })).text();
  const entries = lines.filter((line) => line["event"] === "generation" && line["actor"] === sub);
  expect(entries).toEqual([
    expect.objectContaining({ name: "audit", tenant: "acme", tokenId: jti, generationId: expect.any(String) }),
  ]);
  const [seen] = (await upstream("until", prompt)).requests;
  expect(entries[0]?.["generationId"]).toBe(seen?.body.generationId);
});
