/**
 * The part of a conversation that a first sync leaves out, fetched page by page over HTTP when someone scrolls back. It
 * decides when a page is wanted and whether it still fits when it comes; where it goes is `prependTurns`' business.
 */
import { defined } from "../../shared/defined.ts";
import { parseTurnsPage } from "../../shared/protocol/server-guard.ts";
import { prependTurns, type RoomView } from "../../shared/transcript.ts";
import type { OlderState } from "../api/api.ts";
import { Timers } from "../time/timers.ts";
import { olderTimeoutMs } from "../time/timing.ts";
import { messageOf, RoomRefusal, requestRoom, untilAborted } from "../transports/http/room-fetch.ts";
import type { RoomAddress } from "../transports/room-address.ts";

/** A screen or several; a page is also at most one sync's worth of bytes, which the room sees to. */
const pageTurns = 20;

const none: OlderState = { state: "none" };
const available: OlderState = { state: "available" };
const loading: OlderState = { state: "loading" };

export interface OlderTurnsPorts {
  view(): RoomView;
  /** A page came and fits: this is the view with it. */
  show(view: RoomView): void;
  /** `state` may have changed. */
  change(): void;
}

interface Failed {
  readonly state: OlderState;
  /** What was asked for. */
  readonly epoch: string | undefined;
  readonly before: string | undefined;
}

export class OlderTurns {
  readonly #ports: OlderTurnsPorts;
  readonly #address: RoomAddress;
  readonly #timers = new Timers<"page">();
  #loading: { readonly done: Promise<void>; readonly controller: AbortController } | undefined;
  /** The last try failed; forgotten with the next, and with a view that asks for something else. */
  #failed: Failed | undefined;
  #closed = false;

  constructor(address: RoomAddress, ports: OlderTurnsPorts) {
    this.#address = address;
    this.#ports = ports;
  }

  get state(): OlderState {
    const view = this.#ports.view();
    if (!view.more || view.epoch === undefined) return none;
    if (this.#loading !== undefined) return loading;
    const { epoch, before, state } = this.#failed ?? {};
    return state !== undefined && epoch === view.epoch && before === oldestOf(view) ? state : available;
  }

  /** One page. Never rejects: how it went is in `state`. Asked for twice, it is one. */
  load(): Promise<void> {
    if (this.#loading !== undefined) return this.#loading.done;
    const { state } = this.state;
    if (this.#closed || state === "none") return Promise.resolve();
    const controller = new AbortController();
    const { signal } = controller;
    this.#timers.start("page", olderTimeoutMs, () => controller.abort(new Error("No answer in time.")));
    const view = this.#ports.view();
    const { epoch } = view;
    const before = oldestOf(view);
    const done = untilAborted(signal, this.#fetchPage(before, signal))
      .then((page) => this.#take(before, page))
      .catch((cause: unknown) => this.#fail({ epoch, before, state: failure(cause) }))
      .finally(() => {
        this.#timers.stopAll();
        this.#loading = undefined;
        if (!this.#closed) this.#ports.change();
      });
    this.#loading = { done, controller };
    this.#failed = undefined;
    this.#ports.change();
    return done;
  }

  close(): void {
    this.#closed = true;
    this.#timers.stopAll();
    this.#loading?.controller.abort();
  }

  async #fetchPage(before: string | undefined, signal: AbortSignal): Promise<string> {
    const response = await requestRoom(this.#address, {
      path: "/turns",
      query: { ...defined({ before }), limit: String(pageTurns) },
      headers: { accept: "application/json" },
      signal,
    });
    return await response.text();
  }

  #take(before: string | undefined, text: string): void {
    if (this.#closed) return;
    const page = parseTurnsPage(text);
    if (page === undefined) throw new Error("The answer is not a page of turns.");
    const view = this.#ports.view();
    // The room was cleared, or the conversation's start changed, while the page was on its way.
    if (page.epoch !== view.epoch || before !== oldestOf(view)) return;
    const extended = prependTurns(view, page);
    if (extended === undefined) throw new Error("The answer is not a page of turns.");
    this.#ports.show(extended);
  }

  #fail(failed: Failed): void {
    if (this.#closed) return;
    // Trimmed, or removed by a frame that is still to come: before it there is nothing, or something else to ask for.
    const isGone = failed.state.state === "failed" && failed.state.error.code === "turn-unknown";
    this.#failed = isGone ? { ...failed, state: none } : failed;
  }
}

function oldestOf({ turns }: RoomView): string | undefined {
  return turns[0]?.id;
}

function failure(cause: unknown): OlderState {
  const code = cause instanceof RoomRefusal ? cause.code : "unreachable";
  return { state: "failed", error: { code, message: messageOf(cause) } };
}
