/** [S1] Every path is driven with secrets that can be recognized; then everything that came out is searched for them. */
import { SELF } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fresh, SocketTab, upstream } from "../room/tab.ts";
import { sharedSecret, signToken } from "./tokens.ts";

/** Everything that left: log lines, headers, bodies and frames, each with where it came from. */
const out: { where: string; text: string }[] = [];
const levels = ["debug", "log", "info", "warn", "error"] as const;

beforeEach(() => {
  out.length = 0;
  for (const level of levels) {
    vi.spyOn(console, level).mockImplementation((...said: unknown[]) => {
      out.push({ where: "log", text: said.map(String).join(" ") });
    });
  }
});
afterEach(() => void vi.restoreAllMocks());

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await SELF.fetch(`http://localhost${path}`, init);
  out.push({ where: `headers of ${path}`, text: JSON.stringify([...response.headers]) });
  return response;
}

/** Keeps what is said: all of a short answer, the first of a stream. */
async function heard(path: string, init: RequestInit = {}): Promise<string> {
  const response = await call(path, init);
  const reader = response.body?.getReader();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
    if (value !== undefined) text += decoder.decode(value, { stream: true });
    if (done || (isStream && text.includes("data:"))) break;
  }
  await reader?.cancel();
  out.push({ where: `body of ${path}`, text });
  return text;
}

test("[S1] no token, ticket or key is in any log line, header, body or frame; none of a client's reaches the backend", async () => {
  const room = fresh("acme.room");
  const prompt = fresh("redaction");
  const all = { room, scope: "read write clear" };
  const [good, other] = [await signToken(all), await signToken({ ...all, sub: "bob" })];
  const [expired, forged] = [
    await signToken({ ...all, exp: 1_000 }),
    await signToken(all, { key: "a key of somebody else, long enough for the job" }),
  ];
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const operator = { wrong: "operator-guess-3f9a", right: "operator-secret" };

  const tab = new SocketTab();
  await tab.join(room, good);
  const turnId = tab.submit(prompt);
  const { requests } = await upstream("until", prompt, { requests: 1 });
  for (const token of [expired, forged, other, await signToken(all)]) tab.say({ type: "token-refresh", token });
  await upstream("text", prompt, { text: "an answer" });
  await upstream("done", prompt);
  await tab.untilTurn(turnId, ({ state }) => state === "settled");
  for (const token of [expired, forged]) {
    const refused = new SocketTab();
    await refused.open(room);
    refused.say({ type: "hello", version: 2, token });
    await refused.until(({ closed }) => closed !== undefined);
    out.push({ where: "frames", text: `${refused.texts.join("\n")} ${refused.closed?.reason}` });
  }
  const { ticket } = JSON.parse(
    await heard(`/parties/chat/${room}/tickets`, { method: "POST", headers: bearer(good) }),
  );
  // The answer to who asked for it is the one place where it belongs.
  out.pop();
  const paths = [
    `/parties/chat/${room}`,
    `/parties/chat/${room}?wait=0`,
    `/parties/chat/${room}/turns`,
    `/parties/chat/${room}/turns/${turnId}`,
    `/parties/chat/${room}/turns/unknown`,
    `/api/chat/${room}/messages`,
    `/api/chat/${room}/stream`,
    "/chat?q=hi",
    "/context",
    "/ready",
    "/metrics",
    "/.well-known/jwks.json",
    "/ops/events/acme.room",
    "/nothing",
  ];
  const stream = { accept: "text/event-stream" };
  for (const path of paths) {
    for (const token of [good, expired, forged, operator.wrong, operator.right]) {
      const withToken = `${path}${path.includes("?") ? "&" : "?"}token=${token}&ticket=${token}`;
      await heard(withToken, { headers: { ...bearer(token), cookie: `session=${token}` } });
      if (path.startsWith("/parties")) await heard(withToken, { headers: { ...bearer(token), ...stream } });
    }
  }
  const first = await heard(`/parties/chat/${room}?ticket=${ticket}`, { headers: stream });
  const proof = /~(\w+)/.exec(first)?.[1] ?? "";
  expect(proof).not.toBe("");
  await heard(`/parties/chat/${room}?ticket=${ticket}`, { headers: stream });
  for (const token of [operator.wrong, operator.right]) {
    await heard("/ops/revoke", { method: "POST", headers: bearer(token), body: '{"sub":"nobody","tenant":"acme"}' });
    await heard(`/ops/drain/${room}`, { method: "POST", headers: bearer(token) });
  }
  await heard(`/parties/chat/${room}/turns`, {
    method: "POST",
    headers: bearer(good),
    body: JSON.stringify({ input: { prompt: " " }, token: good }),
  });
  await heard(`/parties/chat/${room}`, { method: "DELETE", headers: bearer(good) });
  out.push({ where: "frames", text: tab.texts.join("\n") });

  const secrets = {
    ...Object.fromEntries(
      [good, other, expired, forged].map((token, index) => [`token ${index}`, token.split(".")[2] ?? ""]),
    ),
    "operator's token": operator.right,
    "a guess at it": operator.wrong,
    ticket,
    "key of clients": btoa(sharedSecret).replaceAll("=", ""),
    "key as text": sharedSecret,
    "signing key": "AwMDAwMDAwMDAwMDAwMD",
  };
  const found = out.flatMap(({ where, text }) =>
    Object.entries(secrets).flatMap(([name, secret]) => (text.includes(secret) ? [`${name} in ${where}`] : [])),
  );
  expect(found).toEqual([]);
  // A session's proof is for its reader alone, in `id:`.
  expect(out.filter(({ where, text }) => where === "log" && text.includes(proof))).toEqual([]);
  expect(out.filter(({ where }) => where === "log").length).toBeGreaterThan(5);

  const toBackend = JSON.stringify(requests);
  for (const token of [good, other]) expect(toBackend).not.toContain(token.split(".")[2]);
  const minted = requests[0]?.headers["authorization"]?.replace("Bearer ", "").split(".")[1] ?? "";
  expect(JSON.parse(atob(minted.replaceAll("-", "+").replaceAll("_", "/")))).toMatchObject({
    iss: "edge-chat-gateway",
    tenant: "acme",
    room,
    generation: requests[0]?.body.generationId,
  });
});
