/**
 * One lasting connection to a room, over transports that come and go: when to try which, what to believe before the welcome,
 * and when to give up. How a transport works is its own business (`transports/`), which one is next is the ladder's, what
 * frames mean is the chat client's. One transport is live at a time; what a superseded one still says is dropped.
 */

import { backoffMs } from "../../shared/backoff.ts";
import { defined } from "../../shared/defined.ts";
import type { ClientFrame, Have } from "../../shared/protocol/client-frames.ts";
import type { ErrorFrame, ServerFrame } from "../../shared/protocol/server-frames.ts";
import type { ConnectionState } from "../api/api.ts";
import type { NetworkFault, TransportName } from "../api/connection-types.ts";
import { Timers } from "../time/timers.ts";
import {
  maxAskedDelayMs,
  progressTimeoutMs,
  reconnectPolicy,
  stableAfterMs,
  syncTimeoutMs,
  welcomeTimeoutMs,
} from "../time/timing.ts";
import { messageOf } from "../transports/room-fetch.ts";
import type { OpenTransport, Transport, TransportEnd, TransportEvents } from "../transports/transport.ts";
import { listenToDevice } from "./browser-signals.ts";
import type { LadderMemory } from "./fallback-memory.ts";
import * as ladders from "./transport-fallback.ts";

export interface LinkEvents {
  /** What the reader has, for the next greeting. */
  have(): Have | undefined;
  /** A frame of a welcomed transport, or an `error` or `notice` before that. */
  frame(frame: ServerFrame): void;
  /** A failure on this side that a person should know of. */
  error(error: ErrorFrame): void;
  /** The connection state changed. */
  change(): void;
  /** A transport is gone; the next one starts from its welcome. Told before the state that says so. */
  lost(): void;
}

export interface LinkOptions {
  /** What may be used, best first, and how each is opened. */
  readonly transports: ReadonlyMap<TransportName, OpenTransport>;
  readonly memory: LadderMemory;
  /** The application can be asked for a token. */
  readonly hasToken: () => boolean;
}

