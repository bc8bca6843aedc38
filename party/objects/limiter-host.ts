/**
 * The inside of a Limiter object (`limiter.ts`): a shell around `core/limiter`. It stores what changed and sets the
 * alarm. The platform holds an answer back until its writes are durable, except where it only grants.
 */

import { parseConfig, type Variables } from "../config/settings.ts";
import { type Lease, LimiterCore, type LimiterRecord, type Waiter } from "../core/limiter/limiter.ts";
import type { LeaseAnswer, Wait } from "../core/limiter/limiter-port.ts";
import { AddressBucket, addressKey, type StoredAddress } from "../limits/ip-bucket.ts";
import type { IpCount, LimiterCall, LimiterOperation, LimiterReply } from "../limits/limiter-messages.ts";
import { systemClock } from "../platform/clock.ts";
import { type SparingOptions, SparingReports } from "../telemetry/limiter-status.ts";
import { PointSink, type PointWriter } from "../telemetry/points.ts";
import { objectReporter } from "../telemetry/reporter.ts";
import type { MetricsBindings } from "./metrics-object.ts";
import { metricsClient } from "./metrics-sink.ts";

/** The line is stored this often at most: who is lost from it in a crash only comes in at its end again. */
const lineEveryMs = 5_000;
/** Waiters of one stored row: well below the 64 KiB of a value. */
const waitersOfRow = 128;

const leaseKey = (id: string) => `lease/${id}`;
const lineKey = (row: number) => `line/${String(row).padStart(4, "0")}`;

/** What a Limiter's object may be given beside its settings. */
interface LimiterBindings extends MetricsBindings {
  readonly ANALYTICS?: PointWriter;
}

export type LimiterEnv = Cloudflare.Env & LimiterBindings & Variables;

export class LimiterInside {
  readonly #ctx: DurableObjectState;
  readonly #env: LimiterEnv;
  #core = new LimiterCore(0);
  #address: AddressBucket;
  /** What storage holds, where it is not the core's own state. */
  #recordStored = "";
  #lineStoredAt = Number.NEGATIVE_INFINITY;
  #lineRows = 0;
  #isLineStale = false;
  #alarmAt: number | null = null;

  readonly #sparing = new SparingReports(() => this.#reporter());

  private constructor(ctx: DurableObjectState, env: LimiterEnv) {
    this.#ctx = ctx;
    this.#env = env;
    this.#address = new AddressBucket(ctx.storage, systemClock);
  }

  /** As storage has it. */
  static async load(ctx: DurableObjectState, env: LimiterEnv): Promise<LimiterInside> {
    const inside = new LimiterInside(ctx, env);
    await inside.#load();
    return inside;
  }

  /** All that a room wants at one moment, in one call. */
  handle({ limits, operations }: LimiterCall): LimiterReply {
    const now = Date.now();
    this.#core.limit(limits, now);
    const answers = operations.map((operation) => this.#perform(operation, now));
    this.#store(now);
    this.#sparing.tell(this.#core, now);
    return { answers, isSlowing: this.#core.isSlowing(now) };
  }

  /** Counts a request of the address that this object is for. */
  count(tokens: number, windowMs: number): IpCount {
    return this.#address.count(tokens, windowMs);
  }

  async handleAlarm(): Promise<void> {
    this.#alarmAt = null;
    // An object is a tenant's or an address', never both.
    if (this.#address.isRemembered()) return;
    const now = Date.now();
    if (this.#core.nextAt(now) === undefined) {
      // At rest: a tenant that is never seen again leaves nothing behind.
      this.#core = new LimiterCore(now);
      this.#recordStored = "";
      this.#lineRows = 0;
      this.#isLineStale = false;
      await this.#ctx.storage.deleteAll();
    } else this.#store(now);
    this.#sparing.tell(this.#core, now);
  }

  #reporter(): SparingOptions {
    const config = parseConfig(this.#env, "localhost");
    if (!config.ok) return { report: () => undefined, retell: () => undefined };
    const { log } = config.value;
    // The name that rooms reach it by says whose it is.
    const [, tenant = config.value.tenant] = /^tenant\/(.+)\/\d+$/.exec(this.#ctx.id.name ?? "") ?? [];
    const census = () => this.#sparing.census();
    const client = metricsClient(this.#env, config.value, { tenant, name: this.#ctx.id.toString(), census });
    const points = this.#env.ANALYTICS === undefined ? undefined : new PointSink(this.#env.ANALYTICS);
    const sinks = [client?.sink, points?.sink].filter((sink) => sink !== undefined);
    const report = objectReporter({ tenant }, log, sinks);
    return {
      report: (event) => {
        // An invocation has two of them at most.
        points?.invoked();
        report(event);
      },
      retell: (now) => client?.tell(now),
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
    if (record === undefined) return;
    const leases: Lease[] = [];
    const waiting: Waiter[] = [];
    for (const [key, value] of stored) {
      if (key.startsWith("lease/")) leases.push(value as Lease);
      if (!key.startsWith("line/")) continue;
      waiting.push(...(value as Waiter[]));
      this.#lineRows += 1;
    }
    // The line is older than the leases: some of it may have been served since.
    const held = new Set(leases.map(({ id }) => id));
    const state = { record, leases, waiting: waiting.filter(({ id }) => !held.has(id)) };
    this.#core = new LimiterCore(Date.now(), state);
    this.#sparing.restore(this.#core);
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
   * Writes without an await between them become visible together. None is awaited: an answer leaves after them, unless all
   * they do is to grant. Someone waits for that, and a grant that is lost with the object is a call too many for as long as
   * it runs; a release that is lost would be a slot too few until the lease runs out.
   */
  #store(now: number): void {
    const { storage } = this.#ctx;
    const { leases, waiting } = this.#core.takeChanges();
    const options = { allowUnconfirmed: [...leases.values()].every((lease) => lease !== undefined) };
    this.#isLineStale ||= waiting;
    for (const [id, lease] of leases) {
      if (lease === undefined) void storage.delete(leaseKey(id), options);
      else void storage.put(leaseKey(id), lease, options);
    }
    const isLineDue = this.#isLineStale && now - this.#lineStoredAt >= lineEveryMs;
    if (leases.size > 0 || isLineDue || this.#sparing.isNews(this.#core)) this.#storeRecord(options);
    if (isLineDue) this.#storeLine(now, options);
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

  #storeLine(now: number, options: DurableObjectPutOptions): void {
    const { storage } = this.#ctx;
    const waiting = [...this.#core.state().waiting];
    const rows = Math.ceil(waiting.length / waitersOfRow);
    for (let row = 0; row < rows; row += 1) {
      void storage.put(lineKey(row), waiting.slice(row * waitersOfRow, (row + 1) * waitersOfRow), options);
    }
    for (let row = rows; row < this.#lineRows; row += 1) void storage.delete(lineKey(row), options);
    this.#lineRows = rows;
    this.#lineStoredAt = now;
    this.#isLineStale = false;
  }
}
