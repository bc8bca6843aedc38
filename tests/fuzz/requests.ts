/** HTTP requests with something wrong in them. Plain data, so that a failing one can be printed and sent again. */
import { mutateText, pick, type Random } from "./mutate.ts";

export interface BadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const methods = ["GET", "GET", "GET", "POST", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"] as const;
const segments = [
  "parties",
  "chat",
  "turns",
  "tickets",
  "files",
  "ops",
  "drain",
  "revoke",
  "models",
  "context",
  "health",
  "api",
  ".well-known",
  "jwks.json",
];
const oddSegments = [
  "..",
  "%2e%2e",
  "%2F",
  "%00",
  "%ff",
  "a%20b",
  "",
  "~",
  "a".repeat(200),
  "文",
  "<script>",
  "__proto__",
  "limiter",
  "Limiter",
];
const headerNames = [
  "accept",
  "authorization",
  "content-type",
  "last-event-id",
  "origin",
  "upgrade",
  "idempotency-key",
  "x-gateway-principal",
  "cf-connecting-ip",
  "content-length",
  "content-disposition",
  "range",
  "if-range",
  "if-none-match",
  "cookie",
  "x-partykit-room",
];
const headerValues = [
  "text/event-stream",
  "application/json",
  "websocket",
  "Bearer x",
  "Bearer eyJhbGciOiJub25lIn0.e30.",
  "Basic eDp5",
  "1.epoch.5",
  "1.epoch.99999999999999999999.t:1",
  "null",
  "https://evil.example",
  "http://localhost:5173",
  '{"sub":"root","tenant":"default","scopes":["read","write","clear"]}',
  "203.0.113.7",
  "attachment; filename*=UTF-8''%ff%00",
  'attachment; filename="../../x\\"',
  "bytes=0-",
  "bytes=99999999999999999999-",
  "bytes=-0",
  '"x", W/"y"',
  "-1",
  "x".repeat(5_000),
  "",
];
const queries = [
  "before=a/b",
  "limit=-1",
  "limit=1e9",
  "cursor=%00",
  "wait=999999",
  "wait=NaN",
  "ticket=x",
  "q=hi",
  "_pk=x",
  "until=0&sig=AAAAAAAAAAAAAAAAAAAAAA",
  "until=%00&sig=",
  "provider=../x",
  "token=secret",
];
const bodies = [
  '{"turnId":"t1","input":{"prompt":"hi"}}',
  '{"turnId":"t1","input":{"messages":[{"role":"user","content":"hi"}]},"params":{"a":1}}',
  '{"id":"room","messages":[{"id":"m1","role":"user","parts":[{"type":"text","text":"hi"}]}],"trigger":"submit-message"}',
  '{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"metadata":{"room":"room"}}',
  '{"threadId":"room","runId":"r","messages":[{"id":"m","role":"user","content":[{"type":"text","text":"hi"}]}]}',
  '{"sub":"alice"}',
  '{"jti":"x","tenant":"acme"}',
  "[]",
  "null",
  "x".repeat(100_000),
  `{"input":{"prompt":"hi"},"params":{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}}`,
];

/** @param room that strangers may harm: their own. */
export function badRequest(random: Random, room: string): BadRequest {
  const method = pick(random, methods);
  const headers: Record<string, string> = {};
  for (let more = Math.floor(random() * 4); more > 0; more -= 1) {
    headers[pick(random, headerNames)] = pick(random, headerValues);
  }
  // Most of the time what the route expects, so that what follows is reached.
  if (random() < 0.5) headers["accept"] = pick(random, ["text/event-stream", "application/json", "*/*"]);
  const query = Array.from({ length: Math.floor(random() * 3) }, () => pick(random, queries)).join("&");
  const path = withQuery(pathOf(random, room), query);
  const hasBody = method !== "GET" && method !== "HEAD" && random() < 0.8;
  if (!hasBody) return { method, path, headers };
  const body = pick(random, bodies);
  return { method, path, headers, body: random() < 0.5 ? mutateText(body, random) : body };
}

function withQuery(path: string, query: string): string {
  return query === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${query}`;
}

function pathOf(random: Random, room: string): string {
  const roll = random();
  if (roll < 0.25) return `/parties/chat/${room}`;
  if (roll < 0.4) return `/parties/chat/${room}/turns`;
  if (roll < 0.5) return `/parties/chat/${room}/turns/t1`;
  if (roll < 0.53) return `/parties/chat/${room}/tickets`;
  if (roll < 0.57) return `/parties/chat/${room}/files`;
  if (roll < 0.6)
    return `/parties/chat/${room}/files/${pick(random, ["0123456789abcdef0123", "x", "..", "a".repeat(65)])}`;
  if (roll < 0.65)
    return pick(random, ["/api/chat", `/api/chat/${room}/stream`, `/api/chat/${room}/messages`, `/api/chat/${room}`]);
  if (roll < 0.7)
    return pick(random, [
      "/v1/chat/completions",
      "/ag-ui",
      `/v1/chat/completions/chatcmpl-${room}.t1`,
      `/ag-ui?threadId=${room}`,
      "/v1/models",
    ]);
  // Without the operator's token each is a 401, so that every seed gets some of them.
  if (roll < 0.78) return pick(random, ["/metrics", `/ops/events/${room}`, `/ops/drain/${room}`, "/ops/revoke"]);
  const made = Array.from({ length: 1 + Math.floor(random() * 5) }, () =>
    random() < 0.6 ? pick(random, segments) : pick(random, [...oddSegments, room]),
  );
  return `/${made.join("/")}`;
}
