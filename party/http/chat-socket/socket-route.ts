/**
 * The Worker's side of `wss://…/api/chat`, the address of the AI SDK's own `WebSocketChatTransport`. The Worker holds the socket
 * and asks a room for each frame, so an idle socket keeps no object awake. A request is authorized as one of
 * `POST /api/chat` is, for its own chat: by the `authorization` in its frame, else by the token or the ticket of the handshake.
 */
import { errorHeader, isErrorCode } from "../../../shared/protocol/errors.ts";
import { helloTimeoutMs } from "../../../shared/protocol/limits.ts";
import { ERROR_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import { ok } from "../../../shared/result.ts";
import { bearerOf } from "../../auth/bearer.ts";
import { ticketSealOf } from "../../auth/ticket-seal.ts";
import type { GatewayConfig } from "../../config/settings.ts";
import type { AccessRefusal, Principal } from "../../core/principal.ts";
import { principalSchema } from "../../core/principal-schema.ts";
import { refuseSocket } from "../../responses/refuse-socket.ts";
import { ticketSessionPath, turnHeader } from "../../room-http/room-request.ts";
import { UnsentEstimate } from "../../sockets/unsent-estimate.ts";
import { routeChat, routeChatPost } from "../ai-sdk-route.ts";
import { TurnReader } from "../answers/turn-reader.ts";
import { addressOf, innerRequest, roomUrl } from "../inner-request.ts";
import { type Bindings, countRequest } from "../request-context.ts";
import { refuseRoom } from "../room-name.ts";
import { forward, forwardAs, gateOf } from "../room-route.ts";
import { handshakeOffer, withSocketProtocol } from "../socket-token.ts";
import { type Asked, ChatSocket, type Request as SocketRequest } from "./chat-socket.ts";
import type { ResumeFrame, SendFrame } from "./socket-frames.ts";

/** The fields of a turn that `useChat` may send beside its messages come in the frame's body, as they do over HTTP. */
type Asking = SendFrame | ResumeFrame | SocketRequest;

/** Opens the socket, or answers with a socket that closes at once for a token that opens nothing. */
export async function openChatSocket(request: Request, bindings: Bindings, config: GatewayConfig): Promise<Response> {
  const offer = handshakeOffer(request);
  const needsToken = config.auth.mode === "jwt";
  if (needsToken && offer.token !== undefined) {
    const caller = await gateOf(bindings, config).identify(offer.token);
    if (!caller.ok) return withSocketProtocol(refuseSocket(caller.error), offer);
  }
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  const asker = new SocketAsker(request, offer.token, bindings, config);
  const estimate = typeof server.bufferedAmount === "number" ? undefined : new UnsentEstimate(() => Date.now());
  const socket = new ChatSocket({
    send: (text) => {
      estimate?.sent(text);
      if (server.readyState === WebSocket.OPEN) server.send(text);
    },
    close: (code, reason) => server.close(code, reason),
    get unsentBytes() {
      return estimate?.bytes ?? server.bufferedAmount ?? 0;
    },
    now: () => Date.now(),
    sleep,
    ask: (frame) => asker.ask(frame),
    resume: (frame) => asker.resume(frame),
    stop: (frame, turnId) => asker.stop(frame, turnId),
    get isVerified() {
      return asker.isVerified;
    },
  });
  server.addEventListener("message", ({ data }) => {
    socket.handleMessage(typeof data === "string" ? data : undefined);
  });
  const timer = setTimeout(() => socket.expire(), helloTimeoutMs);
  const gone = () => {
    clearTimeout(timer);
    socket.handleClose();
  };
  server.addEventListener("close", gone);
  server.addEventListener("error", gone);
  return withSocketProtocol(new Response(null, { status: 101, webSocket: client }), offer);
}

function sentenceOf({ code, detail }: AccessRefusal): string {
  return detail ?? ERROR_MESSAGES[code];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks rooms for one socket. */
class SocketAsker {
  readonly #handshake: Request;
  readonly #token: string | undefined;
  readonly #ticket: string | null;
  readonly #bindings: Bindings;
  readonly #config: GatewayConfig;
  /** Whom the ticket of the handshake speaks for. A ticket is redeemed once, and for one room. */
  #ticketSession: Promise<Principal | undefined> | undefined;
  #isVerified: boolean;

  constructor(handshake: Request, token: string | undefined, bindings: Bindings, config: GatewayConfig) {
    this.#handshake = handshake;
    this.#token = token;
    this.#ticket = new URL(handshake.url).searchParams.get("ticket");
    this.#bindings = bindings;
    this.#config = config;
    this.#isVerified = config.auth.mode === "none" || token !== undefined;
  }

  get isVerified(): boolean {
    return this.#isVerified;
  }

  ask(frame: SendFrame): Promise<Asked> {
    const { id, messages, trigger, messageId, body, metadata } = frame;
    const said = typeof metadata === "object" && metadata !== null ? { metadata } : {};
    const text = JSON.stringify({ ...said, ...body, id, messages, trigger, messageId });
    return this.#asked(frame, (principal) =>
      routeChatPost(this.#requestFor(frame, "POST", text), this.#bindings, this.#config, { principal, frames: true }),
    );
  }

  resume(frame: ResumeFrame): Promise<Asked> {
    const door = { room: frame.id, part: "stream" };
    return this.#asked(frame, (principal) =>
      routeChat(this.#requestFor(frame, "GET"), door, this.#bindings, this.#config, { principal, frames: true }),
    );
  }

  /** Without the scope to stop it, the turn goes on: its reader has left. */
  async stop(request: SocketRequest, turnId: string): Promise<void> {
    const asked = { inside: roomUrl(request.id, `/turns/${turnId}`), method: "DELETE" };
    await this.#forward(request, asked).then(
      (response) => response.body?.cancel(),
      () => undefined,
    );
  }

  /** What the room makes of a request that its address may make. Never rejects. */
  async #asked(frame: Asking, answer: (principal: Principal | undefined) => Promise<Response>): Promise<Asked> {
    try {
      const verdict = await countRequest(this.#handshake, this.#bindings, this.#config);
      if (!verdict.isAllowed) {
        const seconds = Math.ceil((verdict.retryAfterMs ?? 1_000) / 1_000);
        return { kind: "refused", code: "rate-limited", text: `Too many requests. Try again in ${seconds} s.` };
      }
      const principal = await this.#principalFor(frame);
      if (!this.#isVerified) {
        const token = bearerOf(this.#requestFor(frame, "GET"));
        const caller =
          principal === undefined ? await gateOf(this.#bindings, this.#config).identify(token) : ok(undefined);
        if (!caller.ok) return { kind: "refused", code: caller.error.code, text: sentenceOf(caller.error) };
        this.#isVerified = true;
      }
      return await this.#read(frame, await answer(principal));
    } catch {
      // A room that can't be reached is a response of its own, so this is a fault of ours.
      return { kind: "refused", code: "internal", text: "The gateway failed. Try again." };
    }
  }

  async #read(frame: Asking, response: Response): Promise<Asked> {
    if (response.status === 204) return { kind: "no-active" };
    const turnId = response.headers.get(turnHeader);
    if (response.status === 200 && response.body !== null && turnId !== null) {
      const reader = new TurnReader({
        ...{ turnId, body: response.body, sleep, random: Math.random, isWhole: frame.type === "resume" },
        reopen: (lastEventId) => this.#reopen(frame, turnId, lastEventId),
      });
      return { kind: "answer", turnId, reader };
    }
    const code = response.headers.get(errorHeader) ?? "internal";
    const known = isErrorCode(code) ? code : "internal";
    const problem: { readonly detail?: string; readonly title?: string } = await response.json();
    return { kind: "refused", code: known, text: problem.detail ?? problem.title ?? known };
  }

  #reopen(frame: Asking, turnId: string, lastEventId: string | undefined): Promise<Response> {
    const headers = {
      accept: "text/event-stream",
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    };
    return this.#forward(frame, { inside: roomUrl(frame.id, `/turns/${turnId}`), method: "GET", headers });
  }

  async #forward(
    frame: Asking,
    { inside, method, headers = {} }: { inside: URL; method: string; headers?: Readonly<Record<string, string>> },
  ): Promise<Response> {
    const principal = await this.#principalFor(frame);
    const request = this.#requestFor(frame, method, undefined, headers);
    return forwardAs(frame.id, { inside, request, method, principal }, this.#bindings, this.#config);
  }

  /** The same request as a page's over HTTP: with the frame's own token, or else the handshake's. */
  #requestFor(frame: Asking, method: string, body?: string, more: Readonly<Record<string, string>> = {}): Request {
    const headers = new Headers(more);
    const address = this.#handshake.headers.get("cf-connecting-ip");
    if (address !== null) headers.set("cf-connecting-ip", address);
    const { authorization, traceparent } = frame.headers ?? {};
    const token = this.#token === undefined ? undefined : `Bearer ${this.#token}`;
    for (const [name, value] of Object.entries({ authorization: authorization ?? token, traceparent })) {
      // A frame may hold any text, a header may not.
      if (value !== undefined && /^[\x20-\x7e]*$/.test(value)) headers.set(name, value);
    }
    const url = new URL("/api/chat", this.#handshake.url);
    return new Request(url, { method, headers, body: body ?? null });
  }

  /** Of the ticket, where the frame brings no token of its own; undefined for any other way to be verified. */
  async #principalFor({ id, headers }: Pick<Asking, "id" | "headers">): Promise<Principal | undefined> {
    const isByTicket = headers?.["authorization"] === undefined && this.#token === undefined;
    if (!isByTicket || this.#ticket === null || this.#config.auth.mode === "none") return undefined;
    if (refuseRoom(id, this.#config) !== undefined) return undefined;
    const seal = await ticketSealOf(this.#config);
    const ticket = await seal?.open(id, this.#ticket, Date.now());
    if (ticket === undefined) return undefined;
    // The seal holds the room's name, so every frame that comes here is of one room.
    this.#ticketSession ??= this.#redeem(id, ticket);
    return this.#ticketSession;
  }

  async #redeem(room: string, ticket: string): Promise<Principal | undefined> {
    const inside = roomUrl(room, `/${ticketSessionPath}`);
    inside.searchParams.set("ticket", ticket);
    const identity = { principal: undefined, address: addressOf(this.#handshake) };
    const asked = innerRequest(inside, this.#handshake, { method: "POST", identity });
    const response = await forward(room, asked, this.#bindings, this.#config);
    if (response.status !== 200) {
      await response.body?.cancel();
      return undefined;
    }
    const principal = principalSchema.safeParse(await response.json());
    return principal.success ? principal.data : undefined;
  }
}
