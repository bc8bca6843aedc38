/** Time that passes as fast as the machine can go: events by their moment, and among equals in the order they were set. */

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualTime {
  now = 0;
  /** A binary heap: the earliest first. */
  readonly #heap: Due[] = [];
  #order = 0;

  at(at: number, run: () => void): void {
    this.#order += 1;
    const due = { at: Math.max(at, this.now), order: this.#order, run };
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (isBefore(heap[above] as Due, due)) break;
      heap[index] = heap[above] as Due;
      index = above;
    }
    heap[index] = due;
  }

  /** Runs everything until `end`, and what that sets in motion. */
  runUntil(end: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= end; first = this.#heap[0]) {
      this.#dropFirst();
      this.now = first.at;
      first.run();
    }
    this.now = end;
  }

  #dropFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Due, heap[below] as Due)) below += 1;
      if (isBefore(last, heap[below] as Due)) break;
      heap[index] = heap[below] as Due;
      index = below;
    }
    heap[index] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
