/**
 * One lasting connection to a room, over transports that come and go. It decides when to open which transport, what follows
 * the end of one, and when to give up. It doesn't know how a transport works (`transports/`) or what frames mean
 * (`chat-client.ts`). One attempt is in use at a time, and only its frames are passed on.
 */
import { defined } from "../../shared/defined.ts";
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import { assertNever } from "../../shared/result.ts";
import type { ConnectionState } from "../api/api.ts";
import type { NetworkFault } from "../api/connection-types.ts";
import { monotonicMs } from "../time/clock.ts";
import { Timers } from "../time/timers.ts";
import { stableAfterMs } from "../time/timing.ts";
import { messageOf } from "../transports/http/room-fetch.ts";
import type { TransportEnd } from "../transports/transport.ts";
import { Attempt, type AttemptEvents } from "./attempt.ts";
import type { ConnectionEvents, ConnectionOptions } from "./connection-contract.ts";
import { reportRefusedOrigin } from "./developer-console.ts";
import { isDeviceOffline, listenToDevice } from "./device-signals.ts";
import { ObstacleSearch } from "./obstacle-search.ts";
import { RetrySchedule } from "./retry-schedule.ts";
import { TransportChoice } from "./transport-choice.ts";
import * as rules from "./transport-fallback.ts";
import { UpgradeProbe } from "./upgrade-probe.ts";

