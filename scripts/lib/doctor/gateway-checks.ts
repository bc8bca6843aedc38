/** Whether a deployed gateway does what its users need, asked from where they are; and what to change where it does not. */

import { defined } from "../../../shared/defined.ts";
import { isLoopback } from "../../../shared/file-address.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { PROTOCOL_VERSION } from "../../../shared/protocol/version.ts";
import { longPrompt } from "./contract-client.ts";
import { advice, type Check, type Finding, messageOf, ok, wrong } from "./findings.ts";
import { openStream, RoomSocketClient } from "./room-client.ts";

export interface GatewayTarget {
  /** Without a trailing slash. */
  readonly url: string;
  /** A room nobody uses; it is erased at the end. */
  readonly room: string;
  readonly token: string | undefined;
}

type Frame<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;
const isFrame =
  <T extends ServerFrame["type"]>(type: T, turnId?: string) =>
  (frame: ServerFrame): frame is Frame<T> =>
    frame.type === type && (turnId === undefined || ("turnId" in frame && frame.turnId === turnId));

/** Tokens are good for minutes: clocks further apart than this refuse good ones. */
const maxSkewMs = 30_000;
/** A first frame over SSE that takes longer is held back by something. */
const slowFrameMs = 5_000;

export function gatewayChecks(target: GatewayTarget): Check[] {
  const headers: Record<string, string> = target.token === undefined ? {} : { authorization: `Bearer ${target.token}` };
  const roomUrl = `${target.url}/parties/chat/${target.room}`;
  return [
    { name: "reachable", run: () => reachable(target.url) },
    { name: "https", needs: ["reachable"], run: async () => encrypted(target.url) },
    { name: "clock", needs: ["reachable"], run: () => clock(target.url) },
    { name: "settings", needs: ["reachable"], run: () => settings(target, roomUrl, headers) },
    { name: "keys", needs: ["settings"], run: () => keys(target.url) },
    { name: "backend, from the gateway", needs: ["settings"], run: () => backend(target.url) },
    { name: "WebSocket", needs: ["settings"], run: () => webSocket(roomUrl, target.token) },
    { name: "a question", needs: ["WebSocket"], run: () => question(roomUrl, target.token) },
    { name: "a stop", needs: ["a question"], run: () => stop(roomUrl, target.token) },
    { name: "SSE", needs: ["settings"], run: () => sse(roomUrl, headers) },
    { name: "poll", needs: ["settings"], run: () => poll(roomUrl, headers) },
    { name: "uploads", needs: ["settings"], run: () => uploads(roomUrl, headers) },
    { name: "erasing", needs: ["settings"], run: () => erase(roomUrl, headers) },
  ];
}

/** A file of two bytes, which goes with the room. */
async function uploads(roomUrl: string, headers: Record<string, string>): Promise<Finding> {
  const init = { method: "POST", body: "hi", headers: { ...headers, "content-type": "text/plain" } };
  const response = await fetch(`${roomUrl}/files`, init);
  const answer = (await response.json().catch(() => ({}))) as { readonly url?: string; readonly code?: string };
  if (response.status === 501 || response.status === 404) {
    return advice(
      "files can't be uploaded",
      "Bind an R2 bucket as FILES (docs/deploy.md), if people are to attach more than small images.",
    );
  }
  if (answer.url === undefined) {
    return advice(
      `an upload answers ${response.status} ${answer.code ?? ""}`.trim(),
      "docs/protocol.md has what each code means.",
    );
  }
  const read = await fetch(answer.url).catch((error: unknown) => messageOf(error));
  if (typeof read !== "string" && read.ok && (await read.text()) === "hi") return ok();
  const why = typeof read === "string" ? read : `status ${read.status}`;
  return wrong(
    `an uploaded file can't be read at ${new URL(answer.url).origin}: ${why}`,
    "Set FILES_BASE to the origin at which pages and the backend reach the gateway.",
  );
}

async function reachable(url: string): Promise<Finding> {
  try {
    const response = await fetch(`${url}/health`);
    const body = await response.text();
    if (response.ok && body.includes('"ok"')) return ok();
    return wrong(`GET /health answers ${response.status}`, "Is this the gateway's address? Is it deployed?");
  } catch (error) {
    return wrong(`no connection: ${messageOf(error)}`, "Is the address right, and is the gateway deployed?");
  }
}

