/**
 * Sends what a client says to its room as HTTP requests. It distinguishes three failures, because a refused request isn't a
 * lost network: the room's own refusal, a page of something in the room's place, and no answer.
 *
 * Submits and clears keep their order. A stop waits for nothing, because the room remembers the stop of an id that it doesn't
 * know yet (T1). Used by `http-transport.ts`, which knows what a refusal means for the turn.
 */
import { backoffMs } from "../../../shared/backoff.ts";
import { defined } from "../../../shared/defined.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { maxRequestAttempts, proofTimeoutMs, requestRetryPolicy, requestTimeoutMs } from "../../time/timing.ts";
import type { RoomAddress } from "../room-address.ts";
import {
  ForeignAnswer,
  RoomRefusal,
  type RoomRequest,
  readAnswer,
  requestRoom,
  TokenFault,
  untilAborted,
} from "./room-fetch.ts";

/** A request that says something to the room. */
export interface SaidRequest extends Omit<RoomRequest, "signal" | "method"> {
  readonly method: "POST" | "DELETE";
  /** The same request for networks that let no DELETE pass. */
  readonly postPath?: string;
  /** Whether the room answers at once. A stop is answered when the backend has confirmed it. */
  readonly isQuick: boolean;
}

/** How a request ended. `unreachable`: nothing answered although the room can be read. */
export type Delivery =
  | { readonly result: "delivered" }
  | { readonly result: "refused"; readonly refusal: RoomRefusal }
  | { readonly result: "blocked"; readonly answer: ForeignAnswer }
  | { readonly result: "unreachable" }
  | { readonly result: "no-token"; readonly fault: TokenFault };

/** What one client has learned about its network. Shared by its transports. */
export interface MethodMemory {
  isDeleteBlocked: boolean;
}

/** reliable → once (its owner has left) or abandoned (the network is gone). */
type Phase = "reliable" | "once" | "abandoned";

/** Why a request that is out is given up before its deadline. */
const doubted = new Error("network-changed");
const abandoned = new Error("The network is gone.");

export class RequestSender {
  readonly #address: RoomAddress;
  readonly #methods: MethodMemory;
  /** Settles once the reader got through again; never, if its transport ends instead. */
  readonly #provenReader: () => Promise<void>;
  readonly #out = new Set<AbortController>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #ordered: Promise<unknown> = Promise.resolve();
  #phase: Phase = "reliable";

  constructor(address: RoomAddress, methods: MethodMemory, provenReader: () => Promise<void>) {
    this.#address = address;
    this.#methods = methods;
    this.#provenReader = provenReader;
  }

  /** After all that was sent in order before. */
  inOrder(request: SaidRequest): Promise<Delivery> {
    const delivery = this.#ordered.then(() => this.now(request));
    this.#ordered = delivery;
    return delivery;
  }

  /** Never rejects. It never settles after `abandon`. */
  async now(request: SaidRequest): Promise<Delivery> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#phase === "abandoned") return unsettled();
      const delivery = await this.#attempt(request);
      if (this.#phase === "once") return delivery;
      const mayPass = delivery.result === "unreachable" || (delivery.result === "blocked" && delivery.answer.isPassing);
      if (!mayPass || attempt === maxRequestAttempts) return delivery;
      await this.#provenReader();
      await this.#pause(backoffMs(attempt, requestRetryPolicy, Math.random));
    }
  }

  /** The network may have changed: sends again what is out. All of it may be sent twice (T1). */
  resend(): void {
    for (const controller of this.#out) controller.abort(doubted);
  }

  /** Nobody waits any longer: what was given to this sender leaves once, without deadlines and retries. */
  release(): void {
    if (this.#phase === "reliable") this.#phase = "once";
    this.#stopTimers();
  }

  /** The network is gone: gives up what is out and what waits. What is still wanted is sent on another transport. */
  abandon(): void {
    this.#phase = "abandoned";
    for (const controller of this.#out) controller.abort(abandoned);
    this.#stopTimers();
  }

  async #attempt(request: SaidRequest): Promise<Delivery> {
    const { postPath } = request;
    if (request.method === "POST" || postPath === undefined) return this.#request(request, request.method);
    if (this.#methods.isDeleteBlocked) return this.#request(request, "POST", postPath);
    const delivery = await this.#request(request, "DELETE");
    const isRefused = delivery.result === "refused" && delivery.refusal.code === "method-not-allowed";
    const mayBeTheMethod = isRefused || delivery.result === "blocked" || delivery.result === "unreachable";
    if (!mayBeTheMethod || this.#phase === "abandoned") return delivery;
    const posted = await this.#request(request, "POST", postPath);
    const isUnknown = posted.result === "refused" && unknownRoute.includes(posted.refusal.code);
    if (isUnknown) return delivery;
    if (posted.result === "delivered" || posted.result === "refused") this.#methods.isDeleteBlocked = true;
    return posted;
  }

  async #request(request: SaidRequest, method: "POST" | "DELETE", path = request.path): Promise<Delivery> {
    const { postPath: _, isQuick, ...rest } = request;
    for (let isAgain = false; ; isAgain = true) {
      const controller = new AbortController();
      const { signal } = controller;
      const deadlineMs = isAgain && isQuick ? proofTimeoutMs : requestTimeoutMs;
      const timer = this.#after(deadlineMs, () => controller.abort(new Error("No answer in time.")));
      this.#out.add(controller);
      try {
        await untilAborted(
          signal,
          requestRoom(this.#address, defined({ ...rest, method, signal, path })).then(readAnswer),
        );
        return { result: "delivered" };
      } catch (cause) {
        if (signal.reason === doubted) continue;
        if (cause instanceof RoomRefusal) return { result: "refused", refusal: cause };
        if (cause instanceof ForeignAnswer) return { result: "blocked", answer: cause };
        if (cause instanceof TokenFault) return { result: "no-token", fault: cause };
        return { result: "unreachable" };
      } finally {
        if (timer !== undefined) this.#stop(timer);
        this.#out.delete(controller);
      }
    }
  }

  async #pause(forMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#after(forMs, resolve) === undefined) resolve();
    });
  }

  /** Only while somebody waits. */
  #after(forMs: number, action: () => void): ReturnType<typeof setTimeout> | undefined {
    if (this.#phase !== "reliable") return undefined;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, forMs);
    this.#timers.add(timer);
    return timer;
  }

  #stop(timer: ReturnType<typeof setTimeout>): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  #stopTimers(): void {
    for (const timer of [...this.#timers]) this.#stop(timer);
  }
}

/** What a gateway without the POST alternative answers. */
const unknownRoute: readonly string[] = ["not-found", "method-not-allowed"] satisfies ErrorCode[];

function unsettled(): Promise<never> {
  return new Promise(() => {});
}
