/** The events of one generation, numbered from 1 and bounded in bytes. Knows nothing of readers or time. */
import type { GenerationEvent, SequencedEvent } from "./events.ts";

/** What an entry costs besides its text: the objects, the array slot, the type name. */
const entryOverheadBytes = 96;

export class EventLog {
  readonly #maxBytes: number;
  #entries: SequencedEvent[] = [];
  #lastId = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get lastId(): number {
    return this.#lastId;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(event: GenerationEvent): SequencedEvent {
    const entry = { id: ++this.#lastId, event };
    this.#entries.push(entry);
    this.#bytes += sizeOf(event);
    if (this.#bytes > this.#maxBytes) this.#dropOldest();
    return entry;
  }

  /** True when everything after `id` is still here. An id that was never given out is not a position either. */
  holds(id: number): boolean {
    const firstId = this.#lastId - this.#entries.length + 1;
    return id >= firstId - 1 && id <= this.#lastId;
  }

  after(id: number): SequencedEvent[] {
    const firstId = this.#lastId - this.#entries.length + 1;
    return this.#entries.slice(Math.max(0, id - firstId + 1));
  }

  // Down to three quarters at once: one entry at a time would move the whole array for every append.
  #dropOldest(): void {
    let dropped = 0;
    // The newest entry always stays, or a reader could never learn how the generation ended.
    while (this.#bytes > this.#maxBytes * 0.75 && dropped < this.#entries.length - 1) {
      const entry = this.#entries[dropped++];
      if (entry !== undefined) this.#bytes -= sizeOf(entry.event);
    }
    this.#entries = this.#entries.slice(dropped);
  }
}

function sizeOf(event: GenerationEvent): number {
  switch (event.type) {
    case "delta":
    case "reasoning":
      return entryOverheadBytes + 2 * event.data.length;
    case "tool_call":
    case "tool_result":
    case "chunk":
      return entryOverheadBytes + 2 * JSON.stringify(event).length;
    default:
      return entryOverheadBytes;
  }
}
