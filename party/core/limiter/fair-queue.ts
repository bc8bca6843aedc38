/**
 * A line that is fair between rooms: rooms take turns, and within a room it is first come, first served. A room that was
 * served goes behind all that wait at that moment, and who comes later goes behind it: whoever waits only moves forward,
 * but for those who are sent back.
 */
export interface Queued {
  readonly id: string;
  readonly room: string;
  /** When it first asked. */
  readonly since: number;
  /** It had its turn and was sent back through no fault of its own: it waits before those who have not. */
  readonly returned: boolean;
}

export class FairQueue<T extends Queued> {
  readonly #items = new Map<string, T>();
  /** Rooms in the order of their turns, each with its own in the order they came. */
  #rooms = new Map<string, T[]>();

  /** @param items as `inRooms` gave them. */
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
    if (item.returned) this.#prepend(item);
    else this.#append(item);
  }

  /** Puts a changed item in the place of the old one. */
  replace(item: T): void {
    const list = this.#rooms.get(item.room);
    const index = list?.findIndex(({ id }) => id === item.id) ?? -1;
    if (list === undefined || index === -1) return;
    list[index] = item;
    this.#items.set(item.id, item);
  }

  /** It left the line without having been served: its room keeps its turn. */
  remove(id: string): void {
    const item = this.#items.get(id);
    const list = item && this.#rooms.get(item.room);
    if (item === undefined || list === undefined) return;
    this.#items.delete(id);
    list.splice(list.indexOf(item), 1);
    if (list.length === 0) this.#rooms.delete(item.room);
  }

  /** It was served: the room's turn is over, unless somebody of it who came earlier still waits for that turn. */
  serve(id: string): void {
    const item = this.#items.get(id);
    const wasFirst = item !== undefined && this.#rooms.get(item.room)?.[0] === item;
    this.remove(id);
    const rest = item && this.#rooms.get(item.room);
    if (!wasFirst || rest === undefined) return;
    this.#rooms.delete(item.room);
    this.#rooms.set(item.room, rest);
  }

  /**
   * How many would be served before this one, and how many of those `counts` says. One walk for both: in a long line it is
   * most of what an answer costs.
   */
  ahead(id: string, counts: (item: T) => boolean): { readonly all: number; readonly counted: number } {
    const item = this.#items.get(id);
    const index = item === undefined ? -1 : (this.#rooms.get(item.room)?.indexOf(item) ?? -1);
    let all = 0;
    let counted = 0;
    let isBefore = true;
    for (const [room, list] of this.#rooms) {
      if (room === item?.room) isBefore = false;
      // Of the rooms behind, only what was asked before a room's own earlier asking counts.
      if (!isBefore && index <= 0) break;
      // Everyone's first is served before anyone's second.
      const end = Math.min(list.length, isBefore ? index + 1 : index);
      all += end;
      for (let at = 0; at < end; at += 1) if (counts(list[at] as T)) counted += 1;
    }
    return { all, counted };
  }

  /** Room by room, which is what the constructor takes; not the order of service. */
  *inRooms(): Iterable<T> {
    for (const list of this.#rooms.values()) yield* list;
  }

  #append(item: T): void {
    this.#items.set(item.id, item);
    const list = this.#rooms.get(item.room);
    if (list === undefined) this.#rooms.set(item.room, [item]);
    else list.push(item);
  }

  /** Before all but those who were sent back as well and came earlier. */
  #prepend(item: T): void {
    this.#items.set(item.id, item);
    const list = [...(this.#rooms.get(item.room) ?? [])];
    const at = list.findIndex((other) => !isBefore(other, item));
    list.splice(at === -1 ? list.length : at, 0, item);
    const rooms = [...this.#rooms].filter(([room]) => room !== item.room);
    const turn = rooms.findIndex(([, [first]]) => first === undefined || !isBefore(first, list[0] ?? item));
    rooms.splice(turn === -1 ? rooms.length : turn, 0, [item.room, list]);
    this.#rooms = new Map(rooms);
  }
}

function isBefore(other: Queued, item: Queued): boolean {
  return other.returned && other.since <= item.since;
}