function encrypted(url: string): Finding {
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:" || hostname === "127.0.0.1" || hostname === "localhost") return ok();
  return wrong("it is not https", "Serve it over https: proxies cut WebSockets without it, and anyone can read along.");
}

async function clock(url: string): Promise<Finding> {
  const before = Date.now();
  const response = await fetch(`${url}/health`);
  await response.body?.cancel();
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return { kind: "skipped", why: "it does not say what time it is" };
  const skew = Math.max(0, date - Date.now(), before - date - 1_000);
  if (skew <= maxSkewMs) return ok();
  return wrong(
    `this machine's clock is ${Math.round(skew / 1_000)} s off`,
    "Set it by NTP. A backend whose clock is off refuses the gateway's tokens, which are good for a minute.",
  );
}

/** What a problem response says; other answers say nothing. */
async function problemOf(response: Response): Promise<{ code?: string; detail?: string; title?: string }> {
  if (response.headers.get("content-type") !== "application/problem+json") {
    await response.body?.cancel();
    return {};
  }
  return (await response.json()) as { code?: string; detail?: string; title?: string };
}

async function settings(
  { url, token }: GatewayTarget,
  roomUrl: string,
  headers: Readonly<Record<string, string>>,
): Promise<Finding> {
  const response = await fetch(roomUrl, { headers: { ...headers, accept: "application/json" } });
  if (response.ok) {
    await response.body?.cancel();
    if (token !== undefined || isLoopback(new URL(url).hostname)) return ok();
    return advice(
      "anyone may chat here without a token",
      "If ALLOW_ANONYMOUS=yes isn't your wish, set AUTH=jwt. If you didn't set it, a proxy hides Host and the caller's address from the gateway: docs/transports.md has the recipes.",
    );
  }
  const { code, detail = "", title = "" } = await problemOf(response);
  switch (code) {
    case "not-configured":
      return wrong(
        `${detail}`,
        "The gateway's log line not-configured says what was expected; docs/settings.md has all settings.",
      );
    case "unauthenticated":
    case "token-invalid":
      return wrong("it asks for a token", "Pass one of a user's: --token …");
    case "forbidden":
    case "room-forbidden":
      return wrong(`this token may not use the room: ${title}`, "Name a room of its tenant: --room <tenant>.doctor");
    default:
      return wrong(
        `a room answers ${response.status} ${code ?? ""}`.trim(),
        detail || title || "Look into the gateway's log.",
      );
  }
}

async function keys(url: string): Promise<Finding> {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  const published = response.ok ? ((await response.json()) as { keys?: unknown[] }).keys : undefined;
  if (published !== undefined && published.length > 0) return ok(`${published.length} published`);
  return advice(
    "the gateway signs nothing for the backend",
    "Set UPSTREAM_SIGNING_KEYS, or let the backend accept the gateway's address alone: else anyone who reaches it can use it.",
  );
}

async function backend(url: string): Promise<Finding> {
  const response = await fetch(`${url}/ready`);
  if (response.ok) {
    await response.body?.cancel();
    return ok();
  }
  const { code = "", title = "", detail = title } = await problemOf(response);
  return wrong(
    `the gateway does not reach its backend: ${detail} ${code}`.trim(),
    "Is NEST_BASE right, does GET /health answer there, and can Cloudflare reach it? A private address needs a tunnel.",
  );
}

/** A socket that has been welcomed, or why not. */
async function join(roomUrl: string, token: string | undefined): Promise<RoomSocketClient | Finding> {
  const socket = new RoomSocketClient(roomUrl.replace(/^http/, "ws"));
  if (!(await socket.opened())) {
    return wrong(
      "the socket does not open",
      "Something on the way takes no WebSockets: a proxy, or a firewall. People fall back to SSE meanwhile.",
    );
  }
  socket.say({ type: "hello", version: PROTOCOL_VERSION, ...defined({ token }) });
  if ((await socket.until(isFrame("sync"))) !== undefined) return socket;
  const { code = 0, reason = "silence" } = socket.closed ?? {};
  socket.close();
  return wrong(`no welcome: ${reason} (${code})`, "docs/protocol.md#close-codes says what the code means.");
}

