/**
 * A queue that is fair between subjects, and for each subject fair between its rooms: they take turns, and within a room
 * it is first come, first served. Whoever was served goes behind all that wait at that moment. This file knows the order
 * only; `wait-queue.ts` adds the times.
 */
export interface Queued {
  readonly id: string;
  readonly room: string;
  /** Anonymous turns have no subject: each of their rooms then counts as one. */
  readonly subject: string | undefined;
  /** When the turn first asked. */
  readonly since: number;
  /** The upstream refused the turn through no fault of its own: it goes before those that have not been served yet. */
  readonly goesFirst: boolean;
}

/** The queued turns of one subject. */
interface Group<T> {
  /** Rooms in the order in which they take turns, each with its turns in the order in which they came. */
  readonly rooms: Map<string, T[]>;
  /** The order of service within the group; undefined when it must be computed again. */
  order: readonly T[] | undefined;
}

export class FairQueue<T extends Queued> {
  readonly #items = new Map<string, T>();
  /** In the order in which they take turns. */
  #groups = new Map<string, Group<T>>();

  /** @param items as `inGroups` returned them. */
  constructor(items: Iterable<T> = []) {
    for (const item of items) this.#append(item);
  }

  get size(): number {
    return this.#items.size;
  }

  get(id: string): T | undefined {
    return this.#items.get(id);
  }

  add(item: T): void {
    if (item.goesFirst) this.#prepend(item);
    else this.#append(item);
  }

  /** The item leaves the queue without having been served: its room and subject keep their turn. */
  remove(id: string): void {
    const item = this.#items.get(id);
    const group = item && this.#groups.get(keyOf(item));
    const turns = item && group?.rooms.get(item.room);
    if (item === undefined || group === undefined || turns === undefined) return;
    this.#items.delete(id);
    turns.splice(turns.indexOf(item), 1);
    group.order = undefined;
    if (turns.length === 0) group.rooms.delete(item.room);
    if (group.rooms.size === 0) this.#groups.delete(keyOf(item));
  }

  /** The item was served: the turn of its subject and of its room is over, unless an earlier item still waits for it. */
  serve(id: string): void {
    const item = this.#items.get(id);
    const group = item && this.#groups.get(keyOf(item));
    if (item === undefined || group === undefined) return;
    const wasFirst = orderOf(group)[0] === item;
    const wasFirstOfRoom = group.rooms.get(item.room)?.[0] === item;
    this.remove(id);
    const turns = group.rooms.get(item.room);
    if (wasFirstOfRoom && turns !== undefined) {
      group.rooms.delete(item.room);
      group.rooms.set(item.room, turns);
    }
    if (!wasFirst || group.rooms.size === 0) return;
    this.#groups.delete(keyOf(item));
    this.#groups.set(keyOf(item), group);
  }

  /** Calls `visit` for each item that is served before this one. In a long queue this walk is most of what an answer costs. */
  forEachAhead(item: T, visit: (item: T) => void): void {
    const own = keyOf(item);
    const ownGroup = this.#groups.get(own);
    const index = ownGroup === undefined ? -1 : orderOf(ownGroup).indexOf(item);
    let isBefore = true;
    for (const [key, group] of this.#groups) {
      if (key === own) isBefore = false;
      // The first item of each group is served before the second item of any.
      const end = isBefore ? index + 1 : index;
      if (!isBefore && end <= 0) break;
      const order = orderOf(group);
      for (let at = 0; at < end && at < order.length; at += 1) visit(order[at] as T);
    }
  }

  /** The last item of the group that has the most, if that is more than `count`. */
  lastOfLargest(count: number): T | undefined {
    let [largest, most]: [Group<T> | undefined, number] = [undefined, count];
    for (const group of this.#groups.values()) {
      const size = orderOf(group).length;
      if (size > most) [largest, most] = [group, size];
    }
    return largest && orderOf(largest).at(-1);
  }

  /** How many items the group of `item` has. */
  sizeOfGroup(item: Pick<Queued, "room" | "subject">): number {
    const group = this.#groups.get(keyOf(item));
    return group === undefined ? 0 : orderOf(group).length;
  }

  /** Group by group, which is what the constructor takes; not the order of service. */
  *inGroups(): Iterable<T> {
    for (const { rooms } of this.#groups.values()) for (const turns of rooms.values()) yield* turns;
  }

  #append(item: T): void {
    this.#items.set(item.id, item);
    const group = this.#groups.get(keyOf(item));
    if (group === undefined) {
      this.#groups.set(keyOf(item), { rooms: new Map([[item.room, [item]]]), order: undefined });
      return;
    }
    group.order = undefined;
    const turns = group.rooms.get(item.room);
    if (turns === undefined) group.rooms.set(item.room, [item]);
    else turns.push(item);
  }

  /** Puts the item before all but those that also go first and asked earlier. */
  #prepend(item: T): void {
    this.#items.set(item.id, item);
    const key = keyOf(item);
    const group = this.#groups.get(key);
    const turns = [...(group?.rooms.get(item.room) ?? [])];
    const at = turns.findIndex((other) => !precedes(other, item));
    turns.splice(at === -1 ? turns.length : at, 0, item);
    const rooms = placed(group?.rooms ?? new Map<string, T[]>(), item.room, turns, item, ([first]) => first);
    const merged: Group<T> = { rooms, order: undefined };
    this.#groups = placed(this.#groups, key, merged, item, (other) => orderOf(other)[0]);
  }
}

/** The map with `value` under `key` before the first entry whose first item does not precede `item`. */
function placed<T extends Queued, V>(
  map: ReadonlyMap<string, V>,
  key: string,
  value: V,
  item: T,
  firstOf: (value: V) => T | undefined,
): Map<string, V> {
  const others = [...map].filter(([other]) => other !== key);
  const first = firstOf(value) ?? item;
  const index = others.findIndex(([, other]) => !precedes(firstOf(other), first));
  others.splice(index === -1 ? others.length : index, 0, [key, value]);
  return new Map(others);
}

function precedes(other: Queued | undefined, item: Queued): boolean {
  return other?.goesFirst === true && other.since <= item.since;
}

function keyOf({ room, subject }: Pick<Queued, "room" | "subject">): string {
  return subject === undefined ? `room/${room}` : `subject/${subject}`;
}

/** The first turn of each room in the order of rooms, then the second of each, and so on. */
function orderOf<T>(group: Group<T>): readonly T[] {
  if (group.order !== undefined) return group.order;
  const [only, ...others] = group.rooms.values();
  if (others.length === 0) {
    group.order = only ?? [];
    return group.order;
  }
  const order: T[] = [];
  for (let round = 0; ; round += 1) {
    const before = order.length;
    for (const turns of group.rooms.values()) {
      const turn = turns[round];
      if (turn !== undefined) order.push(turn);
    }
    if (order.length === before) break;
  }
  group.order = order;
  return order;
}
