/**
 * The inside of a Limiter object (`limiter-object.ts`): a shell around the rules in `core/limiter`. It stores what changed
 * and sets the alarm; it decides nothing. The platform holds a reply back until its writes are durable, except where the
 * writes only grant leases.
 */

import { parseConfig, type Variables } from "../config/settings.ts";
import type { Lease } from "../core/limiter/leases.ts";
import { LimiterCore } from "../core/limiter/limiter.ts";
import type { LeaseAnswer, Wait } from "../core/limiter/limiter-port.ts";
import type { LimiterRecord } from "../core/limiter/limiter-state.ts";
import type { Waiter } from "../core/limiter/wait-queue.ts";
import { AddressBucket, addressKey, type StoredAddress } from "../limits/ip-bucket.ts";
import type { IpCount, LimiterCall, LimiterOperation, LimiterReply } from "../limits/limiter-messages.ts";
import { systemClock } from "../platform/clock.ts";
import { PointSink, type PointWriter } from "../telemetry/analytics-points.ts";
import { LimiterStatus, type StatusOptions } from "../telemetry/limiter-status.ts";
import { objectReporter } from "../telemetry/reporter.ts";
import type { MetricsBindings } from "./metrics-object.ts";
import { metricsClient } from "./metrics-sink.ts";

/** The queue is stored this often at most: a turn that is lost from it in a crash asks again and goes to its end. */
const queueEveryMs = 5_000;
/** Queued turns of one stored row: well below the 64 KiB of a value. */
const turnsOfRow = 128;

const leaseKey = (id: string) => `lease/${id}`;
const queueKey = (row: number) => `queue/${String(row).padStart(4, "0")}`;

/** The bindings of a Limiter object beside its settings. */
interface LimiterBindings extends MetricsBindings {
  readonly ANALYTICS?: PointWriter;
}

export type LimiterEnv = Cloudflare.Env & LimiterBindings & Variables;

export class LimiterInside {
  readonly #ctx: DurableObjectState;
  readonly #env: LimiterEnv;
  #core = new LimiterCore(0);
  #address: AddressBucket;
  /** The record that storage holds, as JSON. */
  #recordStored = "";
  #queueStoredAt = Number.NEGATIVE_INFINITY;
  #queueRows = 0;
  #isQueueStale = false;
  #alarmAt: number | null = null;

  readonly #status = new LimiterStatus(() => this.#reporter());

  private constructor(ctx: DurableObjectState, env: LimiterEnv) {
    this.#ctx = ctx;
    this.#env = env;
    this.#address = new AddressBucket(ctx.storage, systemClock);
  }

  /** Restores the object from its storage. */
  static async load(ctx: DurableObjectState, env: LimiterEnv): Promise<LimiterInside> {
    const inside = new LimiterInside(ctx, env);
    await inside.#load();
    return inside;
  }

