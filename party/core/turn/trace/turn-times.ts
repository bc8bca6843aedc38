/** Noted while a turn runs. One field for each delta: a count. */
export interface TurnTimes {
  /** Of the first call in this life of the room, ms since 1970. */
  firstCallAt?: number;
  /** Of the newest. */
  callAt?: number;
  /** When the first content of the answer was read, and how long its call had taken by then. */
  firstContentAt?: number;
  firstChunkMs?: number;
  /** Reads that had content. */
  chunks: number;
}
