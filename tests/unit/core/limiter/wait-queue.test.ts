/** The queue of a Limiter by itself: its bound, its shares and its times. */
import { describe, expect, test } from "vitest";
import { maxWaiting, WaitQueue } from "../../../../party/core/limiter/wait-queue.ts";

const deadlineAt = 600_000;
const turn = (id: string, room: string, subject?: string) => ({ id, room, subject, upstream: "", deadlineAt });

/** A queue that one subject has filled. */
function filled(subjectOf: (n: number) => string | undefined): WaitQueue {
  const queue = new WaitQueue();
  for (let n = 0; n < maxWaiting; n += 1) queue.ask(turn(`t${n}`, `r${n % 100}`, subjectOf(n)), 0);
  return queue;
}

describe("[Q4] a full queue", () => {
  test("takes the turn of a subject that has fewer, and gives up the last turn of the subject with the most", () => {
    const queue = filled(() => "greedy");
    expect(queue.ask(turn("m", "m", "modest"), 1)).toBeDefined();
    expect(queue.size).toBe(maxWaiting);
    expect(queue.get("t0")).toBeDefined();
    expect(queue.get(`t${maxWaiting - 1}`)).toBeUndefined();
  });

  test("refuses another turn of the subject that has the most", () => {
    const queue = filled(() => "greedy");
    expect(queue.ask(turn("more", "r0", "greedy"), 1)).toBeUndefined();
    expect(queue.ask(turn("t5", "r5", "greedy"), 1)).toBeDefined();
    expect(queue.size).toBe(maxWaiting);
  });

  test("keeps the turns of subjects that have equally many", () => {
    const queue = filled((n) => `s${n % 2}`);
    expect(queue.ask(turn("more", "r0", "s0"), 1)).toBeUndefined();
    for (let n = 0; n < maxWaiting / 2 - 1_000; n += 1) queue.remove(`t${2 * n}`);
    for (let n = 0; n < maxWaiting; n += 1) queue.ask(turn(`new ${n}`, "x", "s2"), 1);
    const sizes = new Map<string | undefined, number>();
    for (const { subject } of queue.all()) sizes.set(subject, (sizes.get(subject) ?? 0) + 1);
    expect(queue.size).toBe(maxWaiting);
    expect(Math.abs((sizes.get("s1") ?? 0) - (sizes.get("s2") ?? 0))).toBeLessThanOrEqual(1);
    expect(sizes.get("s0")).toBe(1_000);
  });

  test("counts each room of anonymous users as a subject of its own", () => {
    const queue = filled(() => undefined);
    expect(queue.ask(turn("quiet", "quiet room"), 1)).toBeDefined();
    expect(queue.ask(turn("busy", "r0"), 1)).toBeUndefined();
  });
});

describe("a queued turn", () => {
  const claims = (queue: WaitQueue, now: number) => {
    const asking = queue.ask(turn("asking", "z"), now) ?? expect.unreachable();
    return queue.ahead(asking, now);
  };

  test("counts neither as ahead nor as a claim before its own time", () => {
    const queue = new WaitQueue();
    queue.returned({ ...turn("refused", "a"), since: 0, goesFirst: true, refusals: 1 }, 5_000, 0);
    expect(claims(queue, 4_999)).toEqual({ position: 0, claims: new Map() });
    expect(claims(queue, 5_000)).toEqual({ position: 1, claims: new Map([["", 1]]) });
  });

  test("claims free capacity from shortly before it asks until shortly after", () => {
    const queue = new WaitQueue();
    const waiting = queue.ask(turn("waiting", "a"), 0) ?? expect.unreachable();
    queue.told(waiting, 10_000, 3, 500, 0);
    const isClaimed = (now: number) => claims(queue, now).claims.size === 1;
    expect([9_499, 9_500, 12_999, 13_000].map(isClaimed)).toEqual([false, true, true, false]);
  });

  test("is forgotten some time after it should have asked, or at its deadline", () => {
    const queue = new WaitQueue();
    const [waiting, late] = [
      queue.ask(turn("waiting", "a"), 0),
      queue.ask({ ...turn("late", "b"), deadlineAt: 9_000 }, 0),
    ];
    queue.told(waiting ?? expect.unreachable(), 60_000, 0, 500, 0);
    queue.told(late ?? expect.unreachable(), 60_000, 0, 500, 0);
    queue.expire(9_000);
    expect(queue.all().map(({ id }) => id)).toEqual(["waiting"]);
    queue.expire(119_999);
    expect(queue.size).toBe(1);
    queue.expire(120_000);
    expect(queue.size).toBe(0);
    expect(queue.nextExpiry()).toBe(Number.POSITIVE_INFINITY);
  });

  test("that was restored counts only after it has asked again", () => {
    const queue = new WaitQueue();
    queue.ask(turn("restored", "a"), 0);
    const again = new WaitQueue(queue.all());
    expect(claims(again, 1)).toEqual({ position: 0, claims: new Map() });
    again.ask(turn("restored", "a"), 2);
    expect(claims(again, 3)).toEqual({ position: 1, claims: new Map([["", 1]]) });
  });
});