/** attempting ⇄ waiting; a terminal refusal leads to refused until `reconnect()`, and `close()` to closed for good. */
type Phase =
  | { readonly name: "attempting"; readonly attempt: Attempt }
  | { readonly name: "waiting" | "refused" | "closed" };

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #timers = new Timers<"retry" | "stable" | "goaway">();
  readonly #retries = new RetrySchedule();
  readonly #obstacles: ObstacleSearch;
  readonly #upgrade: UpgradeProbe;
  readonly #stopListening: () => void;
  readonly #choice: TransportChoice;
  #phase: Phase = { name: "waiting" };
  #state: ConnectionState = { state: "connecting" };
  /** A token was refused, and the application has been asked for another since the last connection that lasted. */
  #hasAskedForToken = false;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#choice = new TransportChoice([...options.transports.keys()], options.memory);
    this.#obstacles = new ObstacleSearch(options.findObstacle, (end) => this.#handleFound(end));
    this.#upgrade = new UpgradeProbe(options.transports, {
      due: () => this.#choice.upgradeDue(),
      succeeded: (attempt) => this.#switchTo(attempt),
      failed: () => {
        this.#choice.upgradeFailed();
        this.#scheduleUpgrade();
      },
    });
    this.#stopListening = listenToDevice({
      online: () => {
        this.#choice.networkChanged();
        this.#scheduleUpgrade();
        this.#wake();
      },
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
    const attempt = this.#attempt;
    if (attempt !== undefined && attempt.state.phase !== "opening") attempt.transport.send(frame);
  }

  /** The owner's transcript is in step with the room. */
  synced(): void {
    const attempt = this.#attempt;
    if (attempt === undefined || !attempt.markSynced() || attempt.state.phase !== "synced") return;
    this.#obstacles.forget();
    this.#timers.start("stable", stableAfterMs, () => {
      this.#retries.forgetFailures();
      this.#hasAskedForToken = false;
    });
    // The failures were those of the transport that was left.
    if (this.#choice.synced()) this.#retries.forgetFailures();
    this.#scheduleUpgrade();
    const { sessionId } = attempt.state;
    const { because } = this.#choice.fallback;
    this.#setState(defined({ state: "online", transport: attempt.name, sessionId, because }));
  }

  /** A sync is due: a connection on which none comes is given up. */
  expectSync(): void {
    this.#attempt?.expectSync();
  }

  /** The room refused what a sync was to answer. */
  stopExpectingSync(): void {
    this.#attempt?.stopExpectingSync();
  }

  /** Gives the connection up for a reason that is not its own, and tries again after the usual wait. */
  drop(reason: string): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    attempt.close(reason);
    this.#leave(attempt, undefined);
  }

  /** Tries now: ends a wait, or starts over after a terminal refusal. A connection that exists has to prove that it works. */
  reconnect(): void {
    switch (this.#phase.name) {
      case "attempting":
        this.#phase.attempt.prove();
        return;
      case "waiting":
        this.#try();
        return;
      case "refused":
        this.#hasAskedForToken = false;
        this.#retries.reset();
        this.#phase = { name: "waiting" };
        this.#setState({ state: "connecting" });
        this.#try();
        return;
      case "closed":
        return;
      default:
        assertNever(this.#phase);
    }
  }

  /** Ends everything and leaves nothing running. */
  close(): void {
    if (this.#phase.name === "closed") return;
    this.#stopListening();
    this.#attempt?.close("closed by the page");
    this.#end("closed", { state: "closed" });
  }

  get #attempt(): Attempt | undefined {
    return this.#phase.name === "attempting" ? this.#phase.attempt : undefined;
  }

  #try(): void {
    this.#timers.stop("retry");
    if (this.#state.state === "offline" && !isDeviceOffline()) this.#setRetrying(this.#retries.failures);
    // A listener that heard of the change may have closed the client, or have tried already.
    if (this.#phase.name !== "waiting") return;
    const name = rules.tryingOf(this.#choice.fallback);
    const open = this.#options.transports.get(name);
    if (open === undefined) return;
    const attempt = new Attempt(name, open, !rules.hasNext(this.#choice.fallback), this.#attemptEvents);
    this.#phase = { name: "attempting", attempt };
  }

  readonly #attemptEvents: AttemptEvents = {
    have: () => this.#events.have(),
    welcomed: () => {},
    frame: (attempt, frame) => {
      if (attempt !== this.#attempt) return;
      if (frame.type === "goaway") this.#handleGoaway(frame.reconnectInMs);
      else this.#events.frame(frame);
    },
    ended: (attempt, end) => {
      if (attempt === this.#attempt) this.#handleEnded(attempt, end);
    },
  };

  /** The room will close, now or later. It chooses when this client comes back, so that not all come at once. */
  #handleGoaway(reconnectInMs: number): void {
    this.#timers.start("goaway", this.#retries.askedToWait(reconnectInMs), () => this.drop("goaway"));
  }

  #handleEnded(attempt: Attempt, end: TransportEnd): void {
    switch (end.by) {
      case "network":
        this.#obstacles.note(end.obstacle);
        this.#handleLoss(attempt, end);
        return;
      case "token":
        this.#leave(attempt, undefined);
        this.#events.error({ type: "error", code: "unauthenticated", message: messageOf(end.cause), retryable: true });
        return;
      case "room":
        this.#handleRefusal(attempt.lastError, end);
        return;
      default:
        assertNever(end);
    }
  }

  #handleLoss(attempt: Attempt, { fault, obstacle }: Extract<TransportEnd, { by: "network" }>): void {
    // A transport below finds out more, and what got through to a sync had nothing in its way.
    const isLast = !rules.hasNext(this.#choice.fallback);
    const hasSynced = attempt.state.phase === "ended" && attempt.state.syncedAt !== undefined;
    this.#leave(attempt, fault);
    if (isLast && !hasSynced && obstacle === undefined) this.#findObstacle();
  }

  #handleRefusal(lastError: ErrorFrame | undefined, end: Extract<TransportEnd, { by: "room" }>): void {
    // A close code of a newer room is unknown here; its close reason is the error's code.
    const explains = lastError?.code === end.code || lastError?.code === end.message;
    const explanation = explains ? lastError : undefined;
    if (end.code === "unauthenticated" && !this.#hasAskedForToken && this.#options.hasToken()) {
      // The token expired or was revoked. The next attempt asks the application for another: once, and a refusal of that
      // one is final.
      this.#hasAskedForToken = true;
      this.#detach();
      this.#setRetrying();
      this.#try();
      return;
    }
    if (end.isTerminal) {
      if (end.code === "origin-forbidden") reportRefusedOrigin();
      this.#end("refused", { state: "closed", code: end.code, message: explanation?.message ?? end.message });
      return;
    }
    this.#retries.askedToWaitAtLeast(end.retryAfterMs ?? explanation?.retryAfterMs ?? 0);
    this.#leave(undefined, undefined);
  }

  /** The attempt in use is over. @param fault undefined where its end says nothing about its transport */
  #leave(attempt: Attempt | undefined, fault: NetworkFault | undefined): void {
    this.#detach();
    if (this.#choice.ended(attempt?.state, fault) === "next" && this.#retries.isFree()) {
      if (this.#state.state === "online") this.#setRetrying();
      this.#try();
    } else this.#waitToRetry();
  }

  /** Lets go of the attempt in use and of all that runs for it. */
  #detach(): void {
    this.#upgrade.stop();
    this.#timers.stopAll();
    this.#phase = { name: "waiting" };
    this.#events.lost();
  }

  #waitToRetry(): void {
    const delayMs = this.#retries.nextDelayMs(this.#obstacles.known?.isLasting === true);
    this.#timers.start("retry", delayMs, () => this.#try());
    // `onLine` is a hint for the page: attempts go on, because it is sometimes wrong (no route but to this machine).
    if (isDeviceOffline()) this.#setState({ state: "offline" });
    else this.#setRetrying(this.#retries.failures, delayMs);
  }

  /** After failures that explain nothing: not after the first, which may be a gateway that restarts, and ever more rarely. */
  #findObstacle(): void {
    const { failures } = this.#retries;
    const isTime = failures > 1 && (failures & (failures - 1)) === 0;
    if (this.#phase.name === "waiting" && isTime && !isDeviceOffline()) this.#obstacles.search();
  }

  #handleFound(end: TransportEnd): void {
    if (end.by === "room") {
      const attempt = this.#attempt;
      attempt?.close("refused");
      this.#handleRefusal(attempt?.lastError, end);
      // Counted as an attempt, because it was one.
    } else if (this.#phase.name === "waiting") this.#waitToRetry();
  }

  #scheduleUpgrade(): void {
    const { upgradeAt } = this.#choice.fallback;
    if (upgradeAt === undefined || this.#attempt?.state.phase !== "synced") return;
    this.#upgrade.schedule(upgradeAt - monotonicMs(), this.#attemptEvents);
  }

  /** The better transport takes over: the sync that follows brings all that the other one may not have brought. */
  #switchTo(attempt: Attempt): void {
    this.#attempt?.close("superseded");
    this.#timers.stopAll();
    this.#phase = { name: "attempting", attempt };
    this.#choice.upgraded(attempt.name);
    this.#events.lost();
  }

  #handleOffline(): void {
    switch (this.#phase.name) {
      case "attempting":
        this.#phase.attempt.prove();
        return;
      case "waiting":
        this.#setState({ state: "offline" });
        return;
      case "refused":
      case "closed":
        return;
      default:
        assertNever(this.#phase);
    }
  }

  /** A network that returned, or a page that is used again, is a reason not to wait. */
  #wake(): void {
    if (this.#phase.name !== "refused") this.reconnect();
  }

  #end(name: "refused" | "closed", state: ConnectionState): void {
    this.#obstacles.forget();
    this.#detach();
    this.#phase = { name };
    this.#choice.refused();
    this.#setState(state);
  }

  /** An attempt follows at once. */
  #setRetrying(attempt = this.#retries.failures + 1, delayMs = 0): void {
    const { code, message } = this.#obstacles.known ?? {};
    this.#setState(defined({ state: "reconnecting", attempt, retryAt: Date.now() + delayMs, code, message }));
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#events.change();
  }
}
