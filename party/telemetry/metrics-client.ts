/**
 * A room's way to the objects that count (`party/objects/metrics-object.ts`). It keeps the room's events and sends them in one call when a
 * turn has settled, the first viewer has come or the last has left, and otherwise at most every ten seconds; never for a
 * delta, and never by a timer. What is left rides with the next call, and is lost with the object that held it.
 */
import { defined } from "../../shared/defined.ts";
import { hash } from "../platform/hash.ts";
import type { EventName } from "./catalogue.ts";
import type { Census, CountedEvent, MetricsReport } from "./metrics/report.ts";
import type { Sink } from "./sink.ts";

/** Events kept until they are sent: a turn has some ten. */
const maxKept = 200;
const everyMs = 10_000;
const urgent: ReadonlySet<EventName> = new Set(["turn-settled", "circuit-changed", "slow-down-changed"]);

/** What is used of a stub. */
export interface MetricsStub {
  record(report: MetricsReport): Promise<void>;
}

export interface MetricsClientOptions {
  readonly tenant: string;
  /** The room's name, or the Limiter's: its events always go to the same shard. */
  readonly source: string;
  /** `METRICS_SHARDS`. */
  readonly shards: number;
  /** A fresh stub by the shard's name. */
  readonly stubOf: (name: string) => MetricsStub;
  /** What is so right now; undefined where there is nothing to count. */
  readonly census: () => Census | undefined;
}

/** The object's name. */
export function metricsName(shard: number): string {
  return `shard/${shard}`;
}

export class MetricsClient {
  readonly #options: MetricsClientOptions;
  #kept: CountedEvent[] = [];
  #dropped = 0;
  #sentAt = Number.NEGATIVE_INFINITY;
  #isSending = false;
  #toldViewers = 0;
  /** Since then there is something to send that could not go with the call under way. */
  #owedAt: number | undefined;

  constructor(options: MetricsClientOptions) {
    this.#options = options;
  }

  readonly sink: Sink = ({ event, at }) => {
    const { cause: _, ...counted } = { cause: undefined, ...event };
    if (this.#kept.length < maxKept) this.#kept.push(counted as CountedEvent);
    else this.#dropped += 1;
    if (this.#isUrgent(event.name) || at - this.#sentAt >= everyMs) this.tell(at);
  };

  /** What would be wrong for long if it was not told: nothing may happen in this room after it. */
  #isUrgent(name: EventName): boolean {
    if (urgent.has(name)) return true;
    if (name !== "session-opened" && name !== "session-closed") return false;
    return (this.#options.census()?.edge_chat_viewers === 0) !== (this.#toldViewers === 0);
  }

  /** Sends what is so, and what was kept. One call at a time: what happens meanwhile goes with the next. */
  tell(now: number): void {
    // A call that outlived this has been lost with its connection.
    if (this.#isSending && now - this.#sentAt < everyMs) {
      this.#owedAt = now;
      return;
    }
    const { tenant, source, shards, stubOf } = this.#options;
    const events = this.#kept;
    const dropped = this.#dropped;
    const census = this.#options.census();
    this.#toldViewers = census?.edge_chat_viewers ?? 0;
    this.#kept = [];
    this.#dropped = 0;
    this.#sentAt = now;
    this.#isSending = true;
    this.#owedAt = undefined;
    const report: MetricsReport = { tenant, source, events, dropped, ...defined({ census }) };
    stubOf(metricsName(hash(source) % shards))
      .record(report)
      .catch(() => {
        // The shard cannot be reached. Nobody waits for numbers: what has room goes with the next call.
        const room = maxKept - this.#kept.length;
        this.#kept.unshift(...events.slice(0, room));
        this.#dropped += dropped + Math.max(0, events.length - room);
      })
      .finally(() => {
        this.#isSending = false;
        if (this.#owedAt !== undefined) this.tell(this.#owedAt);
      });
  }
}
