/** The order of the fair queue by itself: subjects take turns, and so do the rooms of each. */
import { describe, expect, test } from "vitest";
import { FairQueue, type Queued } from "../../../../party/core/limiter/fair-queue.ts";

interface Given {
  readonly subject?: string;
  readonly since?: number;
  readonly goesFirst?: boolean;
}

/** The first letter of the id names the room. */
function item(id: string, { subject, since = 0, goesFirst = false }: Given = {}): Queued {
  return { id, room: id.slice(0, 1), subject, since, goesFirst };
}

function queueOf(...items: readonly Queued[]): FairQueue<Queued> {
  const queue = new FairQueue<Queued>();
  for (const one of items) queue.add(one);
  return queue;
}

/** The order of service, as the positions say it. */
function orderOf(queue: FairQueue<Queued>): readonly string[] {
  const items = [...queue.inGroups()];
  const aheadOf = (one: Queued) => {
    let count = 0;
    queue.forEachAhead(one, () => {
      count += 1;
    });
    return count;
  };
  return items.toSorted((a, b) => aheadOf(a) - aheadOf(b)).map(({ id }) => id);
}

const of = (subject: string) => ({ subject });

describe("[Q4] the fair queue", () => {
  test("serves the first turn of each room before the second of any", () => {
    expect(orderOf(queueOf(item("a1"), item("a2"), item("a3"), item("b1"), item("c1"), item("b2")))).toEqual([
      ...["a1", "b1", "c1", "a2", "b2", "a3"],
    ]);
  });

  test("serves subjects in turn, and the rooms of each in turn", () => {
    const queue = queueOf(
      ...[item("a1", of("x")), item("a2", of("x")), item("b1", of("x"))],
      ...[item("c1", of("y")), item("d1", of("y")), item("e1", of("z"))],
    );
    expect(orderOf(queue)).toEqual(["a1", "c1", "e1", "b1", "d1", "a2"]);
  });

  test("puts a subject and a room that were served behind those that wait", () => {
    const queue = queueOf(item("a1", of("x")), item("a2", of("x")), item("b1", of("x")), item("c1", of("y")));
    queue.serve("a1");
    expect(orderOf(queue)).toEqual(["c1", "b1", "a2"]);
    queue.add(item("d1", of("z")));
    expect(orderOf(queue)).toEqual(["c1", "b1", "d1", "a2"]);
  });

  test("keeps the turn of a room and of a subject whose later turn was served out of order", () => {
    const queue = queueOf(item("a1", of("x")), item("a2", of("x")), item("b1", of("x")), item("c1", of("y")));
    queue.serve("a2");
    expect(orderOf(queue)).toEqual(["a1", "c1", "b1"]);
    queue.serve("b1");
    expect(orderOf(queue)).toEqual(["a1", "c1"]);
  });

  test("keeps the turn of a room whose first turn leaves without having been served", () => {
    const queue = queueOf(item("a1"), item("a2"), item("b1"));
    queue.remove("a1");
    expect(orderOf(queue)).toEqual(["a2", "b1"]);
    queue.remove("a2");
    queue.remove("unknown");
    expect([...queue.inGroups()].map(({ id }) => id)).toEqual(["b1"]);
    expect(queue.size).toBe(1);
  });

  test("puts refused turns first, in the order in which they asked", () => {
    const queue = queueOf(item("a1", { since: 10 }), item("b1", { since: 11 }));
    queue.add(item("d1", { since: 3, goesFirst: true }));
    queue.add(item("c1", { since: 2, goesFirst: true }));
    queue.add(item("e1", { since: 4, goesFirst: true }));
    queue.add(item("b2", { since: 1, goesFirst: true }));
    expect(orderOf(queue)).toEqual(["b2", "c1", "d1", "e1", "a1", "b1"]);
  });

  test("puts a refused turn before the other turns of its own room and subject", () => {
    const queue = queueOf(
      item("a1", { ...of("x"), since: 5 }),
      item("b1", { ...of("x"), since: 6 }),
      item("c1", of("y")),
    );
    queue.add(item("b2", { ...of("x"), since: 1, goesFirst: true }));
    expect(orderOf(queue)).toEqual(["b2", "c1", "a1", "b1"]);
  });

  test("is restored from its items in their order", () => {
    const queue = queueOf(item("a1", of("x")), item("b1", of("x")), item("c1"), item("a2", of("x")));
    expect(orderOf(new FairQueue(queue.inGroups()))).toEqual(orderOf(queue));
  });
});
