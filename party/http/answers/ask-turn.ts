/**
 * Asks a question in a room for a client of another protocol, through the door of the AI SDK's clients (`ai-sdk-route.ts`), so
 * that authorization, limits and what a question may hold are the same. The answer is a reader of the turn.
 */
import { fail, ok, type Result } from "../../../shared/result.ts";
import type { Caller } from "../../auth/authorize.ts";
import { everyTenant } from "../../auth/tenants.ts";
import type { GatewayConfig } from "../../config/settings.ts";
import { turnHeader } from "../../room-http/room-request.ts";
import { type ChatAsk, routeChat, routeChatPost } from "../ai-sdk-route.ts";
import { roomUrl } from "../inner-request.ts";
import { forwardAs, type RoomBindings } from "../room-route.ts";
import { TurnReader } from "./turn-reader.ts";

/** A message of the AI SDK. */
export interface AskedUiMessage {
  readonly id: string;
  readonly role: "user" | "assistant" | "system";
  readonly parts: readonly { readonly type: string; readonly [field: string]: unknown }[];
}

/** What `POST /api/chat` takes. */
export interface TurnQuestion {
  readonly room: string;
  readonly messages: readonly AskedUiMessage[];
  /** `provider`, `model`, `params`, `metadata`, `onLeave`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface OpenTurn {
  readonly room: string;
  readonly turnId: string;
  readonly reader: TurnReader;
}

/** Where the requests of one client go. */
export interface TurnDoor {
  /** Of the client: its token, its address and its signal. */
  readonly request: Request;
  readonly bindings: RoomBindings;
  readonly config: GatewayConfig;
}

const passed = ["authorization", "cf-connecting-ip", "traceparent"] as const;

/** The turn; or the refusal, as a problem (RFC 9457). */
export async function askTurn(
  door: TurnDoor,
  { room, messages, fields }: TurnQuestion,
): Promise<Result<OpenTurn, Response>> {
  const body = JSON.stringify({ ...fields, id: room, messages, trigger: "submit-message" });
  const ask: ChatAsk = { frames: true };
  const response = await routeChatPost(requestOf(door, "POST", { body }), door.bindings, door.config, ask);
  return opened(door, room, response);
}

/** The turn that is being answered in a room, or that ended a moment ago; undefined where there is none. */
export async function currentTurn(door: TurnDoor, room: string): Promise<Result<OpenTurn | undefined, Response>> {
  const where = { room, part: "stream" };
  const response = await routeChat(requestOf(door, "GET"), where, door.bindings, door.config, { frames: true });
  return response.status === 204 ? ok(undefined) : opened(door, room, response);
}

/** A turn of a room, from its start. */
export async function turnOf(door: TurnDoor, room: string, turnId: string): Promise<Result<OpenTurn, Response>> {
  const response = await streamOfTurn(door, room, turnId, undefined);
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (!isStream || response.body === null) return fail(response);
  return ok({ room, turnId, reader: readerOf(door, room, turnId, response.body) });
}

function opened(door: TurnDoor, room: string, response: Response): Result<OpenTurn, Response> {
  const turnId = response.headers.get(turnHeader);
  if (response.status !== 200 || response.body === null || turnId === null) return fail(response);
  return ok({ room, turnId, reader: readerOf(door, room, turnId, response.body) });
}

function readerOf(door: TurnDoor, room: string, turnId: string, body: ReadableStream<Uint8Array>): TurnReader {
  const reader = new TurnReader({
    ...{ turnId, body, random: Math.random },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    reopen: (lastEventId) => streamOfTurn(door, room, turnId, lastEventId),
  });
  // A client that has left must not keep a reader that opens its stream again.
  door.request.signal.addEventListener("abort", () => reader.leave());
  return reader;
}

function streamOfTurn(
  door: TurnDoor,
  room: string,
  turnId: string,
  lastEventId: string | undefined,
): Promise<Response> {
  const headers = {
    accept: "text/event-stream",
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  const request = requestOf(door, "GET", { headers });
  return forwardAs(
    room,
    { inside: roomUrl(room, `/turns/${turnId}`), request, method: "GET" },
    door.bindings,
    door.config,
  );
}

/** A request of ours with the client's own identity. Nothing else of its headers goes further. */
function requestOf(
  { request }: TurnDoor,
  method: string,
  { body, headers: more = {} }: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Request {
  const headers = new Headers(more);
  for (const name of passed) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Request(new URL("/api/chat", request.url), {
    method,
    headers,
    body: body ?? null,
    signal: request.signal,
  });
}

/**
 * The room of a request that names none: where its token opens one room alone, that one, else a new one that the token opens.
 * @param key of a request that is to be the same when it is sent again; undefined for one that is new each time.
 */
export async function unnamedRoom(
  { facts }: Caller,
  { tenant }: GatewayConfig,
  key: string | undefined,
): Promise<string> {
  const [only] = facts?.rooms ?? [];
  const prefix = facts?.rooms.find((pattern) => pattern.endsWith("*"))?.slice(0, -1);
  if (only !== undefined && prefix === undefined) return only;
  const owner = facts?.tenant ?? "";
  // A token for everything opens nothing that has no tenant in its name.
  const start = prefix === "" || prefix === undefined ? (tenant === everyTenant ? `${owner}.` : "") : prefix;
  const name = key === undefined ? crypto.randomUUID() : await digest(JSON.stringify([owner, facts?.sub ?? "", key]));
  return `${start}v1-${name}`;
}

/** 128 bits, which nobody guesses who doesn't know the key. */
async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