async function webSocket(roomUrl: string, token: string | undefined): Promise<Finding> {
  const started = performance.now();
  const socket = await join(roomUrl, token);
  if (!(socket instanceof RoomSocketClient)) return socket;
  socket.close();
  return ok(`welcomed after ${(performance.now() - started).toFixed(0)} ms`);
}

async function question(roomUrl: string, token: string | undefined): Promise<Finding> {
  const socket = await join(roomUrl, token);
  if (!(socket instanceof RoomSocketClient)) return socket;
  const turnId = crypto.randomUUID();
  const [isDelta, isEnd] = [isFrame("turn-delta", turnId), isFrame("turn-end", turnId)];
  const started = performance.now();
  socket.say({ type: "turn-submit", turnId, input: { prompt: longPrompt } });
  await socket.until((frame): frame is Frame<"turn-delta" | "turn-end"> => isDelta(frame) || isEnd(frame));
  const delta = socket.frames.find(isDelta);
  const firstMs = performance.now() - started;
  const end = await socket.until(isEnd);
  socket.close();
  if (end === undefined) {
    const notice = socket.frames.findLast(isFrame("notice"));
    return wrong(
      `no answer yet${notice === undefined ? "" : `: ${notice.message}`}`,
      "See the backend's checks: --backend …",
    );
  }
  if (end.outcome !== "completed") {
    const { code = end.outcome, message = "" } = end.error ?? {};
    return wrong(
      `it ends as ${end.outcome}: ${code}. ${message}`,
      "docs/runbooks/turns-fail.md says what to do about it.",
    );
  }
  const deltas = socket.frames.filter(isFrame("turn-delta", turnId));
  if (delta === undefined || deltas.length < 2) {
    return advice("the answer comes in one piece", "The backend does not stream: see its checks, --backend …");
  }
  return ok(`first token after ${firstMs.toFixed(0)} ms, ${deltas.length} pieces`);
}

async function stop(roomUrl: string, token: string | undefined): Promise<Finding> {
  const socket = await join(roomUrl, token);
  if (!(socket instanceof RoomSocketClient)) return socket;
  const turnId = crypto.randomUUID();
  socket.say({ type: "turn-submit", turnId, input: { prompt: longPrompt } });
  await socket.until(isFrame("turn-delta", turnId));
  socket.say({ type: "turn-cancel", turnId });
  const end = await socket.until(isFrame("turn-end", turnId));
  socket.close();
  if (end?.outcome === "completed") return { kind: "skipped", why: "the answer was over before the stop" };
  if (end?.stop === "confirmed") return ok("confirmed by the backend");
  return advice(
    "the backend does not confirm a stop",
    "Serve DELETE /model/chat/:id: until then a stopped answer may still be generated, and paid for.",
  );
}

async function sse(roomUrl: string, headers: Readonly<Record<string, string>>): Promise<Finding> {
  const { status, contentType, firstFrameMs } = await openStream(roomUrl, headers);
  if (status !== 200 || !contentType.startsWith("text/event-stream")) {
    return wrong(`it answers ${status} ${contentType}`, "Does a proxy in between change the answer?");
  }
  if (firstFrameMs === undefined || firstFrameMs > slowFrameMs) {
    return wrong(
      "nothing arrives on the stream",
      "A proxy in between buffers it: switch that off for text/event-stream. People fall back to polling meanwhile.",
    );
  }
  return ok(`first frame after ${firstFrameMs.toFixed(0)} ms`);
}

async function poll(roomUrl: string, headers: Readonly<Record<string, string>>): Promise<Finding> {
  const response = await fetch(`${roomUrl}?wait=0`, { headers: { ...headers, accept: "application/json" } });
  if (!response.ok) {
    const { code = "" } = await problemOf(response);
    return wrong(`it answers ${response.status} ${code}`, "Does a proxy in between drop the query?");
  }
  const body = (await response.json()) as { frames?: unknown[]; cursor?: string };
  if (Array.isArray(body.frames) && typeof body.cursor === "string") return ok();
  return wrong("the answer has no frames", "Does a proxy in between cache it? Its Cache-Control is no-store.");
}

async function erase(roomUrl: string, headers: Readonly<Record<string, string>>): Promise<Finding> {
  const response = await fetch(roomUrl, { method: "DELETE", headers });
  await response.body?.cancel();
  if (response.status === 204) return ok("the doctor's room is gone");
  return advice(`it answers ${response.status}`, "The doctor's room stays until its time to live is over.");
}