/** One transport, from its opening to its end. */
interface Attempt {
  readonly name: TransportName;
  readonly openedAt: number;
  transport: Transport | undefined;
  isWelcomed: boolean;
  sessionId: string | undefined;
  /** When it was first in step with the room. */
  syncedAt: number | undefined;
  /** The last error frame that named no turn: it explains the end that follows it. */
  lastError: ErrorFrame | undefined;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #timers = new Timers<"retry" | "welcome" | "sync" | "stable" | "goaway" | "climb" | "climbing">();
  readonly #stopListening: () => void;
  #ladder: ladders.Ladder;
  /** The one whose frames count. None while waiting for the next try, and when it is over. */
  #live: Attempt | undefined;
  /** A better one, tried beside the one that works. Takes its place once it is welcomed. */
  #better: Attempt | undefined;
  #state: ConnectionState = { state: "connecting" };
  /** By `close()` for good, by a terminal refusal until `reconnect()`. */
  #isEnded = false;
  #isClosed = false;
  /** Connections and tries in a row that did not last. */
  #failures = 0;
  /** The room asked not to be called before this. */
  #notBefore = 0;
  /** A token was refused, and the application has been asked for another since the last connection that stood. */
  #hasAskedAnew = false;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#ladder = ladders.startLadder([...options.transports.keys()], options.memory.load(Date.now()));
    this.#stopListening = listenToDevice({
      online: () => this.#handleNetwork(),
      offline: () => this.#handleOffline(),
      seen: () => this.#wake(),
    });
    this.#try();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Sends on a welcomed transport; otherwise drops the frame, which its owner keeps until it is answered. */
  send(frame: ClientFrame): void {
    if (this.#live?.isWelcomed) this.#live.transport?.send(frame);
  }

  /** The owner's transcript is in step with the room. */
  synced(): void {
    const live = this.#live;
    if (live === undefined || !live.isWelcomed || live.syncedAt !== undefined) return;
    live.syncedAt = Date.now();
    this.#timers.start("stable", stableAfterMs, () => {
      this.#failures = 0;
      this.#hasAskedAnew = false;
    });
    const { standing } = this.#ladder;
    this.#setLadder(ladders.arrive(this.#ladder, Date.now(), Math.random));
    // Those were of the transport that was left.
    if (this.#ladder.standing !== standing) this.#failures = 0;
    this.#scheduleClimb();
    const { name: transport, sessionId } = live;
    const { because } = this.#ladder;
    this.#setState(defined({ state: "online", transport, sessionId, because }));
  }

  /** A sync is due: a room that owes one and stays silent is not worth waiting for. */
  expectSync(): void {
    this.#timers.start("sync", syncTimeoutMs, () => this.#giveUp("no sync", "lost"));
  }

  /** Gives the connection up for a reason that is not its own, and tries again after the usual wait. */
  drop(reason: string): void {
    this.#giveUp(reason, undefined);
  }

  /** Tries now: ends a wait, or starts over after a terminal refusal. A connection that stands is only asked whether it does. */
  reconnect(): void {
    if (this.#isClosed) return;
    if (this.#isEnded) {
      this.#isEnded = false;
      this.#hasAskedAnew = false;
      this.#failures = 0;
      this.#notBefore = 0;
      this.#setState({ state: "connecting" });
      this.#try();
    } else if (this.#live === undefined) this.#try();
    else this.#live.transport?.probe();
  }

  /** Ends everything and leaves nothing running. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    this.#live?.transport?.close("closed by the page");
    this.#end({ state: "closed" });
  }

  #try(): void {
    this.#timers.stop("retry");
    if (this.#state.state === "offline" && !isDeviceOffline()) this.#setRetrying(this.#failures);
    // A page that heard of the change may have left, or tried already.
    if (this.#isEnded || this.#live !== undefined) return;
    this.#live = this.#open(ladders.tryingOf(this.#ladder));
    this.#watch(this.#live);
  }

  #open(name: TransportName): Attempt {
    const attempt: Attempt = {
      name,
      openedAt: Date.now(),
      transport: undefined,
      isWelcomed: false,
      sessionId: undefined,
      syncedAt: undefined,
      lastError: undefined,
    };
    const events: TransportEvents = {
      have: () => this.#events.have(),
      progress: () => this.#handleProgress(attempt),
      welcomed: (sessionId) => this.#handleWelcome(attempt, sessionId),
      frame: (frame) => this.#handleFrame(attempt, frame),
      ended: (end) => this.#handleEnded(attempt, end),
    };
    attempt.transport = this.#options.transports.get(name)?.(events);
    return attempt;
  }

  /** Until the welcome. Where there is another transport to try, a hanging one is not waited for. */
  #watch(attempt: Attempt): void {
    const isLive = attempt === this.#live;
    const longest = attempt.openedAt + welcomeTimeoutMs - Date.now();
    const waitMs = isLive && !ladders.hasNext(this.#ladder) ? longest : Math.min(longest, progressTimeoutMs);
    if (isLive) this.#timers.start("welcome", waitMs, () => this.#giveUp("no welcome", "stalled"));
    else this.#timers.start("climbing", waitMs, () => this.#stayBelow());
  }

  #handleProgress(attempt: Attempt): void {
    if (!attempt.isWelcomed && (attempt === this.#live || attempt === this.#better)) this.#watch(attempt);
  }

  #handleFrame(attempt: Attempt, frame: ServerFrame): void {
    if (attempt !== this.#live) return;
    switch (frame.type) {
      case "goaway":
        this.#handleGoaway(frame.reconnectInMs);
        return;
      case "error":
        if (frame.turnId === undefined) attempt.lastError = frame;
        this.#events.frame(frame);
        return;
      case "sync":
        if (!attempt.isWelcomed) return;
        this.#timers.stop("sync");
        this.#events.frame(frame);
        return;
      default:
        // R2: a room that speaks of turns before its welcome is not believed.
        if (attempt.isWelcomed || frame.type === "notice") this.#events.frame(frame);
    }
  }

  #handleWelcome(attempt: Attempt, sessionId: string | undefined): void {
    if (attempt === this.#better) this.#supersede(attempt);
    if (attempt !== this.#live || attempt.isWelcomed) return;
    attempt.isWelcomed = true;
    attempt.sessionId = sessionId;
    this.#timers.stop("welcome");
    this.expectSync();
  }

  /** The room will close, now or later; the time to come back is its choice, so that not all come at once. */
  #handleGoaway(reconnectInMs: number): void {
    const delayMs = Math.min(reconnectInMs, maxAskedDelayMs);
    this.#notBefore = Date.now() + delayMs;
    this.#timers.start("goaway", delayMs, () => this.drop("goaway"));
  }

  #giveUp(reason: string, fault: NetworkFault | undefined): void {
    const attempt = this.#live;
    if (attempt === undefined) return;
    attempt.transport?.close(reason);
    this.#leave(attempt, fault);
  }

  #handleEnded(attempt: Attempt, end: TransportEnd): void {
    if (attempt === this.#better) this.#stayBelow();
    if (attempt !== this.#live) return;
    switch (end.by) {
      case "network":
        this.#leave(attempt, end.fault);
        return;
      case "token":
        this.#leave(attempt, undefined);
        this.#events.error({ type: "error", code: "unauthenticated", message: messageOf(end.cause), retryable: true });
        return;
      case "room":
        this.#handleRefusal(attempt, end);
    }
  }

  #handleRefusal(attempt: Attempt, end: Extract<TransportEnd, { by: "room" }>): void {
    const { lastError } = attempt;
    // A close that a newer room gives has no name here; its reason is the error's code.
    const isAboutIt = lastError?.code === end.code || lastError?.code === end.message;
    const told = isAboutIt ? lastError : undefined;
    if (end.code === "unauthenticated" && !this.#hasAskedAnew && this.#options.hasToken()) {
      this.#askAnew();
      return;
    }
    if (end.isTerminal) {
      this.#end({ state: "closed", code: end.code, message: told?.message ?? end.message });
      return;
    }
    const delayMs = end.retryAfterMs ?? told?.retryAfterMs ?? 0;
    this.#notBefore = Math.max(this.#notBefore, Date.now() + Math.min(delayMs, maxAskedDelayMs));
    this.#leave(attempt, undefined);
  }

  /** The token ran out or was revoked. Each try asks the application for one: once, and the next refusal is its last word. */
  #askAnew(): void {
    this.#hasAskedAnew = true;
    this.#part();
    this.#setRetrying();
    this.#try();
  }

  /** The live transport is over. @param fault undefined where that tells nothing about the transport. */
  #leave(attempt: Attempt, fault: NetworkFault | undefined): void {
    this.#part();
    const advice = this.#learn(attempt, fault);
    if (advice === "next" && this.#notBefore <= Date.now()) {
      if (this.#state.state === "online") this.#setRetrying();
      this.#try();
    } else this.#waitToRetry();
  }

  /** From the live transport, and from all that runs for it. */
  #part(): void {
    this.#abandonClimb();
    this.#timers.stopAll();
    this.#live = undefined;
    this.#events.lost();
  }

  #learn(attempt: Attempt, fault: NetworkFault | undefined): ladders.Advice {
    // A device without a network says nothing about transports.
    if (fault === undefined || isDeviceOffline()) {
      this.#setLadder(ladders.refuse(this.#ladder));
      return "wait";
    }
    const lastedMs = attempt.syncedAt === undefined ? undefined : Date.now() - attempt.syncedAt;
    const [ladder, advice] = ladders.fail(this.#ladder, fault, lastedMs);
    this.#setLadder(ladder);
    return advice;
  }

  #waitToRetry(): void {
    const now = Date.now();
    const delayMs = backoffMs(this.#failures, reconnectPolicy, Math.random);
    this.#failures += 1;
    const retryAt = Math.max(now + delayMs, this.#notBefore);
    this.#timers.start("retry", retryAt - now, () => this.#try());
    // The device's word is a hint for the page: tries go on, because it is sometimes wrong (no route but to this machine).
    this.#setState(
      isDeviceOffline() ? { state: "offline" } : { state: "reconnecting", attempt: this.#failures, retryAt },
    );
  }

  // A better transport beside the one that works

  #scheduleClimb(): void {
    const { climbAt } = this.#ladder;
    if (climbAt === undefined || this.#live?.syncedAt === undefined || this.#better !== undefined) return;
    this.#timers.start("climb", Math.max(0, climbAt - Date.now()), () => this.#climb());
  }

  #climb(): void {
    const name = ladders.climbingAt(this.#ladder, Date.now());
    if (name === undefined) return;
    this.#better = this.#open(name);
    this.#watch(this.#better);
  }

  /** The better one did not get through. */
  #stayBelow(): void {
    this.#abandonClimb();
    this.#setLadder(ladders.climbFailed(this.#ladder, Date.now(), Math.random));
    this.#scheduleClimb();
  }

  #abandonClimb(): void {
    this.#better?.transport?.close("not needed");
    this.#better = undefined;
    this.#timers.stop("climbing");
  }

  /** The better one takes over: its sync, which follows, tells all that the other may not have told. */
  #supersede(attempt: Attempt): void {
    this.#live?.transport?.close("superseded");
    this.#timers.stopAll();
    this.#live = attempt;
    this.#better = undefined;
    this.#setLadder(ladders.climbed(this.#ladder, attempt.name, Date.now(), Math.random));
    this.#events.lost();
  }

  // The device

  #handleNetwork(): void {
    this.#ladder = ladders.lookUp(this.#ladder, Date.now());
    this.#scheduleClimb();
    this.#wake();
  }

  #handleOffline(): void {
    if (this.#isEnded) return;
    if (this.#live === undefined) this.#setState({ state: "offline" });
    else this.#live.transport?.probe();
  }

  /** A network that returned, or a page that someone looks at again, is a reason not to wait. */
  #wake(): void {
    if (!this.#isEnded) this.reconnect();
  }

  #end(state: ConnectionState): void {
    this.#isEnded = true;
    this.#part();
    this.#ladder = ladders.refuse(this.#ladder);
    this.#setState(state);
  }

  #setLadder(ladder: ladders.Ladder): void {
    const before = ladders.standingOf(this.#ladder);
    this.#ladder = ladder;
    const standing = ladders.standingOf(ladder);
    if (standing?.climbAt !== before?.climbAt || standing?.transport !== before?.transport) {
      this.#options.memory.save(standing);
    }
  }

  /** A try is made now. */
  #setRetrying(attempt = this.#failures + 1): void {
    this.#setState({ state: "reconnecting", attempt, retryAt: Date.now() });
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#events.change();
  }
}

function isDeviceOffline(): boolean {
  return typeof navigator !== "undefined" && navigator.onLine === false;
}