  /** All operations of a room at one moment, in one call. */
  handle({ limits, operations }: LimiterCall): LimiterReply {
    const now = Date.now();
    if (limits !== undefined) this.#core.limit(limits, now);
    const answers = operations.map((operation) => this.#perform(operation, now));
    this.#store(now);
    this.#status.report(this.#core, now);
    return { answers, isSlowing: this.#core.isSlowing(now) };
  }

  /** Counts a request of the address that this object is for. */
  count(tokens: number, windowMs: number): IpCount {
    return this.#address.count(tokens, windowMs);
  }

  async handleAlarm(): Promise<void> {
    this.#alarmAt = null;
    // An object belongs to a tenant or to an address, never to both.
    if (this.#address.isRemembered()) return;
    const now = Date.now();
    if (this.#core.nextAt(now) === undefined) {
      // At rest: a tenant that never comes back leaves nothing behind.
      this.#core = new LimiterCore(now);
      this.#recordStored = "";
      this.#queueRows = 0;
      this.#isQueueStale = false;
      await this.#ctx.storage.deleteAll();
    } else this.#store(now);
    this.#status.report(this.#core, now);
  }

  #reporter(): StatusOptions {
    const config = parseConfig(this.#env, "localhost");
    if (!config.ok) return { report: () => undefined, repeat: () => undefined };
    const { log } = config.value;
    // The object's name contains its tenant.
    const [, tenant = config.value.tenant] = /^tenant\/(.+)\/\d+$/.exec(this.#ctx.id.name ?? "") ?? [];
    const census = () => this.#status.census();
    const client = metricsClient(this.#env, config.value, { tenant, name: this.#ctx.id.toString(), census });
    const points = this.#env.ANALYTICS === undefined ? undefined : new PointSink(this.#env.ANALYTICS);
    const sinks = [client?.sink, points?.sink].filter((sink) => sink !== undefined);
    const report = objectReporter({ tenant }, log, sinks);
    return {
      report: (event) => {
        // One invocation reports at most two events.
        points?.invoked();
        report(event);
      },
      repeat: (now) => client?.tell(now),
    };
  }

  async #load(): Promise<void> {
    const stored = await this.#ctx.storage.list();
    this.#alarmAt = await this.#ctx.storage.getAlarm();
    this.#address = new AddressBucket(
      this.#ctx.storage,
      systemClock,
      stored.get(addressKey) as StoredAddress | undefined,
    );
    const record = stored.get("record") as LimiterRecord | undefined;
    // A record of another version is left to the alarm, which deletes it: its leases have expired by then.
    if (record?.v !== 2) return;
    const leases: Lease[] = [];
    const waiting: Waiter[] = [];
    for (const [key, value] of stored) {
      if (key.startsWith("lease/")) leases.push(value as Lease);
      if (!key.startsWith("queue/")) continue;
      waiting.push(...(value as Waiter[]));
      this.#queueRows += 1;
    }
    // The stored queue is older than the leases: some of its turns may have been served since.
    const held = new Set(leases.map(({ id }) => id));
    const state = { record, leases, waiting: waiting.filter(({ id }) => !held.has(id)) };
    this.#core = new LimiterCore(Date.now(), state);
    this.#status.restore(this.#core);
    this.#recordStored = JSON.stringify(record);
  }

  #perform(operation: LimiterOperation, now: number): LeaseAnswer | Wait | undefined {
    switch (operation.kind) {
      case "acquire":
        return this.#core.acquire(operation.request, now);
      case "report":
        return this.#core.report(operation.request, operation.refused, operation.retryAfterMs, now);
      case "accepted":
        this.#core.accepted(operation.generationId, now);
        return undefined;
      case "release":
        this.#core.release(operation.generationId, operation.outcome, now);
        return undefined;
    }
  }

  /**
   * Writes without an await between them become visible together. None is awaited: a reply leaves after them, unless they
   * only grant leases. A room waits for a grant, and a grant that is lost with the object is one call too many until the
   * lease is renewed. A release that is lost would hold capacity until the lease expires.
   */
  #store(now: number): void {
    const { storage } = this.#ctx;
    const { leases, waiting } = this.#core.takeChanges();
    const options = { allowUnconfirmed: [...leases.values()].every((lease) => lease !== undefined) };
    this.#isQueueStale ||= waiting;
    for (const [id, lease] of leases) {
      if (lease === undefined) void storage.delete(leaseKey(id), options);
      else void storage.put(leaseKey(id), lease, options);
    }
    // An empty queue is stored at once: nothing may come after it before the object sleeps.
    const isEmptied = this.#core.waiting === 0 && this.#queueRows > 0;
    const isQueueDue = this.#isQueueStale && (isEmptied || now - this.#queueStoredAt >= queueEveryMs);
    if (leases.size > 0 || isQueueDue || this.#status.isNews(this.#core)) this.#storeRecord(options);
    if (isQueueDue) this.#storeQueue(now, options);
    const at = this.#core.nextAt(now);
    if (at === undefined || (this.#alarmAt !== null && this.#alarmAt <= at)) return;
    this.#alarmAt = at;
    void storage.setAlarm(at, options);
  }

  #storeRecord(options: DurableObjectPutOptions): void {
    const record = this.#core.record();
    const text = JSON.stringify(record);
    if (text === this.#recordStored) return;
    this.#recordStored = text;
    void this.#ctx.storage.put("record", record, options);
  }

  #storeQueue(now: number, options: DurableObjectPutOptions): void {
    const { storage } = this.#ctx;
    const { waiting } = this.#core.state();
    const rows = Math.ceil(waiting.length / turnsOfRow);
    for (let row = 0; row < rows; row += 1) {
      void storage.put(queueKey(row), waiting.slice(row * turnsOfRow, (row + 1) * turnsOfRow), options);
    }
    for (let row = rows; row < this.#queueRows; row += 1) void storage.delete(queueKey(row), options);
    this.#queueRows = rows;
    this.#queueStoredAt = now;
    this.#isQueueStale = false;
  }
}
