/**
 * Finds out why no attempt gets through, and remembers it until a connection syncs. When to search, and what follows, is
 * decided by `connection.ts`; the requests are `transports/http/find-obstacle.ts`.
 */
import type { Obstacle, TransportEnd } from "../transports/transport.ts";
import { reportToDeveloper } from "./developer-console.ts";

export class ObstacleSearch {
  readonly #find: (signal: AbortSignal) => Promise<TransportEnd | undefined>;
  readonly #found: (end: TransportEnd) => void;
  #request: AbortController | undefined;
  #known: Obstacle | undefined;

  /**
   * @param find answers undefined where nothing answers
   * @param found the room's refusal, or a network with an obstacle, which is known by then
   */
  constructor(find: (signal: AbortSignal) => Promise<TransportEnd | undefined>, found: (end: TransportEnd) => void) {
    this.#find = find;
    this.#found = found;
  }

  get known(): Obstacle | undefined {
    return this.#known;
  }

  note(obstacle: Obstacle | undefined): void {
    if (obstacle === undefined) return;
    if (obstacle.code !== this.#known?.code) {
      reportToDeveloper(`The chat gateway can't be reached: ${obstacle.message}`);
    }
    this.#known = obstacle;
  }

  /** Replaces a search that runs. */
  search(): void {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    void this.#find(request.signal).then((end) => {
      if (!request.signal.aborted) this.#handle(end);
      request.abort();
    });
  }

  /** Something got through, or nothing is to get through any more. */
  forget(): void {
    this.#request?.abort();
    this.#known = undefined;
  }

  #handle(end: TransportEnd | undefined): void {
    const obstacle = end?.by === "network" ? end.obstacle : undefined;
    if (end?.by === "room" || (end !== undefined && obstacle !== undefined)) {
      this.note(obstacle);
      this.#found(end);
    } else this.#known = undefined;
  }
}
