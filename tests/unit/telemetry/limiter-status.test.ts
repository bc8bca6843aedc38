/** What a Limiter tells of sparing its backend, as its rules really come to it: the log, the numbers and the data points. */
import { describe, expect, test } from "vitest";
import { leaseGraceMs } from "../../../party/core/limiter/leases.ts";
import { LimiterCore } from "../../../party/core/limiter/limiter.ts";
import type { CallFailure } from "../../../party/core/limiter/limiter-port.ts";
import { BLOBS, DOUBLES, PointSink } from "../../../party/telemetry/analytics-points.ts";
import type { LimiterEvent } from "../../../party/telemetry/catalogue.ts";
import { LimiterStatus, repeatMs } from "../../../party/telemetry/limiter-status.ts";
import { FAMILIES } from "../../../party/telemetry/metrics/families.ts";
import type { MetricsReport } from "../../../party/telemetry/metrics/report.ts";
import { MetricsClient } from "../../../party/telemetry/metrics-client.ts";
import { reporter } from "../../../party/telemetry/sink.ts";
import { settled as flushed } from "../../support/core/fake-clock.ts";

/** A Limiter without its object: what it decides is the core's, what it tells is told as the object does. */
class Scene {
  now = 1_000_000;
  core = new LimiterCore(this.now);
  readonly events: LimiterEvent[] = [];
  readonly points: { blobs: string[]; doubles: number[] }[] = [];
  readonly sent: MetricsReport[] = [];
  reports = this.#reports();
  #turns = 0;

  #reports(): LimiterStatus {
    const reports: LimiterStatus = new LimiterStatus(() => {
      const client = new MetricsClient({
        ...{ tenant: "acme", source: "limiter", shards: 1, census: () => reports.census() },
        stubOf: () => ({ record: async (report) => void this.sent.push(report) }),
      });
      const points = new PointSink({ writeDataPoint: (point) => void this.points.push(point) });
      const onFault = (cause: unknown) => {
        throw cause;
      };
      const report = reporter({
        context: { tenant: "acme" },
        sinks: [({ event }) => void this.events.push(event as LimiterEvent), client.sink, points.sink],
        now: () => this.now,
        onFault,
      });
      return { report, repeat: (now) => client.tell(now) };
    });
    return reports;
  }

  /** The object is lost, and the next one begins with what was stored. */
  evict(): void {
    this.core = new LimiterCore(this.now, this.core.state());
    this.reports = this.#reports();
    this.reports.restore(this.core);
  }

  async tell(): Promise<void> {
    this.reports.report(this.core, this.now);
    await flushed();
  }

  async refuse(refused: CallFailure): Promise<void> {
    const id = `g${this.#turns++}`;
    const request = { generationId: id, room: "lobby", deadlineAt: this.now + 60_000 };
    this.core.acquire(request, this.now);
    this.core.report(request, refused, undefined, this.now);
    await this.tell();
  }

  async fail(): Promise<void> {
    for (let count = 0; count < 5; count += 1) await this.refuse("unreachable");
  }

  /** The turn that was sent to wait asks again, and the backend answers it. */
  async recover(): Promise<void> {
    this.now += 6_000;
    const generationId = `g${this.#turns - 1}`;
    const request = { generationId, room: "lobby", deadlineAt: this.now + 60_000 };
    expect(this.core.acquire(request, this.now)).toMatchObject({ kind: "granted", probe: true });
    this.core.accepted(generationId, this.now);
    await this.tell();
  }

  pointsAs = () =>
    this.points.map(({ blobs, doubles }) => ({
      name: blobs[BLOBS.indexOf("name")],
      tenant: blobs[BLOBS.indexOf("tenant")],
      isOpen: doubles[DOUBLES.indexOf("isOpen")],
      isSlowing: doubles[DOUBLES.indexOf("isSlowing")],
    }));
}

describe("[O1] a Limiter tells once", () => {
  test("that a backend fails again and again, and that it answers again", async () => {
    const scene = new Scene();
    await scene.fail();
    expect(scene.events).toEqual([{ name: "circuit-changed", isOpen: true }]);
    await scene.tell();
    await scene.recover();
    expect(scene.events.slice(1)).toEqual([
      { name: "circuit-changed", isOpen: false },
      // Everyone who waited for this would come at once.
      { name: "slow-down-changed", isSlowing: true },
    ]);
    expect(scene.pointsAs()).toEqual([
      { name: "circuit-changed", tenant: "acme", isOpen: 1, isSlowing: 0 },
      { name: "circuit-changed", tenant: "acme", isOpen: 0, isSlowing: 0 },
      { name: "slow-down-changed", tenant: "acme", isOpen: 0, isSlowing: 1 },
    ]);
    expect(scene.sent.map(({ census }) => census)).toEqual([
      { edge_chat_circuits_open: 1, edge_chat_slow_downs: 0 },
      { edge_chat_circuits_open: 0, edge_chat_slow_downs: 1 },
      { edge_chat_circuits_open: 0, edge_chat_slow_downs: 1 },
    ]);
  });

  test("that a backend has too much to do, and that it has not any more", async () => {
    const scene = new Scene();
    await scene.refuse("rate-limited");
    await scene.refuse("rate-limited");
    expect(scene.events).toEqual([{ name: "slow-down-changed", isSlowing: true }]);
    scene.now += 600_000;
    scene.core.sweep(scene.now);
    await scene.tell();
    expect(scene.events.slice(1)).toEqual([{ name: "slow-down-changed", isSlowing: false }]);
  });

  test("nothing of what was told before its object was lost", async () => {
    const scene = new Scene();
    await scene.fail();
    scene.evict();
    await scene.tell();
    expect(scene.events).toHaveLength(1);
    await scene.recover();
    expect(scene.events.slice(1)).toMatchObject([{ isOpen: false }, { isSlowing: true }]);
  });
});

describe("[O2] the gauge of an open circuit", () => {
  test("is told again while it lasts, without an event, before it is no longer believed", async () => {
    const scene = new Scene();
    await scene.fail();
    for (let minute = 0; minute < 60; minute += 1) {
      scene.now += 60_000;
      await scene.tell();
    }
    expect(scene.events).toHaveLength(1);
    expect(scene.sent).toHaveLength(1 + 3_600_000 / repeatMs);
    expect(scene.sent.at(-1)).toMatchObject({ events: [], census: { edge_chat_circuits_open: 1 } });
    // An alarm looks at a lease at the latest when it runs out.
    expect(repeatMs + 900_000 + leaseGraceMs).toBeLessThan(FAMILIES.edge_chat_circuits_open.keepMs);
  });

  test("is told at once by an object that has just begun: the one before may not have been heard", async () => {
    const scene = new Scene();
    await scene.fail();
    scene.evict();
    await scene.tell();
    await scene.tell();
    expect(scene.sent).toHaveLength(2);
    expect(scene.sent[1]).toMatchObject({ events: [], census: { edge_chat_circuits_open: 1 } });
  });

  test("is nobody's word where nothing is spared", async () => {
    const scene = new Scene();
    await scene.tell();
    scene.evict();
    scene.now += repeatMs;
    await scene.tell();
    expect(scene.sent).toEqual([]);
  });
});
