/**
 * One WebSocket of the AI SDK's `WebSocketChatTransport`: several chats, each a room, and several answers at once. It decides
 * what a frame asks for and what the client is sent. Rooms, tokens and limits by address are the port's (`socket-route.ts`).
 *
 * `send` asks, `resume` gives the open answer from its start, and `abort` stops the turn of its request. A socket that closes
 * has left, which stops nothing (T4).
 */
import { ERRORS, type ErrorCode } from "../../../shared/protocol/errors.ts";
import { maxFrameBytes } from "../../../shared/protocol/limits.ts";
import { ERROR_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import { closeReason, utf8Length } from "../../../shared/text.ts";
import { UiMessageWriter } from "../../../shared/ui-message-stream.ts";
import type { TurnReader } from "../answers/turn-reader.ts";
import { parseSocketFrame, type ResumeFrame, type SendFrame, type SocketAnswer } from "./socket-frames.ts";

/** As large as the body of `POST /api/chat`: the page's whole conversation comes along. */
export const maxSocketFrameBytes = 4 * 1024 * 1024;
/** Of a socket that nobody was verified on: a stranger's frame is parsed to find its token. */
export const maxUnverifiedFrameBytes = 4 * maxFrameBytes;
/** Requests of one socket that wait for a room or are being answered. A page shows one chat, an application perhaps a few. */
export const maxRequests = 16;
/** Chats of one socket, whenever they were used. */
export const maxChats = 64;
/** Of questions that wait for their rooms: two of the largest. */
const maxWaitingBytes = 2 * maxSocketFrameBytes;
/** A Worker may make 10,000 subrequests for one connection. After this many frames it closes when it is idle. */
const maxServed = 2_000;
/** Frames within `frameWindowMs`. A person's page sends two for each question. */
export const maxFrames = 120;
const frameWindowMs = 10_000;
/** Bytes that a client hasn't taken before no more is read from the rooms for it. They count what waits there (F2). */
const maxUnsentBytes = 256 * 1024;
const unsentLookMs = 50;
/** A resume that replaces another one aborts that first: an abort without a resume within this time is a stop. */
export const stopAfterMs = 500;

/** What a room made of a request. */
export type Asked =
  | { readonly kind: "answer"; readonly turnId: string; readonly reader: TurnReader }
  | { readonly kind: "no-active" }
  /** @param text a sentence for people. */
  | { readonly kind: "refused"; readonly text: string; readonly code: ErrorCode | undefined };

/** The socket, its clock, and the way into the rooms. None of them rejects. */
export interface ChatSocketPorts {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Bytes sent that the client hasn't taken. */
  readonly unsentBytes: number;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  ask(frame: SendFrame): Promise<Asked>;
  resume(frame: ResumeFrame): Promise<Asked>;
  stop(request: Request, turnId: string): Promise<void>;
  /** Somebody was verified on this socket, or nobody need be. */
  readonly isVerified: boolean;
}

/** What a stop needs of its frame. The conversation that came along is not kept. */
export type Request = Pick<SendFrame | ResumeFrame, "type" | "requestId" | "id" | "headers">;

interface Active {
  readonly request: Request;
  turnId: string | undefined;
  reader: TurnReader | undefined;
  isAborted: boolean;
}

export class ChatSocket {
  readonly #ports: ChatSocketPorts;
  readonly #active = new Map<string, Active>();
  readonly #chats = new Set<string>();
  /** Chats of which a resume was aborted, and how often one was asked for: tells a replaced one from a stop. */
  readonly #resumes = new Map<string, number>();
  #frames = 0;
  #served = 0;
  #waitingBytes = 0;
  #windowUntil = 0;
  #isOpen = true;

  constructor(ports: ChatSocketPorts) {
    this.#ports = ports;
  }

  /** @param text undefined for a binary message. */
  handleMessage(text: string | undefined): void {
    if (!this.#isOpen) return;
    const now = this.#ports.now();
    if (now >= this.#windowUntil) {
      this.#windowUntil = now + frameWindowMs;
      this.#frames = 0;
    }
    this.#frames += 1;
    if (this.#frames > maxFrames) {
      this.#end("rate-limited");
      return;
    }
    const maxBytes = this.#ports.isVerified ? maxSocketFrameBytes : maxUnverifiedFrameBytes;
    if (text !== undefined && text.length * 3 > maxBytes && utf8Length(text) > maxBytes) {
      this.#end("frame-too-large");
      return;
    }
    const frame = text === undefined ? undefined : parseSocketFrame(text, maxBytes);
    if (frame === undefined || (frame.type !== "abort" && this.#active.has(frame.requestId))) {
      this.#end("bad-frame");
      return;
    }
    if (frame.type === "abort") this.#abort(frame.requestId);
    // Never rejects.
    else void this.#serve(frame, text?.length ?? 0);
  }

  /** The client has left, or the socket broke. */
  handleClose(): void {
    this.#isOpen = false;
    for (const { reader } of this.#active.values()) reader?.leave();
    this.#active.clear();
  }

  /** Nobody was verified in time. */
  expire(): void {
    if (this.#isOpen && !this.#ports.isVerified) this.#end("hello-timeout");
  }

  async #serve(frame: SendFrame | ResumeFrame, bytes: number): Promise<void> {
    const { type, requestId, id, headers } = frame;
    const problem = this.#problemOf(frame, bytes);
    if (problem !== undefined) {
      this.#refuse(requestId, problem);
      return;
    }
    this.#served += 1;
    this.#chats.add(id);
    if (type === "resume") this.#resumes.set(id, (this.#resumes.get(id) ?? 0) + 1);
    const active: Active = {
      request: { type, requestId, id, headers },
      turnId: undefined,
      reader: undefined,
      isAborted: false,
    };
    this.#active.set(requestId, active);
    this.#waitingBytes += bytes;
    const asked = await (frame.type === "send" ? this.#ports.ask(frame) : this.#ports.resume(frame));
    this.#waitingBytes -= bytes;
    if (asked.kind === "answer") await this.#answer(active, asked);
    else if (this.#isRead(active)) {
      if (asked.kind === "no-active") this.#send({ type: "no-active", requestId });
      else this.#refuse(requestId, asked.text);
      // The token of the handshake can't be renewed on this socket. The client opens another one for its next request.
      const isSocketsOwn = headers?.["authorization"] === undefined;
      if (asked.kind === "refused" && asked.code === "unauthenticated" && isSocketsOwn) this.#end("unauthenticated");
    }
    if (this.#active.get(requestId) === active) this.#active.delete(requestId);
    if (this.#active.size === 0 && this.#served >= maxServed) this.#end("draining");
  }

  /** A sentence for people; undefined for a frame that may be served. */
  #problemOf(frame: SendFrame | ResumeFrame, bytes: number): string | undefined {
    if (frame.type === "resume" && (frame.lastSequence ?? undefined) !== undefined) {
      return "An answer is replayed from its start: leave lastSequence out.";
    }
    if (this.#active.size >= maxRequests || this.#waitingBytes + bytes > maxWaitingBytes) {
      return "This connection has too many answers open. Wait until one of them ends.";
    }
    if (!this.#chats.has(frame.id) && this.#chats.size >= maxChats) {
      return `A connection serves ${maxChats} chats. Close the transport, and it opens another one.`;
    }
    return undefined;
  }

  async #answer(active: Active, { turnId, reader }: Extract<Asked, { kind: "answer" }>): Promise<void> {
    const { request } = active;
    const { requestId } = request;
    active.turnId = turnId;
    active.reader = reader;
    if (!this.#isRead(active)) {
      reader.leave();
      // It was aborted before there was a turn to stop.
      if (active.isAborted) await this.#ports.stop(request, turnId);
      return;
    }
    this.#send({ type: "start", requestId });
    const writer = new UiMessageWriter(turnId);
    let sequence = 0;
    const write = (steps: readonly { readonly chunk: object }[]) => {
      for (const { chunk } of steps) this.#send({ type: "chunk", requestId, sequence: sequence++, chunk });
    };
    while (this.#isRead(active) && !writer.isDone) {
      while (this.#isRead(active) && this.#ports.unsentBytes > maxUnsentBytes) await this.#ports.sleep(unsentLookMs);
      const news = await reader.read();
      if (!this.#isRead(active)) break;
      if (news === undefined || news.kind === "refused") {
        this.#refuse(requestId, news?.refusal.detail ?? ERROR_MESSAGES[news?.refusal.code ?? "internal"]);
        return;
      }
      if (news.kind === "turn") write(writer.advance(news.turn));
      else if (news.kind === "removed") write(writer.removed());
      else this.#send({ type: "start", requestId });
    }
    if (this.#isRead(active)) this.#send({ type: "end", requestId });
  }

  #isRead({ request: { requestId }, isAborted }: Active): boolean {
    return this.#isOpen && !isAborted && this.#active.has(requestId);
  }

  #abort(requestId: string): void {
    const active = this.#active.get(requestId);
    if (active === undefined) return;
    this.#active.delete(requestId);
    active.isAborted = true;
    const { request, turnId, reader } = active;
    // One that waits for its room is stopped when the room has answered.
    if (turnId === undefined) return;
    void this.#stop(request, turnId).then(() => reader?.leave());
  }

  /** Its reader leaves afterwards: a room whose last reader has left might decide otherwise before (T4). */
  async #stop(request: Request, turnId: string): Promise<void> {
    if (request.type === "resume") {
      const resumes = this.#resumes.get(request.id);
      await this.#ports.sleep(stopAfterMs);
      if (this.#resumes.get(request.id) !== resumes) return;
    }
    await this.#ports.stop(request, turnId);
  }

  #refuse(requestId: string, errorText: string): void {
    this.#send({ type: "error", requestId, errorText });
  }

  #send(answer: SocketAnswer): void {
    if (this.#isOpen) this.#ports.send(JSON.stringify(answer));
  }

  #end(code: ErrorCode): void {
    this.handleClose();
    this.#ports.close(ERRORS[code].close ?? ERRORS.internal.close, closeReason(ERROR_MESSAGES[code]));
  }
}
