/** The bucket of an address and its storage: few rows, and no more tokens after a sleep than are due. */
import { describe, expect, test } from "vitest";
import { AddressBucket, type AddressStorage, type StoredAddress } from "../../../party/limits/ip-bucket.ts";
import { FakeClock } from "../../support/core/fake-clock.ts";

const tokens = 600;
const windowMs = 60_000;

/** The Limiter object of an address, with its storage. */
class Scene implements AddressStorage {
  readonly clock = new FakeClock();
  stored: StoredAddress | undefined;
  alarmAt: number | undefined;
  rows = 0;
  bucket = new AddressBucket(this, this.clock);

  async put(_key: string, value: StoredAddress): Promise<void> {
    this.rows += 1;
    this.stored = value;
  }

  async setAlarm(at: number): Promise<void> {
    this.rows += 1;
    this.alarmAt = at;
  }

  /** Returns how many of `count` requests pass. */
  burst(count: number): number {
    return Array.from({ length: count }, () => this.bucket.count(tokens, windowMs)).filter(({ isAllowed }) => isAllowed)
      .length;
  }

  /** The object sleeps for this long, and is then created anew from its storage. */
  async sleep(ms: number): Promise<void> {
    await this.clock.advance(ms);
    expect(this.clock.pending).toBe(0);
    this.bucket = new AddressBucket(this, this.clock, this.stored);
  }
}

describe("[S2] the bucket of an address", () => {
  test("gives back no more after a sleep than is due", async () => {
    const scene = new Scene();
    expect(scene.burst(1_000)).toBe(tokens);
    await scene.sleep(11_000);
    expect(scene.burst(1_000)).toBe((tokens * 11_000) / windowMs);
    await scene.sleep(11_000);
    expect(scene.burst(1_000)).toBe((tokens * 11_000) / windowMs);
  });

  test("is not stored while ten seconds refill it", async () => {
    const scene = new Scene();
    scene.burst(tokens / 6);
    await scene.sleep(10_000);
    expect(scene.rows).toBe(0);
    expect(scene.burst(1_000)).toBe(tokens);
  });

  test("is stored once a second at most, however often it is asked", async () => {
    const scene = new Scene();
    scene.burst(1_000);
    for (let tenth = 0; tenth < 100; tenth += 1) {
      await scene.clock.advance(100);
      scene.burst(100);
    }
    // One more row sets the alarm.
    expect(scene.rows).toBeLessThanOrEqual(1 + 10 + 1);
  });

  test("is not stored again for a request that is refused", async () => {
    const scene = new Scene();
    expect(scene.bucket.count(1, windowMs)).toMatchObject({ isAllowed: true });
    const { rows } = scene;
    await scene.clock.advance(1_000);
    for (let asked = 0; asked < 100; asked += 1) expect(scene.bucket.count(1, windowMs).isAllowed).toBe(false);
    expect([scene.rows, scene.clock.pending]).toEqual([rows, 0]);
  });

  test("is forgotten when it is full again", async () => {
    const scene = new Scene();
    scene.burst(tokens);
    for (let rings = 0; rings < 2; rings += 1) {
      const at = scene.alarmAt ?? expect.unreachable();
      await scene.sleep(at - scene.clock.now());
      if (scene.bucket.isRemembered()) continue;
      expect(scene.clock.now()).toBeGreaterThanOrEqual(1_000_000 + windowMs);
      expect(scene.burst(1_000)).toBe(tokens);
      return;
    }
    expect.unreachable("it never rests");
  });

  test("keeps what is there when its size changes, through a sleep too", async () => {
    const scene = new Scene();
    scene.burst(tokens);
    await scene.sleep(10_000);
    expect(scene.bucket.count(10 * tokens, windowMs)).toMatchObject({ isAllowed: true, left: 99 });
  });
});
